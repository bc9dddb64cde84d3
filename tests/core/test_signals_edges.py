"""What tools raise in words of their own, and what is not theirs to count."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.core.mapping import Maps
from bridge.core.policy import Policy, Terms
from bridge.model import Create, Decision, Event, Link, Ref, Says, Status, Trouble, Verdict
from tests.core.stories import ALT, NOW, OPEN, OVER, alert, judged, policy, settled

BOTH = policy(integrations={"int_1": Terms(("pagertree", "rootly"))})
PAGERTREE = policy(integrations={"int_1": Terms(("pagertree",))})


def signal(word: str = "create", status: Status = OPEN, of: str = "7", **said: object) -> Event:
    return Event(Ref("int_1", "signal", of), Says.STATE, word, status, trouble=replace(Trouble("Disk full"), **said))


def drafted(decision: Decision) -> dict[str, Create]:
    return {c.target: c for c in decision.commands if isinstance(c, Create)}


def raised(policy_: Policy = PAGERTREE) -> Link:
    return settled(judged(signal(), None, policy_).link, pagertree="alt_1", rootly="rtl-1")


def test_an_urgency_that_pagertree_does_not_know_takes_the_default_and_is_told() -> None:
    decision = judged(signal(urgency="odd"), None, PAGERTREE)
    assert drafted(decision)["pagertree"].draft.urgency == "high"
    assert decision.unmapped == ("odd",)


def test_an_urgency_that_neither_knows_is_told_once() -> None:
    decision = judged(signal(urgency="odd"), None, BOTH)
    assert {target: c.draft.urgency for target, c in drafted(decision).items()} == {
        "pagertree": "high",
        "rootly": "High",
    }
    assert decision.unmapped == ("odd",)


def test_an_urgency_that_the_map_translates_is_translated() -> None:
    chosen = replace(PAGERTREE, maps=Maps(urgency={"p1": "critical", "default": "high"}))
    decision = judged(signal(urgency="P1"), None, chosen)
    assert (drafted(decision)["pagertree"].draft.urgency, decision.unmapped) == ("critical", ())


@pytest.mark.parametrize("urgency", [None, "silent", "low", "medium", "high", "critical"])
def test_what_pagertree_knows_or_nobody_said_stays_as_it_is(urgency: str | None) -> None:
    decision = judged(signal(urgency=urgency), None, PAGERTREE)
    assert (drafted(decision)["pagertree"].draft.urgency, decision.unmapped) == (urgency, ())


def test_the_default_stands_for_unknown_urgencies_in_a_second_episode_too() -> None:
    over = judged(signal("resolve", OVER), raised(), PAGERTREE).link
    again = judged(replace(signal(), trouble=None), replace(over, trouble=Trouble("T", urgency="odd")), PAGERTREE)
    assert (drafted(again)["pagertree"].draft.urgency, again.unmapped) == ("high", ("odd",))


def test_what_a_tool_writes_is_what_both_sides_say() -> None:
    decision = judged(signal(description="93 % used", url="https://tool.example/7"), None, BOTH)
    for command in drafted(decision).values():
        assert (command.draft.description, command.draft.url) == ("93 % used", "https://tool.example/7")


def test_a_signal_whose_title_belongs_to_one_that_is_over_is_raised_under_its_own_id() -> None:
    over = judged(alert(ALT, OVER, "alert.resolved"), raised(), PAGERTREE).link
    chosen = policy(integrations={"int_1": Terms(("pagertree",), auto_aggregate=timedelta(hours=1))})
    other = judged(signal(of="999"), over, chosen)
    assert [c.of for c in other.commands] == ["int_1:999#1"]
    assert other.link is not None
    assert other.link.origin.id == "999"


def test_a_signal_of_which_nothing_is_said_is_raised_all_the_same() -> None:
    assert [c.of for c in judged(replace(signal(), trouble=None), None, PAGERTREE).commands] == ["int_1:7#1"]


def test_a_second_episode_begins_when_it_is_raised() -> None:
    over = judged(signal("resolve", OVER), raised(), PAGERTREE).link
    assert over is not None
    again = judged(signal(), replace(over, began_at=NOW - timedelta(hours=1)), PAGERTREE).link
    assert again is not None
    assert again.began_at == NOW


def but(link: Link, system: str, **changes: object) -> Link:
    """The same link, with something else about what was made in that system."""
    return replace(link, members=tuple(replace(m, **changes) if m.system == system else m for m in link.members))


def test_a_page_that_somebody_took_up_again_takes_up_repeats() -> None:
    again = judged(signal(), but(raised(), "pagertree", status=OVER, lowered=True), PAGERTREE)
    assert again.commands == ()


def test_what_is_over_on_one_side_takes_up_no_repeat() -> None:
    again = judged(signal(), but(raised(BOTH), "rootly", status=OVER), BOTH)
    assert [c.of for c in again.commands] == ["int_1:7#2", "int_1:7#2"]


def test_what_people_resolved_is_not_resolved_by_its_tool_too() -> None:
    done = judged(signal("resolve", OVER), but(raised(BOTH), "pagertree", status=OVER), BOTH)
    assert (done.verdict, done.commands) == (Verdict.IGNORED, ())
