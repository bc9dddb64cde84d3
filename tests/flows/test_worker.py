"""Which calls leave, and when: pages before everything else, nothing that had to wait too long or for a lost cause."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.app import assemble
from bridge.callers import AHEAD, CALLERS, Callers
from bridge.config import load_config
from bridge.core.marks import incident_mark
from bridge.flows import surgery
from bridge.model import Advance, Create, Decision, Draft, Link, Member, Note, Ref, Retry, Status, Trouble, Verdict

FREE = CALLERS + AHEAD
YAML = """
store: sqlite:///bridge.db
pagertree: {api_key: worker-test-1, api_url: "http://127.0.0.1:9", webhook: {secrets: [worker-test-2]}}
rootly: {api_key: worker-test-3, api_url: "http://127.0.0.1:9", webhook: {secrets: [worker-test-4]}}
routes: [{match: {always: true}, actions: [{type: assign, receiver: [tem_oncall]}]}]
"""


@pytest.fixture
def callers(tmp_path):
    """Their pumps stand still: each test claims and calls by hand."""
    (tmp_path / "config.yaml").write_text(YAML)
    (tmp_path / "config.yaml").chmod(0o600)
    parts = assemble(load_config(tmp_path / "config.yaml", {}))
    yield Callers(parts)
    parts.transport.close()
    parts.store.close()


def owe(callers, number, *commands):
    """An incident with its page there; the commands are about it."""
    origin, mark = Ref("rootly", "incident", f"inc-{number}"), incident_mark(f"inc-{number}", 1)
    home = Member("rootly", "incident", origin.id, origin.id, status=Status.OPEN)
    made = not any(isinstance(command, Create) for command in commands)
    alert = Member("pagertree", "alert", mark, f"alt_{number}" if made else "", mark=mark)
    now = callers.parts.clock()
    link = Link("", "incident", origin, Trouble("Disk fills"), (home, alert), now)
    named = tuple(replace(command, of=mark) for command in commands)
    callers.parts.store.write(lambda tx: tx.apply(Decision(Verdict.APPLIED, "test", link, named), "cause"))


def page(urgency="high"):
    return Create("pagertree", "", Draft("Disk fills", urgency=urgency))


def note(key="one"):
    return Note("pagertree", "", "Said.", key)


def kinds(claimed):
    return [type(one.call.command).__name__ for one in claimed]


def owed(callers):
    with callers.parts.store.reports() as reports:
        return reports.calls({"state": "owed"}, 100)


def test_hands_for_pages_take_pages_and_the_others_take_the_rest(callers) -> None:
    owe(callers, 1, page())
    owe(callers, 2, page(urgency="low"))
    assert kinds(callers.claim_others(FREE)) == ["Create"]
    (claimed,) = callers.claim_pages(8)
    assert claimed.call.command.draft.urgency == "high"


def test_while_a_page_is_on_its_way_one_note_leaves_and_one_resolve(callers) -> None:
    owe(callers, 1, page())
    for number in range(2, 6):
        owe(callers, number, note())
        owe(callers, number + 10, Advance("pagertree", "", Status.RESOLVED))
    assert callers.claim_pages(8)
    assert kinds(callers.claim_others(FREE)) == ["Advance"]
    assert kinds(callers.claim_others(FREE - 1)) == ["Advance"]
    assert kinds(callers.claim_others(FREE - 2)) == []


@pytest.mark.parametrize(("move", "left"), [(surgery.pause, [0]), (surgery.unlink, [])])
def test_a_call_whose_link_was_held_while_it_waited_for_a_hand_is_not_made(callers, move, left) -> None:
    owe(callers, 1, note())
    (claimed,) = callers.claim_others(FREE)
    move(callers.parts, claimed.call.link.id, "Ada")
    callers.call(claimed)
    assert [row["attempts"] for row in owed(callers)] == left
    assert list(callers.claim_others(FREE)) == []


def test_a_call_whose_system_was_found_down_while_it_waited_for_a_hand_stays_without_a_doubt(callers) -> None:
    owe(callers, 1, note())
    (claimed,) = callers.claim_others(FREE)
    callers.parts.circuits.note("pagertree", Retry("refused", auth=True), callers.parts.clock())
    assert callers.call(claimed) is None
    (call,) = owed(callers)
    assert (call["attempts"], call["unsure"], call["under_way"]) == (0, False, None)
    assert "found down" in call["reason"]


def test_a_call_that_waited_too_long_for_a_hand_is_due_again(callers) -> None:
    owe(callers, 1, note())
    (claimed,) = callers.claim_others(FREE)
    assert callers.call(replace(claimed, at=claimed.at - timedelta(seconds=31))) is None
    assert kinds(callers.claim_others(FREE)) == ["Note"]
