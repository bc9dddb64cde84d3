"""What tools raise: counted while the newest alert lives, raised again after it, and ended by the tool or by time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.core.policy import Policy, Terms
from bridge.core.signals import never_made
from bridge.model import Advance, Create, Event, Link, Phase, Receiver, Ref, Says, Status, Trouble, Verdict
from tests.core.stories import ACKED, ALT, NOW, OPEN, OVER, RTL, alert, judged, member, policy, settled

I1, I2 = Ref("int_1", "signal", "123"), Ref("int_2", "signal", "123")
TERMS = Terms(("pagertree",), (Receiver("tem_oncall"),))


def signals(**terms: object) -> Policy:
    return policy(integrations={"int_1": replace(TERMS, **terms), "int_2": TERMS})


def said(action: str, status: Status, ref: Ref = I1, title: str = "Disk full") -> Event:
    trouble = Trouble(title=title, urgency="high", tags=("a",)) if status is OPEN else None
    return Event(ref, Says.STATE, action, status, trouble=trouble)


def create(ref: Ref = I1, title: str = "Disk full") -> Event:
    return said("create", OPEN, ref, title)


def resolve(ref: Ref = I1) -> Event:
    return said("resolve", OVER, ref)


def raised(ref: Ref = I1, **terms: object) -> Link:
    """The link of a signal whose alert is made: alt_1 at PagerTree, rtl-1 at Rootly."""
    return settled(judged(create(ref), None, signals(**terms)).link, pagertree="alt_1", rootly="rtl-1")


def after(link: Link, event: Event) -> Link:
    found = judged(event, link, signals()).link
    assert found is not None
    return found


def resolved(link: Link) -> Link:
    """The tool resolved it, and PagerTree's alert followed."""
    link = after(link, resolve())
    return after(link, alert(ALT, OVER, "alert.resolved"))


def marks(link: Link) -> list[str]:
    return [m.mark for m in link.members if m.system == "pagertree"]


# -- the four worked examples of https://pagertree.com/docs/integrations -----------------------------------------------


def test_alert_aggregation_example_1_simple() -> None:
    link = raised()
    assert marks(link) == ["int_1:123#1"]
    again = judged(create(), resolved(link), signals())
    assert again.commands == (Create("pagertree", "int_1:123#2", again.commands[0].draft),)  # type: ignore[union-attr]


def test_alert_aggregation_example_2_dedup() -> None:
    twice = judged(create(), raised(), signals())
    assert (twice.commands, twice.link and twice.link.dedup_count) == ((), 1)
    assert twice.link is not None
    again = judged(create(), resolved(twice.link), signals())
    assert again.link is not None
    assert (marks(again.link), again.link.dedup_count) == (["int_1:123#1", "int_1:123#2"], 0)


def test_alert_aggregation_example_3_multiple_integrations() -> None:
    first, second = raised(I1), judged(create(I2), None, signals()).link
    assert second is not None
    assert (marks(first), marks(second)) == (["int_1:123#1"], ["int_2:123#1"])
    resolved(first)
    repeated = judged(create(I2), settled(second, pagertree="alt_2"), signals())
    assert (repeated.commands, repeated.link and repeated.link.dedup_count) == ((), 1)


def test_alert_aggregation_example_4_user_intervention() -> None:
    taken = after(raised(), alert(ALT, ACKED, "alert.acknowledged"))
    counted = judged(create(), taken, signals())
    assert (counted.commands, counted.link and counted.link.dedup_count) == ((), 1)
    assert counted.link is not None
    ended = after(counted.link, alert(ALT, OVER, "alert.resolved"))
    assert [type(c) for c in judged(create(), ended, signals()).commands] == [Create]


# -- the four states, and those that take up no repeat -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "phase"),
    [(OPEN, Phase.QUEUED), (OPEN, Phase.NONE), (ACKED, Phase.NONE), (OPEN, Phase.DROPPED)],
    ids=["queued", "open", "acknowledged", "dropped"],
)
def test_a_repeat_is_counted_while_its_alert_is(status: Status, phase: Phase) -> None:
    link = after(raised(), alert(ALT, status, "seen", phase=phase, fresh=True))
    assert judged(create(), link, signals()).commands == ()


def test_a_suppressed_alert_takes_up_no_repeat() -> None:
    link = after(raised(), alert(ALT, OPEN, "seen", phase=Phase.SUPPRESSED, fresh=True))
    assert [c.of for c in judged(create(), link, signals()).commands] == ["int_1:123#2"]


def test_a_deleted_alert_takes_up_no_repeat() -> None:
    link = after(raised(), alert(ALT, None, "read again", gone=True, fresh=True))
    assert [c.of for c in judged(create(), link, signals()).commands] == ["int_1:123#2"]


@pytest.mark.parametrize("state", ["dead", "superseded"])
def test_a_page_that_never_was_made_takes_up_no_repeat(state: str) -> None:
    link = raised()
    never = replace(link, members=tuple(replace(m, id="", create=state) if m.mark else m for m in link.members))
    assert [c.of for c in judged(create(), never, signals()).commands] == ["int_1:123#2"]


@pytest.mark.parametrize(
    ("there", "here", "never"), [("dead", "superseded", True), ("dead", "done", False), ("owed", "dead", False)]
)
def test_a_trouble_was_never_made_when_neither_side_got_it(there: str, here: str, never: bool) -> None:
    link = raised(send_to=("pagertree", "rootly"))
    states = {"pagertree": there, "rootly": here, "int_1": ""}
    link = replace(link, members=tuple(replace(m, create=states[m.system], gone=True) for m in link.members))
    assert never_made(link) is never, "what was made and deleted was made"


