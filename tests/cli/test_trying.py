"""`bridge status` and `bridge what-if`: looks that change nothing, beside a running bridge or without one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.app import Parts
from bridge.model import Circuit
from tests.cli.terminal import World, read, run
from tests.flows.supposing import alert, bridge_on, incident, judged


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store that no bridge holds."""
    with bridge_on("sqlite:///bridge.db", tmp_path) as parts:
        prepare(parts)
    (tmp_path / "incident.json").write_bytes(incident().body)
    return tmp_path


def prepare(parts: Parts) -> None:
    judged(parts, "pagertree", alert())


def test_status_is_one_line_and_what_stands_behind_it(folder: Path) -> None:
    said = run("status", "--config", folder / "config.yaml")
    assert said.exit_code == 0
    assert said.stdout.splitlines()[0] == "Pages flow."
    assert "PagerTree" in said.stdout
    assert read("status", "--config", folder / "config.yaml")["today"]["webhooks"] == {"pagertree": 1}


def test_status_ends_with_1_when_pages_do_not_flow(tmp_path: Path) -> None:
    with bridge_on("sqlite:///bridge.db", tmp_path) as parts:
        circuit = Circuit("pagertree", True, parts.clock(), parts.clock(), "\x1b[31mrefused\u202e")
        parts.store.write(lambda tx: tx.set_circuit(circuit))
    said = run("status", "--config", tmp_path / "config.yaml")
    assert said.exit_code == 1
    assert said.stdout.startswith("Calls to PagerTree are held: ")
    assert "\x1b" not in said.stdout
    assert "\u202e" not in said.stdout


def test_what_if_judges_by_a_store_that_nobody_holds(folder: Path) -> None:
    told = run("what-if", "--source", "rootly", folder / "incident.json", "--config", folder / "config.yaml")
    assert told.exit_code == 0
    assert told.stdout.startswith("applied: new: paged by route 0")
    assert "Payments" in told.stdout
    assert read("deliveries", "list", "--config", folder / "config.yaml")["items"][0]["source"] == "pagertree"


def test_what_if_says_what_is_wrong(folder: Path, tmp_path: Path) -> None:
    config = folder / "config.yaml"
    assert run("what-if", "--source", "nagios", folder / "incident.json", "--config", config).exit_code == 1
    assert "NAME=VALUE" in run("what-if", "--source", "rootly", "--header", "x", config, "--config", config).stderr
    (folder / "bridge.db").unlink()
    said = run("what-if", "--source", "rootly", folder / "incident.json", "--config", config)
    assert (said.exit_code, "There is no store" in said.stderr) == (1, True)
    assert not (folder / "bridge.db").exists()


def test_what_if_asks_the_bridge_that_holds_the_store(world: World, tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(incident().body)
    told = world.read("what-if", "--source", "rootly", tmp_path / "body")
    (event,) = told["events"]
    assert event["decisions"][0]["calls"][0]["receivers"] == ["Payments"]
    assert json.dumps(told).count("CANARY") == 0
