"""What operators copy from `deploy/` and `compose.yaml` is valid, and as locked up as it says."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from bridge.config import load_config
from bridge.web.server import Limits

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "deploy" / "kubernetes"
NEWEST, OLDEST = "1.34", "1.29"  # of Kubernetes
FILES = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "kustomization.yaml")


def read(path: Path) -> list[Any]:
    return [*yaml.safe_load_all(path.read_text())]


OBJECTS = [one for path in FILES for one in read(path)]


def kind(name: str) -> Any:
    (found,) = [one for one in OBJECTS if one["kind"] == name]
    return found


def pod() -> Any:
    return kind("Deployment")["spec"]["template"]["spec"]


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("one", OBJECTS, ids=lambda one: one["kind"])
def test_kubernetes_takes_every_object(one: Any, version: str) -> None:
    kubernetes_validate.validate(one, version, strict=True)


def test_a_wrong_word_in_an_object_would_be_noticed() -> None:
    wrong = kind("PodDisruptionBudget") | {"spec": {"minAvailabel": 1}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, NEWEST, strict=True)


def test_the_pods_are_found_by_service_and_budget() -> None:
    labels = kind("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert kind("Service")["spec"]["selector"] == labels
    assert kind("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels


def test_one_bridge_stays_while_others_go() -> None:
    assert kind("Deployment")["spec"]["replicas"] > kind("PodDisruptionBudget")["spec"]["minAvailable"]
    assert kind("Deployment")["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_a_pod_may_do_nothing_but_serve() -> None:
    (container,) = pod()["containers"]
    assert pod()["securityContext"]["runAsNonRoot"]
    assert not pod()["automountServiceAccountToken"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_probes_ask_doors_that_there_are() -> None:
    (container,) = pod()["containers"]
    asked = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")}
    assert asked == {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}


def test_the_configuration_of_the_pods_loads_with_their_secrets(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(kind("ConfigMap")["data"]["config.yaml"])
    secrets = {name: f"0123456789abcdef-{name}" for name in kind("Secret")["stringData"]}
    config = load_config(file, secrets | {"BRIDGE_STORE": kind("Secret")["stringData"]["BRIDGE_STORE"]})
    assert config.store.startswith("postgresql://")


def test_the_list_of_objects_names_files_that_there_are() -> None:
    (listed,) = read(FOLDER / "kustomization.yaml")
    assert {name.replace("secrets.yaml", "secrets.example.yaml") for name in listed["resources"]} == {
        path.name for path in FILES
    }


# -- compose

SERVICES = read(ROOT / "compose.yaml")[0]["services"]


def test_two_bridges_and_what_they_need_start_with_the_profile_alone() -> None:
    with_profile = {name for name, service in SERVICES.items() if "replicas" in service.get("profiles", [])}
    assert with_profile == {"bridge-1", "bridge-2", "proxy", "postgres"}
    assert set(SERVICES) - with_profile == {"bridge"}


@pytest.mark.parametrize("name", ["bridge", "bridge-1", "bridge-2", "proxy"])
def test_a_container_may_do_nothing_but_serve(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]


PROXY = (ROOT / "deploy" / "proxy" / "nginx.conf").read_text()


def test_the_proxy_knows_every_bridge_wherever_it_is() -> None:
    assert all(f"server {name}:8080 resolve" in PROXY for name in SERVICES if name.startswith("bridge-"))


def test_the_proxy_hangs_up_before_the_bridge_does() -> None:
    """A webhook sent on a line that the bridge is just closing would cost a second try."""
    (seconds,) = re.findall(r"keepalive_timeout (\d+)s", PROXY)
    assert int(seconds) < Limits().idle


def test_the_proxy_keeps_pagertrees_secret_out_of_its_log() -> None:
    (shown,) = re.findall(r"log_format told '(.*)'", PROXY)
    assert not {"$request", "$request_uri", "$args", "$query_string"} & set(shown.split())
    assert re.findall(r"access_log \S+ (\w+);", PROXY) == ["told"]


@pytest.mark.parametrize("package", ["psycopg-binary", "opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"])
def test_the_image_has_what_postgresql_and_traces_need(package: str) -> None:
    (locked,) = re.findall(r"--require-hashes -r (\S+)", (ROOT / "Dockerfile").read_text())
    assert f"\n{package}==" in (ROOT / locked).read_text()


def test_what_the_image_copies_is_sent_to_its_build() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    sent = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    assert {name for names in copied for name in names.split()} == sent


def test_the_service_is_started_again_when_its_postgresql_was_late() -> None:
    """A bridge that finds no store ends with 75; one whose configuration is at fault with 78."""
    service = (ROOT / "deploy" / "bridge.service").read_text()
    assert re.findall(r"^RestartPreventExitStatus=(.*)$", service, re.MULTILINE) == ["78"]


def test_ports_are_open_to_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