def test_one_that_still_waits_to_be_made_takes_up_repeats() -> None:
    waiting = judged(create(), None, signals()).link
    assert judged(create(), waiting, signals()).commands == ()


# -- what an alert is made of ------------------------------------------------------------------------------------------


def test_an_alert_goes_where_the_integration_sends_it() -> None:
    both = judged(create(), None, signals(send_to=("pagertree", "rootly"), notify=("Service", "svc"))).commands
    drafts = {c.target: c.draft for c in both if isinstance(c, Create)}
    assert drafts["pagertree"].receivers == (Receiver("tem_oncall"),)
    assert (drafts["pagertree"].urgency, drafts["pagertree"].tags) == ("high", ("a",))
    assert (drafts["rootly"].urgency, drafts["rootly"].notify) == ("High", ("Service", "svc"))


def test_an_incident_of_a_tool_is_one_at_pagertree() -> None:
    trouble = Trouble(title="T", urgency="high", severity="SEV-1", incident=True, message="call 1-800")
    (command,) = judged(replace(create(), trouble=trouble), None, signals()).commands
    assert isinstance(command, Create)
    assert (command.draft.incident, command.draft.severity, command.draft.message) == (True, "SEV-1", "call 1-800")


# -- how it moves ------------------------------------------------------------------------------------------------------


def test_what_the_tool_acknowledges_and_resolves_follows_on_both_sides() -> None:
    link = raised(send_to=("pagertree", "rootly"))
    taken = judged(said("acknowledge", ACKED), link, signals())
    assert {(c.target, c.status) for c in taken.commands if isinstance(c, Advance)} == {
        ("pagertree", ACKED),
        ("rootly", ACKED),
    }
    ended = judged(resolve(), taken.link, signals())
    assert {(c.target, c.status) for c in ended.commands if isinstance(c, Advance)} == {
        ("pagertree", OVER),
        ("rootly", OVER),
    }


def test_an_acknowledgement_in_pagertree_reaches_rootly_and_never_the_tool() -> None:
    link = raised(send_to=("pagertree", "rootly"))
    taken = judged(alert(ALT, ACKED, "alert.acknowledged", actor="Ada"), link, signals())
    assert [(c.target, c.of) for c in taken.commands] == [("rootly", "int_1:123#1")]


def test_a_resolve_of_what_nobody_raised_says_so() -> None:
    decision = judged(resolve(), None, signals())
    assert (decision.verdict, decision.reason) == (Verdict.IGNORED, "resolve: nothing live has the id 123")


def test_a_resolve_before_the_page_left_withdraws_it() -> None:
    decision = judged(resolve(), judged(create(), None, signals()).link, signals())
    assert (decision.commands, decision.supersede) == ((), ("int_1:123#1",))


def test_an_alert_of_ours_that_comes_back_is_confirmed_and_not_mirrored() -> None:
    waiting = judged(create(), None, signals()).link
    back = judged(alert(ALT, OPEN, "alert.created", mark="int_1:123#1"), waiting, signals())
    assert (back.commands, member(back.link, "pagertree", "int_1:123#1").id) == ((), "alt_1")


def test_a_rootly_alert_taken_up_again_opens_no_episode_of_a_signal() -> None:
    link = after(raised(send_to=("pagertree", "rootly")), resolve())
    chosen = replace(signals(send_to=("pagertree", "rootly")), retriggered="episode")
    event = alert(RTL, OPEN, "alert.retriggered", says=Says.HAPPENED)
    assert judged(event, link, chosen).commands == ()


# -- title and time ----------------------------------------------------------------------------------------------------


def test_the_same_title_is_counted_on_the_alert_that_lives() -> None:
    other = create(Ref("int_1", "signal", "999"))
    decision = judged(other, raised(), signals(auto_aggregate=timedelta(hours=1)))
    assert (decision.commands, decision.link and decision.link.dedup_count) == ((), 1)
    assert "has the title of 123" in decision.reason


def test_it_resolves_by_itself_so_long_after_it_was_raised() -> None:
    decision = judged(create(), None, signals(auto_resolve=timedelta(hours=1)))
    assert decision.link is not None
    assert decision.link.resolve_at == NOW + timedelta(hours=1)
    ended = judged(said("auto-resolve", OVER), raised(), signals())
    assert [(c.target, c.status) for c in ended.commands if isinstance(c, Advance)] == [("pagertree", OVER)]


def test_a_repeat_does_not_put_its_end_off() -> None:
    chosen = signals(auto_resolve=timedelta(hours=1))
    link = replace(raised(auto_resolve=timedelta(hours=1)), resolve_at=NOW + timedelta(minutes=5))
    again = judged(create(), link, chosen).link
    assert again is not None
    assert again.resolve_at == NOW + timedelta(minutes=5)


def test_an_integration_that_was_taken_out_of_the_configuration_raises_nothing_more_but_may_resolve() -> None:
    gone = policy()
    assert "no integration int_1" in judged(create(), None, gone).reason
    assert [type(c) for c in judged(resolve(), raised(), gone).commands] == [Advance]


def test_a_part_that_cannot_be_read_is_kept_aside_with_its_reason() -> None:
    decision = judged(Event(I1, Says.FAULTY, "create", remark="no title"), None, signals())
    assert decision.verdict is Verdict.QUARANTINED


def test_an_alert_of_a_tool_that_nobody_answers_is_an_alarm() -> None:
    event = alert(ALT, OPEN, "alert.dropped", says=Says.HAPPENED, phase=Phase.DROPPED)
    decision = judged(event, raised(), signals())
    assert decision.alarms == ("nobody answered the page alt_1",)
    assert "nothing stands for it in Rootly" in decision.reason
