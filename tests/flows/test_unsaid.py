"""The store is away for a moment: a claim that nobody works on waits for the store, not for the end of its lease."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, repeat
from pathlib import Path
from typing import Any, cast

import pytest

from bridge.callers import CALLERS, Callers, Claimed
from bridge.errors import Unavailable
from bridge.flows.resync import resync
from bridge.judges import Judges
from bridge.model import Hook
from bridge.store.sqlite_engine import Engine
from tests.e2e.harness import until
from tests.e2e.histories import Lab, open_lab
from tests.flows.by_hand import heard, owed

TOOL = {"id": "int_shop", "name": "Shop", "type": "webhook", "urgency": "medium", "destinations": ["On-call"]}
GONE = Unavailable("the disk is full")


def never() -> bool:
    return False


class Disk:
    """What becomes of a COMMIT: it is refused, or done and nobody hears of it."""

    def __init__(self) -> None:
        self.refuses: Callable[[], bool] = never
        self.deafens: Callable[[], bool] = never

    @contextmanager
    def away(self, refuses: Callable[[], bool] = never, deafens: Callable[[], bool] = never) -> Iterator[None]:
        self.refuses, self.deafens = refuses, deafens
        yield
        self.refuses = self.deafens = never


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk, commit = Disk(), Engine.commit

    def committed(engine: Engine) -> None:
        deaf = disk.deafens()
        if disk.refuses():
            raise GONE
        commit(engine)
        if deaf:
            raise GONE

    monkeypatch.setattr(Engine, "commit", committed)
    return disk


def always() -> bool:
    return True


def alerts(lab: Lab) -> int:
    return len(lab.pagertree.state()["alerts"])


def paging(lab: Lab) -> Callers:
    """A page is owed."""
    lab.rootly.start_incident("Checkout down", severity="critical")
    heard(lab)
    return Callers(lab.parts)


def claim(callers: Callers) -> Claimed:
    (claimed,) = callers.claim_pages(1)
    return claimed


def called(callers: Callers, claimed: Claimed) -> None:
    pending = callers.call(claimed)
    if pending is not None:
        pending.finish()


@pytest.mark.parametrize("how", ["refuses", "deafens"])
def test_a_claim_of_which_nobody_heard_is_made_again_at_once_and_in_no_doubt(lab: Lab, disk: Disk, how: str) -> None:
    callers = paging(lab)
    with disk.away(**{how: always}), pytest.raises(Unavailable):
        callers.claim_pages(1)
    call = claim(callers).call
    assert (call.attempts, call.unsure) == (1, False)


def test_while_the_store_is_away_nothing_is_claimed_and_nothing_is_forgotten(lab: Lab, disk: Disk) -> None:
    callers = paging(lab)
    with disk.away(deafens=always), pytest.raises(Unavailable):
        callers.claim_pages(1)
    for _ in range(3):
        with disk.away(refuses=always), pytest.raises(Unavailable):
            callers.claim_others(CALLERS)
    assert claim(callers).call.attempts == 1


@pytest.mark.parametrize("how", ["refuses", "deafens"])
def test_a_result_that_was_not_stored_is_stored_later_and_nobody_asks_for_it_again(
    lab: Lab, disk: Disk, how: str
) -> None:
    callers = paging(lab)
    claimed = claim(callers)
    with disk.away(**{how: lambda: alerts(lab) == 1}):
        called(callers, claimed)
    lab.pagertree.requests.clear()
    assert list(callers.claim_pages(1)) == []
    assert ([row for row in owed(lab) if row["kind"] == "create"], alerts(lab)) == ([], 1)
    assert lab.pagertree.requests.since() == []


def test_a_call_during_which_the_store_was_away_is_looked_for_soon(lab: Lab, disk: Disk) -> None:
    callers = paging(lab)
    claimed = claim(callers)
    with disk.away(refuses=always):
        called(callers, claimed)
    again = until(lambda: callers.claim_pages(1))
    assert [(one.call.id, one.call.unsure) for one in again] == [(claimed.call.id, True)]


def test_a_call_that_could_not_be_handed_back_is_due_with_the_next_claim(lab: Lab, disk: Disk) -> None:
    callers = paging(lab)
    claimed = claim(callers)
    callers.stopping.set()
    with disk.away(refuses=always):
        called(callers, claimed)
    assert (claim(callers).call.unsure, alerts(lab)) == (False, 0)


# -- deliveries


def told(lab: Lab) -> Judges:
    """One webhook more waits."""
    lab.pagertree.raise_alert("Disk full")
    lab.feed(*lab.told()[0])
    return Judges(lab.parts)


def waiting(lab: Lab) -> list[str]:
    """Their ids, in the order they came."""
    with lab.parts.store.reports() as reports:
        return sorted(str(row["id"]) for row in reports.deliveries({"verdict": "waiting"}, 10))


def test_deliveries_whose_claim_nobody_heard_of_come_before_what_came_after_them(lab: Lab, disk: Disk) -> None:
    judges = told(lab)
    with disk.away(deafens=always), pytest.raises(Unavailable):
        judges.claim(4)
    told(lab)
    assert [one.id for one in judges.claim(1)] == waiting(lab)[:1]


def test_a_delivery_whose_end_was_refused_is_judged_again_soon(lab: Lab, disk: Disk) -> None:
    judges = told(lab)
    (delivery,) = judges.claim(1)
    with disk.away(refuses=always):
        judges.judge(delivery)
    (again,) = until(lambda: judges.claim(1))
    judges.judge(again)
    assert (again.id, waiting(lab)) == (delivery.id, [])


def test_a_delivery_whose_end_was_stored_and_not_heard_of_is_not_judged_again(lab: Lab, disk: Disk) -> None:
    judges = told(lab)
    (delivery,) = judges.claim(1)
    with disk.away(deafens=always):
        judges.judge(delivery)
    assert (list(judges.claim(1)), waiting(lab), len(owed(lab))) == ([], [], 1)


def test_a_crash_whose_delivery_could_not_be_put_off_is_put_off_later(
    lab: Lab, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    judges = told(lab)
    (delivery,) = judges.claim(1)
    with disk.away(refuses=always), monkeypatch.context() as patch:
        patch.setattr("bridge.flows.process._read", lambda *_: 1 / 0)
        judges.judge(delivery)
    (again,) = until(lambda: judges.claim(1))
    assert again.id == delivery.id


def test_what_a_tool_said_later_is_not_judged_before_what_the_store_did_not_take(tmp_path: Path, disk: Disk) -> None:
    with open_lab(tmp_path, integrations=[TOOL]) as lab:
        for action in ("create", "resolve"):
            lab.feed(TOOL["id"], Hook(json.dumps({"event_type": action, "Id": "disk", "Title": "Disk"}).encode()))
        judges = Judges(lab.parts)
        first, second = judges.claim(4)
        with disk.away(refuses=always):
            judges.judge(first)
        judges.judge(second)
        assert waiting(lab) == [first.id, second.id]
        again = judges.claim(4)
        assert [one.id for one in again] == [first.id, second.id]
        for one in again:
            judges.judge(one)
        assert waiting(lab) == []


def newest_run(lab: Lab) -> dict[str, Any]:
    with lab.parts.store.reports() as reports:
        return cast("dict[str, Any]", reports.runs(1)[0])


def test_a_resync_that_the_store_breaks_off_is_told_as_failed_once_the_store_is_back(lab: Lab, disk: Disk) -> None:
    lab.pagertree.raise_alert("Disk full")
    taken = chain([True], repeat(False))  # its beginning, and nothing more
    with disk.away(refuses=lambda: not next(taken)), pytest.raises(Unavailable):
        resync(lab.parts)
    assert newest_run(lab)["state"] == "running"
    lab.parts.replica.unsaid.catch_up()
    assert (newest_run(lab)["state"], newest_run(lab)["detail"]["why"]) == ("failed", str(GONE))
