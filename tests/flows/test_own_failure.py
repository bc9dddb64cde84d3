"""Alarms and the storm breaker over a real store, without a network."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.app import Parts, assemble, wall_clock
from bridge.config import load_config
from bridge.flows import alarms, storm
from bridge.model import (
    Call,
    Create,
    Decision,
    Delivery,
    Draft,
    Hook,
    Lane,
    Link,
    Member,
    Ref,
    Settlement,
    Status,
    Trouble,
    Verdict,
)
from bridge.store.contract import Transaction

YAML = """
store: sqlite:///bridge.db
pagertree: {api_key: own-test-0001, api_url: "http://127.0.0.1:9", webhook: {secrets: [own-test-0002]}}
rootly: {api_key: own-test-0003, api_url: "http://127.0.0.1:9", webhook: {secrets: [own-test-0004]}}
routes: [{match: {always: true}, actions: [{type: assign, receiver: [tem_oncall]}]}]
"""
MINUTE = timedelta(minutes=1)
Open = Callable[..., Parts]


@pytest.fixture
def later() -> list[timedelta]:
    """How far the clock is ahead."""
    return [timedelta(0)]


@pytest.fixture
def open_parts(tmp_path: Path, later: list[timedelta]) -> Iterator[Open]:
    """Opens the bridge on one file, as often as it is started."""
    opened: list[Parts] = []

    def open_one(more: str = "") -> Parts:
        close()
        (tmp_path / "config.yaml").write_text(YAML + more)
        (tmp_path / "config.yaml").chmod(0o600)
        opened.append(assemble(load_config(tmp_path / "config.yaml", {}), lambda: wall_clock() + later[0]))
        return opened[-1]

    def close() -> None:
        for parts in opened:
            parts.transport.close()
            parts.store.close()
        opened.clear()

    yield open_one
    close()


def owe(parts: Parts, *numbers: int) -> None:
    """A page for each of so many incidents."""
    for number in numbers:
        origin, mark = Ref("rootly", "incident", f"inc-{number}"), f"rootly:inc-{number}#1"
        home = Member("rootly", "incident", origin.id, origin.id, status=Status.OPEN)
        alert = Member("pagertree", "alert", mark, mark=mark)
        link = Link("", "incident", origin, Trouble("Disk fills"), (home, alert), parts.clock())
        create = Create("pagertree", mark, Draft("Disk fills", urgency="high"))
        decision = Decision(Verdict.APPLIED, "test", link, (create,))
        parts.store.write(lambda tx, decision=decision: tx.apply(decision, ""))


def claim(parts: Parts) -> tuple[Call, ...]:
    return parts.store.write(lambda tx: tx.claim_calls(10, MINUTE, ["pagertree"], (Lane.PAGES,)))


def let_go(parts: Parts) -> list[str]:
    """The marks of the due pages that may leave; the others are held."""
    gone = []
    for call in claim(parts):

        def work(tx: Transaction, call: Call = call) -> bool:
            stays = storm.stays(parts, tx, call, leaving=True)
            if stays is not None:
                tx.settle(call, stays)
            return stays is None

        if parts.store.write(work):
            gone.append(call.command.of)
    return gone


def calls(parts: Parts, **filters: str) -> list[dict[str, Any]]:
    with parts.store.reports() as reports:
        return reports.calls(filters, 100)


def signals(parts: Parts) -> dict[str, str]:
    """Our own alarms as links: id and status."""
    with parts.store.reports() as reports:
        rows: list[Any] = reports.links({"system": "bridge"}, 100)
    return {row["origin"]["id"]: row["status"] for row in rows}


def test_what_left_counts_after_a_restart_too(open_parts: Open) -> None:
    breaker = "sync: {storm_pages_per_minute: 2}\n"
    parts = open_parts(breaker)
    owe(parts, 1, 2)
    assert len(let_go(parts)) == 2
    parts = open_parts(breaker)
    owe(parts, 3)
    assert [mark for mark in let_go(parts) if mark.startswith("rootly:inc-3")] == []


def test_a_page_that_is_tried_again_within_the_minute_is_no_other_page(open_parts: Open) -> None:
    parts = open_parts("sync: {storm_pages_per_minute: 1}\n")
    owe(parts, 1)
    (first,) = claim(parts)
    for _ in range(2):
        assert parts.store.write(lambda tx: storm.stays(parts, tx, first, leaving=True)) is None


def test_held_pages_leave_in_the_order_of_their_making_and_the_end_is_told_once(
    open_parts: Open, later: list[timedelta]
) -> None:
    parts = open_parts("sync: {storm_pages_per_minute: 2}\n")
    owe(parts, *range(1, 6))
    assert let_go(parts) == ["rootly:inc-1#1", "rootly:inc-2#1"]
    storm.turn(parts)
    later[0] += MINUTE
    storm.turn(parts)
    assert let_go(parts) == ["rootly:inc-3#1", "rootly:inc-4#1"]


def test_without_the_breaker_what_an_earlier_one_held_is_let_go(open_parts: Open) -> None:
    parts = open_parts("sync: {storm_pages_per_minute: 1}\n")
    owe(parts, 1, 2, 3)
    assert len(let_go(parts)) == 1
    parts = open_parts()
    storm.turn(parts)
    assert {"rootly:inc-2#1", "rootly:inc-3#1"} <= set(let_go(parts))


def test_the_storm_is_told_when_it_begins_and_when_it_ends(open_parts: Open) -> None:
    parts = open_parts("sync: {storm_pages_per_minute: 1}\n")
    owe(parts, 1, 2)
    let_go(parts)
    storm.turn(parts)
    storm.turn(parts)
    with parts.store.reports() as reports:
        assert reports.figures()["storm_held"] == 1
    (held,) = [call for call in calls(parts, state="owed") if call["progress"] == "held"]
    parts.store.write(lambda tx: tx.discard_calls([str(held["id"])]))
    storm.turn(parts)
    with parts.store.reports() as reports:
        told = [str(row["detail"]) for row in reports.audit(10) if row["subject"] == "storm"]
    assert [" ".join(line.split()[:5]) for line in told] == [
        "the storm breaker holds no",
        "the storm breaker holds pages:",
    ]


def test_the_storm_has_its_turn_while_it_holds_a_page_and_until_its_end_is_told(open_parts: Open) -> None:
    parts = open_parts("sync: {storm_pages_per_minute: 1}\n")

    def is_on() -> bool:
        return parts.store.write(storm.is_on)

    owe(parts, 1, 2)
    assert not is_on()
    let_go(parts)
    assert is_on()
    storm.turn(parts)
    (held,) = [call for call in calls(parts, state="owed") if call["progress"] == "held"]
    parts.store.write(lambda tx: tx.discard_calls([str(held["id"])]))
    assert is_on()
    storm.turn(parts)
    assert not is_on()


def test_an_owed_page_raises_one_alarm_and_its_leaving_resolves_it(open_parts: Open, later: list[timedelta]) -> None:
    parts = open_parts("alarms: {owed: 10s, circuit: null}\n")
    owe(parts, 1)
    later[0] += MINUTE
    alarms.check(parts, parts.clock())
    alarms.check(parts, parts.clock())
    assert signals(parts) == {"bridge:owed:pages": "open"}
    (create,) = [call for call in calls(parts, kind="create") if "bridge" in str(call["of"])]
    assert create["target"] == "rootly", "PagerTree is what the page waits for"
    for call in calls(parts, kind="create"):
        parts.store.write(lambda tx, call=call: tx.discard_calls([str(call["id"])]))
    alarms.check(parts, parts.clock())
    assert signals(parts) == {"bridge:owed:pages": "resolved"}


def test_an_alarm_that_cannot_leave_raises_no_other(open_parts: Open, later: list[timedelta]) -> None:
    parts = open_parts("alarms: {owed: 10s, circuit: null, disk: 1000000000}\n")
    alarms.check(parts, parts.clock())
    later[0] += MINUTE
    alarms.check(parts, parts.clock())
    assert signals(parts) == {"bridge:disk:store": "open"}


def test_quarantine_is_an_alarm_for_a_day(open_parts: Open) -> None:
    parts = open_parts()
    hook = Hook(b"{}")
    kept = parts.store.write(lambda tx: tx.keep("rootly", "one", hook))
    delivery = Delivery(kept.id, "rootly", "one", hook, parts.clock())
    parts.store.write(lambda tx: tx.close(delivery, Verdict.QUARANTINED, "odd"))
    alarms.check(parts, parts.clock())
    assert signals(parts) == {"bridge:quarantine:deliveries": "open"}


def test_a_page_that_was_given_up_is_an_alarm_until_somebody_sees_to_it(open_parts: Open) -> None:
    parts = open_parts()
    owe(parts, 1)
    (call,) = claim(parts)
    parts.store.write(lambda tx: tx.settle(call, Settlement("dead", "refused")))
    alarms.check(parts, parts.clock())
    assert signals(parts) == {"bridge:quarantine:calls": "open"}
    parts.store.write(lambda tx: tx.discard_calls([call.id]))
    alarms.check(parts, parts.clock())
    assert signals(parts) == {"bridge:quarantine:calls": "resolved"}


def test_an_alarm_that_was_given_up_raises_no_other(open_parts: Open) -> None:
    parts = open_parts("alarms: {disk: 1000000000}\n")
    alarms.check(parts, parts.clock())
    (call,) = claim(parts)
    parts.store.write(lambda tx: tx.settle(call, Settlement("dead", "refused")))
    alarms.check(parts, parts.clock())
    assert list(signals(parts)) == ["bridge:disk:store"]


def test_silence_counts_from_the_start_and_ends_with_a_webhook(open_parts: Open, later: list[timedelta]) -> None:
    parts = open_parts("alarms: {silence: 5m}\n")
    since = parts.clock()
    later[0] += 4 * MINUTE
    alarms.check(parts, since)
    assert signals(parts) == {}
    later[0] += 2 * MINUTE
    parts.store.write(lambda tx: tx.keep("rootly", "one", Hook(b"{}")))
    alarms.check(parts, since)
    assert signals(parts) == {"bridge:silence:pagertree": "open"}
    parts.store.write(lambda tx: tx.keep("pagertree", "one", Hook(b"{}")))
    alarms.check(parts, since)
    assert signals(parts) == {"bridge:silence:pagertree": "resolved"}


def run_of(parts: Parts, id_: str, drifts: int, plan: bool = False) -> dict[str, object]:
    now = parts.clock()
    detail = {"plan": plan}
    return {"id": id_, "started_at": now, "finished_at": now, "state": "done", "drifts": drifts, "detail": detail}


def test_repairs_of_the_newest_resync_are_an_alarm_until_one_finds_nothing(
    open_parts: Open, later: list[timedelta]
) -> None:
    parts = open_parts()
    later[0] += timedelta(hours=1)
    kept = parts.store.write(lambda tx: tx.keep("rootly", "resync:01:inc-1", Hook(b"{}", door="resync")))
    delivery = Delivery(kept.id, "rootly", "resync:01:inc-1", Hook(b"{}"), parts.clock())
    parts.store.write(lambda tx: tx.close(delivery, Verdict.APPLIED, "mended"))
    parts.store.write(lambda tx: tx.record_run(run_of(parts, "01", 1)))
    parts.store.write(lambda tx: tx.record_run(run_of(parts, "02", 0, plan=True)))
    alarms.check(parts, parts.clock())
    assert signals(parts) == {"bridge:repairs:resync": "open"}
    parts.store.write(lambda tx: tx.record_run(run_of(parts, "03", 0)))
    alarms.check(parts, parts.clock())
    assert signals(parts) == {"bridge:repairs:resync": "resolved"}


def test_the_suspect_is_told_only_where_nobody_else_may_be(open_parts: Open) -> None:
    assert alarms.surviving(open_parts(), "pagertree") == "rootly"
    assert alarms.surviving(open_parts("alarms: {send_to: [pagertree]}\n"), "pagertree") == "pagertree"


def test_a_side_in_shadow_is_not_told(open_parts: Open) -> None:
    parts = open_parts("sync: {shadow: [to_pagertree]}\n")
    assert alarms.surviving(parts) == "rootly"
    assert (
        alarms.surviving(replace(parts, policy=replace(parts.policy, shadow=frozenset({"pagertree", "rootly"}))))
        is None
    )
