"""Two replicas on one store: each sees what the other found, and nothing is done by both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest

from bridge.app import Parts, assemble
from bridge.callers import AT_ONCE, Callers
from bridge.circuits import Circuits
from bridge.config import load_config
from bridge.flows import addressing, replicas, surgery
from bridge.flows.exchange import exchange
from bridge.flows.lessons import note_dropped_marks
from bridge.flows.resync import resync
from bridge.model import Answer, Done, NoAnswer, Request, Retry
from bridge.replica import Replica
from bridge.schedule import Job, run_in_slot
from bridge.shelf import Shelf
from tests.e2e.harness import until
from tests.e2e.histories import Lab
from tests.flows.by_hand import heard
from tests.flows.test_worker import FREE, YAML, note, owe, owed

REFUSED = Retry("refused", auth=True)


class Ticks:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    """On a file that says of itself that it is shared: the rules are the same on every engine."""
    (tmp_path / "config.yaml").write_text(YAML)
    (tmp_path / "config.yaml").chmod(0o600)
    parts = assemble(load_config(tmp_path / "config.yaml", {}))
    parts.store.shared = True
    yield parts
    parts.transport.close()
    parts.store.close()


def another(parts: Parts) -> Parts:
    """A replica of its own on the same store, that has entered."""
    known = Circuits(parts.store, parts.metrics, dict(parts.circuits.known))
    one = replace(parts, replica=Replica(shared=True, clock=Ticks()), circuits=known, shelf=Shelf())
    replicas.beat(one)
    return one


@pytest.fixture
def pair(parts: Parts) -> tuple[Parts, Parts]:
    return another(parts), another(parts)


def pass_(parts: Parts, seconds: float) -> None:
    parts.replica.clock.now += seconds


def forget(parts: Parts, id_: str) -> None:
    """As the others do with one that was silent."""
    parts.store.write(lambda tx: tx.leave(id_))


def audits(parts: Parts) -> list[object]:
    with parts.store.reports() as reports:
        return [row["detail"] for row in reports.audit(100) if row["action"] == "alarm"]


# -- who lives


def test_nothing_is_claimed_before_the_others_hear_of_us(parts) -> None:
    new = replace(parts, replica=Replica(shared=True, clock=Ticks()))
    owe(Callers(new), 1, note())
    assert list(Callers(new).claim_others(FREE)) == []
    replicas.beat(new)
    assert len(Callers(new).claim_others(FREE)) == 1


def test_a_call_leaves_only_while_our_beat_is_young(pair) -> None:
    a, _ = pair
    pass_(a, 11)
    answer = exchange(a, Request("POST", "http://127.0.0.1:9/alerts", budget="pagertree"))
    assert isinstance(answer, NoAnswer)
    assert (answer.sent, answer.after) == (False, 1.0)
    assert list(Callers(a).claim_others(FREE)) == []
    replicas.beat(a)
    assert a.replica.sure()


def test_one_that_was_given_up_begins_anew_and_what_it_had_claimed_stays(pair) -> None:
    a, b = pair
    callers = Callers(a)
    owe(callers, 1, note())
    (claimed,) = callers.claim_others(FREE)
    before = a.replica.id
    forget(b, before)
    pass_(a, 20)
    replicas.beat(a)
    assert (a.replica.id != before, a.replica.sure()) == (True, True)
    assert callers.call(claimed) is None
    assert [row["under_way"] for row in owed(callers)] == [None]


def test_a_page_claimed_in_a_life_that_was_given_up_does_not_leave_in_the_next(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = another(lab.parts)
    lab.rootly.start_incident("Checkout down", severity="critical")
    heard(lab)
    callers, addressed = Callers(a), addressing.addressed
    (claimed,) = callers.claim_pages(1)

    def asked_for_long(*rest: Any) -> Any:
        forget(a, a.replica.id)
        pass_(a, 20)
        replicas.beat(a)
        return addressed(*rest)

    monkeypatch.setattr(addressing, "addressed", asked_for_long)
    pending = callers.call(claimed)
    assert pending is not None
    pending.finish()
    assert (a.replica.sure(), lab.pagertree.state()["alerts"]) == (True, [])


def test_a_replica_judges_the_others_only_after_it_was_in_step_for_long_enough() -> None:
    me, start = Replica(shared=True, clock=Ticks()), Parts.__dataclass_fields__["clock"].default()
    for second in range(0, 16, 2):
        me.beaten(0.0, start + timedelta(seconds=second))
    assert not me.may_judge(start + timedelta(seconds=14))
    assert me.may_judge(start + timedelta(seconds=15))
    assert not me.may_judge(start + timedelta(seconds=60)), "the store was away: the others come back in a moment"


def test_a_beat_goes_on_until_it_is_stopped_and_leaves(parts) -> None:
    one = replace(parts, replica=Replica(shared=True))
    stopping, woken = Signal(), list[str]()
    thread = Thread(target=replicas.keep_beating, args=(one, stopping, woken.append))
    thread.start()
    until(lambda: one.replica.entered and woken == ["calls", "deliveries"])
    stopping.set()
    thread.join(10)
    replicas.leave(one)
    assert not parts.store.write(lambda tx: tx.beat(one.replica.id))


# -- holds


def test_a_call_whose_link_another_replica_held_while_it_waited_for_a_hand_is_not_made(pair) -> None:
    a, b = pair
    callers = Callers(a)
    owe(callers, 1, note())
    (claimed,) = callers.claim_others(FREE)
    surgery.pause(b, claimed.call.link.id, "Ada")
    assert callers.call(replace(claimed, at=claimed.at - AT_ONCE)) is None
    assert [(row["attempts"], row["unsure"]) for row in owed(callers)] == [(0, False)]


def test_a_hold_that_another_replica_ended_is_not_remembered(pair) -> None:
    a, b = pair
    callers = Callers(a)
    owe(callers, 1, note())
    (link,) = {row["link"] for row in owed(callers)}
    surgery.pause(a, link, "Ada")
    b.store.write(lambda tx: tx.free(tx.link(link)))
    (claimed,) = callers.claim_others(FREE)
    assert callers._stays(a, claimed) is None


# -- circuits


def test_what_one_replica_finds_down_the_other_leaves_alone(pair) -> None:
    a, b = pair
    a.circuits.note("pagertree", REFUSED, a.clock())
    assert "pagertree" in b.circuits.passable()
    replicas.beat(b)
    assert "pagertree" not in b.circuits.passable()


def test_a_claim_sees_a_circuit_that_another_replica_opened_a_moment_ago(pair) -> None:
    a, b = pair
    callers = Callers(b)
    owe(callers, 1, note())
    a.circuits.note("pagertree", REFUSED, a.clock())
    assert list(callers.claim_others(FREE)) == []
    assert "pagertree" not in b.circuits.passable()


def test_one_probe_is_made_for_all_replicas(pair) -> None:
    a, b = pair
    a.circuits.note("pagertree", REFUSED, a.clock())
    replicas.beat(b)
    late = a.clock() + timedelta(minutes=2)
    make_due(a)
    replicas.beat(a), replicas.beat(b)
    assert sorted([a.circuits.probes(late), b.circuits.probes(late)]) == [(), ("pagertree",)]


def make_due(parts: Parts) -> None:
    def work(tx):
        tx.set_circuit(replace(tx.circuit("pagertree"), probe_at=tx.now))

    parts.store.write(work)


def test_a_circuit_is_opened_and_closed_once_whoever_says_so(pair) -> None:
    a, b = pair
    for one in pair:
        one.circuits.note("pagertree", REFUSED, one.clock())
    assert len(audits(a)) == 1
    owe(Callers(a), 1, note())
    a.circuits.note("pagertree", Done(), a.clock())
    (due,) = [row["due_at"] for row in owed(Callers(a))]
    b.circuits.note("pagertree", Done(), b.clock())
    assert [row["due_at"] for row in owed(Callers(a))] == [due], "released once"
    assert "pagertree" in b.circuits.passable()


def test_a_turn_that_was_not_used_is_given_back_to_all(pair) -> None:
    a, _ = pair
    a.circuits.note("pagertree", REFUSED, a.clock())
    make_due(a)
    late = a.clock() + timedelta(minutes=2)
    replicas.beat(a)
    assert a.circuits.probes(late) == ("pagertree",)
    a.circuits.unused("pagertree", a.clock())
    stored = a.store.write(lambda tx: tx.circuit("pagertree"))
    assert stored.probe_at - a.clock() < timedelta(seconds=2)


# -- facts


def test_what_one_replica_learned_of_a_target_the_other_knows_and_does_not_say_again(pair) -> None:
    a, b = pair
    note_dropped_marks(a, "pagertree")
    note_dropped_marks(b, "pagertree")
    assert len(audits(a)) == 1
    c = another(a)
    replicas.beat(c)
    assert c.shelf.drops_marks == {"pagertree"}


# -- slots


def run(parts: Parts, ran: list[str], work: Callable[[Parts], object] = id) -> None:
    """The slot of a job, at whoever's."""

    def noted(parts: Parts) -> None:
        ran.append(parts.replica.id)
        work(parts)

    run_in_slot(parts, Job("prune", noted, 1.0), 1_000)


