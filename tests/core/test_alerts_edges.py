"""Alerts that share a mark: what we made at both systems for one tool has one name, and is two objects."""

from dataclasses import replace
from datetime import timedelta

from bridge.core.policy import Terms
from bridge.model import Event, Link, Note, Ref, Says, Trouble
from tests.core.stories import ALT, NOW, OPEN, OVER, alert, judged, policy, settled

BOTH = policy(integrations={"int_1": Terms(("pagertree", "rootly"), auto_resolve=timedelta(hours=1))})
RAISE = Event(Ref("int_1", "signal", "7"), Says.STATE, "create", OPEN, trouble=Trouble(title="Disk full"))


def raised() -> Link:
    """What a tool raised at both systems: alt_1 and rtl-1."""
    return settled(judged(RAISE, None, BOTH).link, pagertree="alt_1", rootly="rtl-1")


def test_the_other_systems_alert_hears_that_one_was_deleted() -> None:
    (note,) = judged(alert(ALT, None, gone=True), raised(), BOTH).commands
    assert isinstance(note, Note)
    assert (note.target, note.of) == ("rootly", "int_1:7#1")


def test_an_alert_that_is_over_hears_nothing_of_it() -> None:
    link = raised()
    over = replace(link, members=tuple(replace(m, status=OVER) if m.system == "rootly" else m for m in link.members))
    assert judged(alert(ALT, None, gone=True), over, BOTH).commands == ()


def test_what_a_tool_raises_ends_by_itself_when_its_terms_say_so() -> None:
    assert raised().resolve_at == NOW + timedelta(hours=1)


def test_an_alert_that_was_never_made_hears_nothing_of_it_either() -> None:
    for never in ("dead", "superseded"):
        link = raised()
        made = tuple(replace(m, create=never) if m.system == "rootly" else m for m in link.members)
        assert judged(alert(ALT, None, gone=True), replace(link, members=made), BOTH).commands == ()
