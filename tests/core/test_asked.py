"""Pages that somebody asks for: whom they go to, what they say, and what ends them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bridge.core.asked import met_by_page, why_apart
from bridge.model import Advance, Create, Event, Link, Note, Phase, Ref, Says, Text, Update, Verdict
from tests.core.stories import (
    ACKED,
    INC,
    NOW,
    OPEN,
    OVER,
    alert,
    incident,
    judged,
    member,
    mirrored,
    paged,
    policy,
    routes,
    settled,
)

PAGE = Ref("page", "signal", "pag")
MARK = "page:pag#1"
TO_PAYMENTS = {"title": "Look", "receivers": ("tem_payments",)}


def page(**said: Any) -> Event:
    return Event(PAGE, Says.STATE, "page", status=OPEN, draft=said or TO_PAYMENTS, actor="workflow")


def update(about: Ref = PAGE, **said: Any) -> Event:
    return Event(about, Says.STATE, "update", draft=said, actor="workflow", fresh=True)


def move(link: Link, status: Any, by: str = "", note: str = "") -> Event:
    text = Text("", note, by) if by or note else None
    word = "acknowledge" if status is ACKED else "resolve"
    about = Ref("page", "link", link.id)
    return Event(about, Says.STATE, word, status=status, text=text, actor=by or "workflow", fresh=True)


def own() -> Link:
    """A page of its own whose alert is alt_1."""
    return replace(settled(judged(page()).link, pagertree="alt_1"), id="pag")


def joined() -> Link:
    """An incident with the page of its route (alt_1) and one that somebody asked for (alt_2)."""
    link = settled(judged(page(receivers=("tem_db",)), paged()).link, pagertree="alt_2")
    return replace(link, id="lnk")


def created(event: Event, link: Link | None = None, **choices: Any) -> Create:
    (create,) = judged(event, link, policy(**choices)).commands
    assert isinstance(create, Create)
    return create


def test_a_page_goes_to_whom_it_names_and_its_link_has_its_id():
    decision = judged(page())
    (create,) = decision.commands
    assert (decision.link.id, create.of, decision.link.home.ref) == ("pag", MARK, PAGE)
    assert [receiver.name for receiver in create.draft.receivers] == ["tem_payments"]
    assert (create.draft.title, create.draft.urgency, create.draft.incident) == ("Look", "high", False)


def test_a_page_says_what_it_was_told_to_say():
    said = {"urgency": "low", "severity": "SEV-2", "incident": True, "message": "soon", "tags": ("db",)}
    draft = created(page(**TO_PAYMENTS, **said)).draft
    assert (draft.urgency, draft.severity, draft.incident) == ("low", "SEV-2", True)
    assert (draft.message, draft.tags) == ("soon", ("db",))


def test_auto_is_what_the_incident_s_severity_maps_to_and_else_the_default():
    auto = page(receivers=("tem_db",), urgency="auto", severity="auto")
    assert (created(auto, paged()).draft.urgency, created(auto, paged()).draft.severity) == ("critical", "SEV-1")
    alone = page(**TO_PAYMENTS, urgency="auto", severity="auto", incident=True)
    assert (created(alone).draft.urgency, created(alone).draft.severity) == ("high", "SEV-UNKNOWN")


def test_without_receivers_the_routes_choose_and_may_match_the_page_s_words():
    chosen = routes(
        {
            "match": {"alert.source": "page", "alert.tags": "db"},
            "actions": [{"type": "assign", "receiver": ["tem_db"]}],
        },
        {"match": {"always": True}, "actions": [{"type": "assign", "receiver": ["tem_oncall"]}]},
    )
    assert created(page(title="Look", tags=("db",)), routes=chosen).draft.receivers[0].name == "tem_db"
    assert created(page(title="Look"), routes=chosen).draft.receivers[0].name == "tem_oncall"


def test_routes_that_ignore_a_page_make_nothing_of_it():
    ignoring = routes({"match": {"always": True}, "actions": [{"type": "ignore"}]})
    decision = judged(page(title="Look"), None, policy(routes=ignoring))
    assert (decision.verdict, decision.link, decision.commands) == (Verdict.IGNORED, None, ())
    assert created(page(), routes=ignoring).draft.receivers[0].name == "tem_payments"


def test_a_page_that_is_judged_again_pages_nobody_again():
    for link in (own(), joined()):
        assert judged(page(), link).commands == ()


def test_a_page_joins_the_incident_it_names_and_takes_its_words():
    link, create = joined(), created(page(receivers=("tem_db",)), paged())
    assert (create.draft.title, create.draft.incident, create.draft.severity) == ("Checkout is down", True, "SEV-1")
    assert create.draft.message == "INC-12 https://rootly.example/INC-12"
    assert link.find(PAGE) is not None
    assert {m.id for m in link.current("pagertree")} == {"alt_1", "alt_2"}


def test_a_page_that_was_asked_for_ends_with_its_incident():
    decision = judged(incident(OVER), joined())
    assert {(c.of, c.status) for c in decision.commands if isinstance(c, Advance)} == {
        ("rootly:inc-1#1", OVER),
        (MARK, OVER),
    }


def test_a_page_that_was_asked_for_is_not_rewritten_by_its_incident():
    decision = judged(incident(title="Checkout is slow"), joined())
    assert [c.of for c in decision.commands if isinstance(c, Update)] == ["rootly:inc-1#1"]


def test_a_page_that_was_asked_for_does_not_give_way_to_an_alert_attached_later():
    waiting = judged(page(receivers=("tem_db",)), paged()).link
    decision = judged(incident(also=(Ref("pagertree", "alert", "alt_9"),)), replace(waiting, id="lnk"))
    assert decision.supersede == ()
    assert decision.link.find(Ref("pagertree", "alert", "alt_9")) is not None


def test_an_incident_that_a_page_tells_of_first_is_paged_by_no_route():
    link = met_by_page(incident(also=(Ref("pagertree", "alert", "alt_9"),)), policy(), NOW)
    link = replace(settled(judged(page(receivers=("tem_db",)), link).link, pagertree="alt_2"), id="lnk")
    decision = judged(incident(also=(Ref("pagertree", "alert", "alt_9"),)), link)
    assert [c for c in decision.commands if isinstance(c, Create)] == []
    assert {m.id for m in link.current("pagertree")} == {"alt_9", "alt_2"}


def test_an_incident_that_routes_pass_over_is_only_listed_and_still_ends_its_page():
    link = met_by_page(incident(kind="test"), policy(), NOW)
    assert link.listed
    link = replace(settled(judged(page(receivers=("tem_db",)), link).link, pagertree="alt_2"), id="lnk")
    assert [c.of for c in judged(incident(OVER, kind="test"), link).commands if isinstance(c, Advance)] == [MARK]
    assert met_by_page(incident(private=True), policy(), NOW).listed
    assert met_by_page(incident(began=NOW - timedelta(days=9)), policy(), NOW).listed
    assert not met_by_page(incident(), policy(), NOW).listed


def test_a_page_stays_apart_from_what_is_over_or_held():
    assert why_apart(paged()) is None
    assert "held" in str(why_apart(replace(paged(), held=True)))
    assert "over" in str(why_apart(judged(incident(OVER), paged()).link))


def test_every_alert_of_the_trouble_is_moved_and_the_incident_never():
    decision = judged(move(joined(), ACKED, "Ada", "looking"), joined())
    moved = [(c.target, c.of, c.status) for c in decision.commands if isinstance(c, Advance)]
    assert moved == [("pagertree", "rootly:inc-1#1", ACKED), ("pagertree", MARK, ACKED)]
    notes = [(n.target, n.text) for n in decision.commands if isinstance(n, Note)]
    said = "Acknowledged through the bridge by Ada: looking"
    assert notes == [("pagertree", said), ("pagertree", said), ("rootly", said)]


def test_a_mirrored_alert_is_moved_on_both_sides_its_home_too():
    decision = judged(move(mirrored(), OVER), mirrored())
    assert {c.target for c in decision.commands if isinstance(c, Advance)} == {"pagertree", "rootly"}
    assert not any(c.cascade for c in decision.commands if isinstance(c, Advance))
    assert [c for c in decision.commands if isinstance(c, Note)] == []


def test_what_is_asked_twice_is_done_once():
    once = judged(move(own(), ACKED), own()).link
    again = judged(move(own(), ACKED), once)
    assert (again.verdict, again.commands) == (Verdict.IGNORED, ())


def test_a_resolve_before_the_create_left_withdraws_it_and_ends_the_link():
    waiting = judged(page()).link
    decision = judged(move(waiting, OVER), waiting)
    assert (decision.supersede, decision.commands, decision.link.status) == ((MARK,), (), OVER)


def test_an_acknowledge_before_the_create_left_waits_for_it():
    waiting = judged(page()).link
    (call,) = judged(move(waiting, ACKED), waiting).commands
    assert isinstance(call, Advance)


def test_a_page_resolved_in_pagertree_ends_its_link_and_tells_nobody():
    decision = judged(alert(Ref("pagertree", "alert", "alt_1"), OVER, "alert.resolved"), own())
    assert (decision.link.status, decision.commands) == (OVER, ())
    assert judged(move(own(), OVER), decision.link).verdict is Verdict.IGNORED


def test_what_somebody_took_down_may_be_taken_up_again_by_asking():
    link = own()
    fallen = replace(member(link, "pagertree", MARK), status=ACKED, asked=ACKED, lowered=True)
    link = replace(link, members=(link.home, fallen))
    assert len(judged(move(link, ACKED), link).commands) == 1


def test_a_silent_rootly_alert_is_told_instead_of_acknowledged():
    link = mirrored()
    silent = replace(member(link, "rootly", "pagertree:alt_1"), phase=Phase.SILENT)
    decision = judged(move(link, ACKED), replace(link, members=(link.home, silent)))
    assert [(type(c), c.target) for c in decision.commands] == [(Advance, "pagertree"), (Note, "rootly")]


def test_what_is_replayed_undoes_nothing_that_people_did_since():
    for event in (move(own(), OVER), update(title="Old")):
        assert judged(replace(event, fresh=False), own()).commands == ()


def test_another_link_that_holds_the_same_alert_is_left_alone():
    assert judged(move(own(), OVER), mirrored()).commands == ()
    assert judged(update(Ref("page", "link", "other"), title="No"), own()).commands == ()


def test_a_page_is_changed_alone_and_a_trouble_s_pages_together():
    only = judged(update(title="Two"), joined()).commands
    assert [(c.of, c.fields) for c in only] == [(MARK, {"title": "Two"})]
    both = judged(update(Ref("page", "link", "lnk"), title="Two"), joined()).commands
    assert [c.of for c in both] == ["rootly:inc-1#1", MARK]


def test_what_pagertree_keeps_together_is_said_together():
    link = judged(page(**TO_PAYMENTS, incident=True, severity="SEV-2", message="soon")).link
    link = replace(settled(link, pagertree="alt_1"), id="pag")
    (call,) = judged(update(severity="SEV-1", receivers=("usr_ben",)), link).commands
    assert call.fields == {"severity": "SEV-1", "incident": True, "message": "soon", "receivers": ["usr_ben"]}


def test_a_page_that_is_over_is_not_changed():
    over = judged(move(own(), OVER), own()).link
    assert judged(update(title="Late"), over).verdict is Verdict.IGNORED


def test_a_held_link_hears_nothing():
    held = replace(own(), held=True)
    assert judged(move(held, OVER), held).commands == ()
    assert INC not in [m.ref for m in held.members]
