"""What a stranger, a probe and a scraper are told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from bridge.app import Parts
from bridge.metrics import ENGINE, METRICS, Metrics
from bridge.model import Circuit
from bridge.web.front import Front, create_app
from bridge.web.health import Readiness
from tests.web.doors import OPERATOR, READER, bearer, parts_in

FAR = {"REMOTE_ADDR": "192.0.2.1"}
NEAR = {"REMOTE_ADDR": "127.0.0.1"}


def test_a_process_that_runs_says_ok(client: Client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_a_bridge_that_can_store_is_ready(client: Client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ready\n")


def test_a_bridge_that_is_stopping_is_not_ready_but_still_healthy(client: Client, front: Front):
    front.stopping.set()
    assert (client.get("/readyz").status_code, client.get("/healthz").status_code) == (503, 200)


def test_a_bridge_that_cannot_store_is_not_ready_and_does_not_say_why(tmp_path: Path):
    parts = parts_in(tmp_path)
    parts.store.close()
    answer = Client(create_app(parts)).get("/readyz")
    assert (answer.status_code, answer.text) == (503, "unready\n")


def test_a_full_disk_is_not_ready(parts: Parts, tmp_path: Path):
    assert Readiness(parts, tmp_path, lambda: False, needed=1).word() == "ready"
    assert Readiness(parts, tmp_path, lambda: False, needed=1 << 80).word() == "unready"


def test_asking_often_costs_one_write_in_two_seconds(parts: Parts, tmp_path: Path):
    readiness = Readiness(parts, tmp_path, lambda: False)
    words = [readiness.word() for _ in range(3)]
    written = parts.store.write(lambda tx: tx.fact("ready.checked_at"))
    assert words == ["ready"] * 3
    readiness.word()
    assert parts.store.write(lambda tx: tx.fact("ready.checked_at")) == written


def test_a_system_that_is_down_makes_us_degraded_not_unready(client: Client, parts: Parts):
    now = datetime.now(UTC)
    broken = Circuit("rootly", open=True, since=now, probe_at=now + timedelta(hours=1), reason="401")
    parts.store.write(lambda tx: tx.set_circuit(broken))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "degraded\n")


@pytest.mark.parametrize(
    ("environ", "headers", "status"),
    [
        (NEAR, {}, 200),
        (FAR, {}, 404),
        (FAR, bearer("wrong"), 404),
        (FAR, bearer(READER), 200),
        (FAR, bearer(OPERATOR), 200),
        (NEAR, {"X-Forwarded-For": "192.0.2.1"}, 404),
    ],
)
def test_metrics_are_for_this_machine_and_for_readers(
    client: Client, environ: dict[str, str], headers: dict[str, str], status: int
):
    assert client.get("/metrics", headers=headers, environ_base=environ).status_code == status


def test_every_documented_metric_is_there_and_no_other(client: Client):
    text = client.get("/metrics", environ_base=NEAR).text
    told = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert told == set(METRICS) - {ENGINE}, "nothing but a bridge on PostgreSQL has one"


def test_a_store_that_cannot_be_read_is_told_to_the_scraper(parts: Parts):
    def broken() -> dict[str, Any]:
        raise OSError("CANARY")

    client = Client(create_app(replace(parts, metrics=Metrics(broken))))
    answer = client.get("/metrics", environ_base=NEAR)
    assert answer.status_code == 500
    assert "CANARY" not in answer.text