def test_a_slot_is_run_once_whoever_dies_after_it(pair) -> None:
    a, b = pair
    ran: list[str] = []
    run(a, ran)
    forget(b, a.replica.id)
    run(b, ran)
    assert ran == [a.replica.id]


def test_a_slot_in_which_nothing_is_due_is_taken_by_nobody(pair) -> None:
    a, _ = pair
    ran: list[str] = []
    for due in (False, True):
        job = Job("timers", lambda parts: ran.append(parts.replica.id), 1.0, due=lambda _, due=due: due)
        run_in_slot(a, job, 1_000)
        assert bool(a.store.write(lambda tx: tx.fact("slot:timers"))) == bool(ran) == due


def test_a_slot_whose_runner_died_in_it_is_run_by_whoever_takes_it_over(pair) -> None:
    a, b = pair
    ran: list[str] = []
    run(a, ran, work=lambda a: (forget(b, a.replica.id), run(b, ran)))
    assert ran == [a.replica.id, b.replica.id]


def test_while_a_runner_lives_nobody_else_runs_its_slot(pair) -> None:
    a, b = pair
    ran: list[str] = []
    run(a, ran, work=lambda _: run(b, ran))
    assert ran == [a.replica.id]


def test_a_slot_that_crashed_has_ended(pair) -> None:
    a, b = pair
    ran: list[str] = []
    run(a, ran, work=lambda _: 1 / 0)
    forget(b, a.replica.id)
    run(b, ran)
    assert ran == [a.replica.id]


def test_what_ran_on_in_a_life_that_was_given_up_calls_nobody_any_more(pair) -> None:
    a, b = pair
    answers: list[Answer] = []

    def work(mine: Parts) -> None:
        forget(b, mine.replica.id)
        pass_(a, 20)
        replicas.beat(a)
        answers.append(exchange(mine, Request("POST", "http://127.0.0.1:9/alerts", budget="pagertree")))

    run(a, [], work)
    assert [answer.after for answer in answers] == [1.0]


def test_a_resync_counts_by_the_clock_of_the_store(parts) -> None:
    slow = replace(parts, clock=lambda: parts.clock() - timedelta(hours=1))
    begun = parts.clock()
    found = resync(slow)
    assert begun <= found.started_at <= found.finished_at <= parts.clock()
