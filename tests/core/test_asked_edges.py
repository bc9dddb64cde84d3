"""Pages that were asked for and alarms of our own, where little is left to say or to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bridge.core.asked import met_by_page
from bridge.core.policy import Terms
from bridge.core.signals import lives
from bridge.model import Create, Event, Link, Phase, Ref, Says, Status, Trouble, Update, Verdict
from tests.core.stories import (
    ACKED,
    ALT,
    INC,
    NOW,
    OPEN,
    OVER,
    alert,
    incident,
    judged,
    mirrored,
    paged,
    policy,
    routes,
    settled,
)

PAGE = Ref("page", "signal", "pag")
TOOL = policy(integrations={"int_1": Terms(("pagertree", "rootly"))})


def page(**said: Any) -> Event:
    given = {"title": "Look", "receivers": ("tem_db",), **said}
    return Event(PAGE, Says.STATE, "page", OPEN, draft=given, actor="Ada")


def update(about: Ref = PAGE, **said: Any) -> Event:
    return Event(about, Says.STATE, "update", draft=said, actor="Ada", fresh=True)


def own() -> Link:
    return settled(judged(page(description="at it", urgency="low")).link, pagertree="alt_1")


def signal(word: str, status: Status) -> Event:
    return Event(Ref("int_1", "signal", "7"), Says.STATE, word, status, trouble=Trouble(title="Disk full"))


def test_what_a_page_was_asked_to_say_is_what_its_link_says() -> None:
    said = own().trouble
    assert (said.title, said.description, said.urgency, said.incident) == ("Look", "at it", "low", False)


def test_other_receivers_alone_leave_the_words_of_a_page_as_they_are() -> None:
    (changed,) = judged(update(title="New", receivers=("tem_web",)), own()).commands
    assert changed == Update("pagertree", "page:pag#1", {"title": "New", "receivers": ["tem_web"]})


def test_what_pagertree_keeps_together_is_told_whole() -> None:
    (changed,) = judged(update(severity="SEV-2"), own()).commands
    assert changed.fields == {"severity": "SEV-2", "incident": False}


def test_a_page_does_not_join_the_link_of_an_alert() -> None:
    decision = judged(page(), mirrored())
    assert (decision.verdict, decision.commands) == (Verdict.IGNORED, ())


def test_a_page_joins_an_incident_in_its_episode() -> None:
    second = replace(paged(), episode=2)
    link = judged(page(), second).link
    assert link is not None
    assert [m.episode for m in link.members if m.name in ("pag", "page:pag#1")] == [2, 2]


def test_what_routes_may_match_of_a_page_is_what_was_asked() -> None:
    by = {
        "match": {"alert.urgency": "low", "alert.source": "page", "alert.tags": "db"},
        "actions": [{"type": "ignore"}],
    }
    quiet = policy(routes=routes(by))
    assert judged(page(receivers=(), urgency="low", tags=("db",)), None, quiet).commands == ()


def test_an_incident_met_by_a_page_is_listed_where_routes_would_pass_it_over() -> None:
    kinds = {"normal": False, "normal_sub": False, "test": True, "test_sub": True}
    assert {k: met_by_page(incident(kind=k), policy(), NOW).listed for k in kinds} == kinds
    held = met_by_page(incident(also=(ALT, Ref("rootly", "alert", "r"), INC)), policy(), NOW)
    assert [m.id for m in held.members] == ["inc-1", "alt_1"]
    at_once = policy(installed_at=NOW)
    assert not met_by_page(incident(), at_once, NOW).listed
    assert met_by_page(incident(private=True), policy(), NOW).listed
    assert not met_by_page(incident(private=True), policy(private_incidents=True), NOW).listed


def test_a_tool_that_says_again_what_is_known_changes_nothing() -> None:
    raised = settled(judged(signal("create", OPEN), None, TOOL).link, pagertree="alt_1", rootly="rtl-1")
    acked = judged(signal("acknowledge", ACKED), raised, TOOL).link
    again = judged(signal("acknowledge", ACKED), acked, TOOL)
    assert (again.verdict, again.commands) == (Verdict.IGNORED, ())
    assert judged(signal("acknowledge", ACKED), None, TOOL).link is None


def test_what_is_over_or_taken_apart_takes_up_no_repeat() -> None:
    raised = settled(judged(signal("create", OPEN), None, TOOL).link, pagertree="alt_1", rootly="rtl-1")
    assert lives(raised)
    assert not lives(replace(raised, apart=True))
    assert not lives(judged(signal("resolve", OVER), raised, TOOL).link)


def test_a_handoff_with_the_labels_that_are_shown_changes_none() -> None:
    same = alert(word="alert.handoff", says=Says.HAPPENED, actor="Ann", at=NOW)
    assert not [c for c in judged(same, mirrored()).commands if isinstance(c, Update)]


def test_what_happens_to_an_alert_of_rootlys_is_no_news_for_an_incident() -> None:
    link = paged()
    theirs = replace(link.members[1], system="rootly", name="rtl-1", id="rtl-1", mark="")
    event = alert(Ref("rootly", "alert", "rtl-1"), word="alert.handoff", says=Says.HAPPENED)
    assert judged(event, replace(link, members=(*link.members, theirs))).commands == ()


def test_a_late_drop_with_old_labels_does_not_bring_them_back() -> None:
    link = replace(mirrored(), members=tuple(replace(m, status=ACKED) for m in mirrored().members))
    old = Trouble(labels={"pagertree_status": "old"})
    for word, shown in (("alert.dropped", False), ("alert.handoff", True)):
        event = alert(word=word, says=Says.HAPPENED, phase=Phase.DROPPED, trouble=old)
        assert any(isinstance(c, Update) for c in judged(event, link).commands) is shown


def test_a_dropped_page_behind_whose_route_another_ignores_stays_loud_and_pages_nobody() -> None:
    raw = ({"actions": [{"type": "assign", "receiver": ["a"]}]}, {"actions": [{"type": "ignore"}]})
    chosen = policy(page_dropped="next_route", routes=routes(*({"match": {"always": True}, **one} for one in raw)))
    dropped = alert(word="alert.dropped", says=Says.HAPPENED, phase=Phase.DROPPED)
    decision = judged(dropped, paged(chosen), chosen)
    assert decision.alarms == ("nobody answered the page alt_1 for INC-12",)
    assert not [c for c in decision.commands if isinstance(c, Create)]


def test_an_incident_met_by_a_page_of_which_nothing_is_said_is_met_all_the_same() -> None:
    assert met_by_page(replace(incident(), trouble=None), policy(), NOW).trouble == Trouble()
