"""Circuits, facts, runs and the audit."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.model import Circuit, Verdict
from tests.store.examples import claim_deliveries, keep


def test_a_circuit_comes_back_as_it_was_set(store, time):
    assert store.write(lambda tx: tx.circuit("rootly")) is None
    opened = Circuit("rootly", True, time.now, time.now + timedelta(seconds=4), "401", 3)
    store.write(lambda tx: tx.set_circuit(Circuit("rootly", False, time.now, time.now, "")))
    store.write(lambda tx: tx.set_circuit(opened))
    assert store.write(lambda tx: tx.circuit("rootly")) == opened


def test_all_circuits_are_told_by_their_target(store, time):
    known = {name: Circuit(name, name == "rootly", time.now, time.now, "") for name in ("pagertree", "rootly")}
    store.write(lambda tx: [tx.set_circuit(circuit) for circuit in known.values()])
    assert store.write(lambda tx: tx.circuits()) == known


def test_of_several_facts_those_that_there_are_come_back(store):
    store.write(lambda tx: [tx.set_fact(key, key) for key in ("a", "b")])
    assert store.write(lambda tx: tx.facts(["b", "c"])) == {"b": "b"}


def test_a_fact_is_what_was_last_said(store):
    assert store.write(lambda tx: tx.fact("installed_at")) is None
    store.write(lambda tx: tx.set_fact("installed_at", "1"))
    store.write(lambda tx: tx.set_fact("installed_at", "2"))
    assert store.write(lambda tx: tx.fact("installed_at")) == "2"


def test_the_audit_has_no_gap_even_after_a_unit_that_failed(store):
    def failing(tx):
        tx.audit("ann", "replay", "d2")
        raise KeyError

    store.write(lambda tx: tx.audit("ann", "replay", "d1", "detail"))
    with pytest.raises(KeyError):
        store.write(failing)
    store.write(lambda tx: tx.audit("bob", "retry", "c1"))
    with store.reports() as reports:
        assert [(e["id"], e["actor"]) for e in reports.audit(10)] == [("2", "bob"), ("1", "ann")]
        assert [e["id"] for e in reports.audit(10, before="2")] == ["1"]


def test_a_run_that_a_crash_left_unended_is_closed_at_the_next_start(storage, store, time):
    begun = {"id": "r1", "started_at": time.now, "finished_at": None, "state": "running", "detail": {"actor": "ann"}}
    store.write(lambda tx: tx.record_run(begun))
    time.pass_(5)
    with storage.reopen().reports() as reports:
        run = reports.run("r1")
    assert (run["state"], run["finished_at"], run["detail"]["actor"]) == ("interrupted", time.now.isoformat(), "ann")
    assert "stopped" in run["detail"]["why"]


def test_a_run_tells_how_many_of_its_findings_were_repairs(store, time):
    store.write(lambda tx: tx.record_run({"id": "r1", "started_at": time.now, "state": "done"}))
    for key in ("resync:r1:a", "resync:r1:b", "resync:r10:a"):
        keep(store, key)
    for delivery in claim_deliveries(store)[:2]:
        store.write(lambda tx, delivery=delivery: tx.close(delivery, Verdict.APPLIED, "healed"))
    with store.reports() as reports:
        assert reports.run("r1")["verdicts"] == {"applied": 2}
        assert reports.run("r1")["repairs"] == 2


def test_a_run_is_recorded_when_it_begins_and_again_when_it_ends(store, time):
    run = {"id": "r1", "started_at": time.now, "finished_at": None, "state": "running", "seen": {}, "drifts": 0}
    store.write(lambda tx: tx.record_run(run))
    end = {**run, "finished_at": time.now + timedelta(seconds=5), "state": "done", "seen": {"rootly": 7}}
    store.write(lambda tx: tx.record_run(end))
    with store.reports() as reports:
        assert reports.runs(10) == [reports.run("r1")]
        row = reports.run("r1")
        assert reports.run("r2") is None
    assert (row["state"], row["seen"], row["finished_at"]) == ("done", {"rootly": 7}, "2026-03-01T12:00:05+00:00")
