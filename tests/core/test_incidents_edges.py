"""Incidents where little is said of them: what is known stays, and nobody is paged twice or too low."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bridge.core.mapping import Maps
from bridge.model import Advance, Create, Decision, Event, Link, Note, Phase, Ref, Trouble, Update, Verdict
from tests.core.stories import ALT, MARK, NOW, OVER, incident, judged, member, paged, policy
from tests.core.stories import routes as routed

ALT9 = Ref("pagertree", "alert", "alt_9")


def said(**changes: Any) -> Event:
    event = incident()
    assert event.trouble is not None
    return replace(event, trouble=replace(event.trouble, **changes))


def made(decision: Decision) -> list[Create]:
    return [c for c in decision.commands if isinstance(c, Create)]


# -- a severity that no map knows --------------------------------------------------------------------------------------


def test_a_word_that_no_map_knows_does_not_lower_a_live_page() -> None:
    decision = judged(incident(severity="odd"), paged())
    assert (decision.verdict, decision.commands, decision.unmapped) == (Verdict.IGNORED, (), ("odd",))
    assert "odd" in decision.reason


def test_a_word_that_no_map_knows_is_no_change_where_its_default_is_what_the_page_has() -> None:
    odd = judged(incident(severity="odd"), paged(severity="high"))
    assert (odd.commands, odd.unmapped) == ((), ("odd",))
    assert judged(incident(severity="high"), odd.link).commands == ()


def test_such_a_word_is_what_is_known_where_nothing_was() -> None:
    odd = judged(incident(severity="odd"), paged(severity=None)).link
    assert odd is not None
    assert odd.trouble.severity == "odd"


def test_a_word_that_no_map_knows_raises_a_page_that_was_lower_than_the_default() -> None:
    decision = judged(incident(severity="odd"), paged(severity="low"))
    assert decision.commands == (Update("pagertree", MARK, {"urgency": "high", "severity": "SEV-UNKNOWN"}),)
    assert decision.unmapped == ("odd",)


def test_the_rest_of_such_news_is_brought_in_line() -> None:
    decision = judged(incident(severity="odd", title="Search is down"), paged())
    assert decision.commands == (Update("pagertree", MARK, {"title": "Search is down"}),)


def test_a_severity_that_comes_back_from_such_a_word_pages_nobody_twice() -> None:
    odd = judged(incident(severity="odd"), paged())
    assert made(judged(incident(), odd.link)) == []


def test_a_known_word_after_such_a_word_lowers_the_page_as_it_would_have() -> None:
    odd = judged(incident(severity="odd"), paged())
    (update,) = judged(incident(severity="low"), odd.link).commands
    assert isinstance(update, Update)
    assert update.fields["urgency"] == "low"


def test_such_a_word_is_told_while_it_is_news() -> None:
    first = judged(incident(severity="odd"), paged(severity="low"))
    assert judged(incident(severity="odd", title="New"), first.link).unmapped == ()


def test_a_word_that_the_map_lowers_on_purpose_lowers_the_page() -> None:
    chosen = policy(maps=Maps(severity={"odd": "SEV-4", "default": "SEV-1"}, urgency={"odd": "low", "default": "high"}))
    (update,) = judged(incident(severity="odd"), paged(chosen, severity="odder"), chosen).commands
    assert isinstance(update, Update)
    assert update.fields["urgency"] == "low"


def test_an_unknown_word_of_a_route_that_pages_nobody_is_no_news_for_the_page() -> None:
    ignore = {"match": {"incident.severity": "odd"}, "actions": [{"type": "ignore"}]}
    chosen = policy(routes=(*routed(ignore), *policy().routes))
    assert judged(incident(severity="odd"), paged(chosen), chosen).commands == ()


def test_an_incident_that_leaves_no_link_is_found_by_its_number_in_the_reason() -> None:
    ignore = {"match": {"always": True}, "actions": [{"type": "ignore", "reason": "office hours"}]}
    decision = judged(incident(), None, policy(routes=routed(ignore)))
    assert decision.reason == "INC-12: nobody is paged, by route 0 (always): office hours"
    assert judged(incident(private=True), None).reason == "INC-12: private incidents are not mirrored"


# -- turned private ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["cancelled", "closed", "completed"])
def test_an_incident_turned_private_ends_with_its_resolve_and_no_word(end: str) -> None:
    decision = judged(incident(OVER, private=True, vendor_status=end), paged())
    assert decision.commands == (Advance("pagertree", MARK, OVER),)


def test_an_incident_known_to_be_private_is_deleted_without_a_word() -> None:
    private = judged(incident(private=True), paged()).link
    gone = replace(incident(OVER, gone=True), trouble=None)
    assert judged(gone, private).commands == (Advance("pagertree", MARK, OVER),)


def test_an_incident_that_is_no_longer_private_is_spoken_of_again() -> None:
    private = judged(incident(private=True), paged()).link
    public = judged(incident(title="Search is down"), private)
    assert [type(c) for c in public.commands] == [Update]
    assert [type(c) for c in judged(incident(OVER, gone=True), public.link).commands] == [Note, Advance]


def test_a_private_incident_that_the_operator_wants_is_spoken_of() -> None:
    chosen = policy(private_incidents=True)
    ended = judged(incident(OVER, private=True, vendor_status="cancelled"), paged(chosen), chosen)
    assert [type(c) for c in ended.commands] == [Note, Advance]


# -- pages of other people, and pages that are on their way ------------------------------------------------------------


def test_an_alert_attached_in_a_second_episode_belongs_to_it() -> None:
    link = judged(incident(also=(ALT9,)), replace(paged(), episode=2)).link
    assert member(link, "pagertree", "alt_9").episode == 2


def test_a_page_that_is_seen_to_be_there_does_not_give_way_to_an_attached_alert() -> None:
    link = paged()
    seen = replace(link, members=tuple(replace(m, create="owed") if m.ours else m for m in link.members))
    decision = judged(incident(also=(ALT9,)), seen)
    assert (decision.supersede, [type(c) for c in decision.commands]) == ((), [Note])


def test_a_page_that_gives_way_is_not_followed_by_one_for_the_risen_severity() -> None:
    decision = judged(incident(also=(ALT9,)), judged(incident(severity="low")).link)
    assert decision.supersede == (MARK,)
    assert made(decision) == []


def test_a_risen_severity_pages_nobody_beside_an_alert_that_others_made() -> None:
    held = judged(incident(severity="low", also=(ALT,))).link
    assert made(judged(incident(), held)) == []


def test_a_second_episode_begins_when_it_is_found_live() -> None:
    over = judged(incident(OVER), paged(began=NOW - timedelta(hours=1))).link
    again = judged(incident(began=NOW - timedelta(hours=1)), over).link
    assert again is not None
    assert again.began_at == NOW


# -- what is left out --------------------------------------------------------------------------------------------------


def merged(link: Link, event: Event) -> Trouble:
    found = judged(event, link).link
    assert found is not None
    return found.trouble


def test_the_newer_words_stand() -> None:
    old = judged(said(description="old")).link
    assert old is not None
    new = merged(old, said(description="new", number="INC-13", url="https://rootly.example/INC-13"))
    assert (new.description, new.number, new.url) == ("new", "INC-13", "https://rootly.example/INC-13")


def test_what_is_left_out_stays() -> None:
    old = judged(said(description="old")).link
    assert old is not None
    new = merged(old, said(description=None, number="", url="", title=""))
    assert (new.description, new.number, new.url) == ("old", "INC-12", "https://rootly.example/INC-12")
    assert new.title == "Checkout is down"


def test_routes_still_find_the_severity_that_a_body_leaves_out() -> None:
    new = merged(paged(), said(severity=None, facts={"incident": {"severity": None, "title": "T"}}))
    assert new.facts == {"incident": {"severity": "critical", "title": "T"}}
    assert merged(paged(), said(severity=None, facts={})).facts == {"incident": {"severity": "critical"}}


def test_facts_stay_as_they_are_told_where_no_severity_ever_was() -> None:
    assert merged(paged(severity=None), said(severity=None, facts={"incident": {"title": "T"}})).facts == {
        "incident": {"title": "T"}
    }


def test_an_incident_without_a_title_is_called_by_its_number_and_address() -> None:
    link = paged()
    nameless = replace(link, trouble=replace(link.trouble, title=""))
    (note,) = judged(incident(title="", phase=Phase.MITIGATED), nameless).commands
    assert isinstance(note, Note)
    assert note.text == "Rootly incident INC-12 https://rootly.example/INC-12 is mitigated."


def test_when_it_began_is_filled_in_once_it_is_told() -> None:
    link = paged()
    unknown = replace(link, trouble=replace(link.trouble, began_at=None))
    assert merged(unknown, incident()).began_at == NOW


# -- again, and once more ----------------------------------------------------------------------------------------------


def test_an_incident_live_again_is_neither_listed_nor_asked_any_more() -> None:
    over = judged(incident(OVER), paged()).link
    assert over is not None
    asked = replace(over, listed=True, members=tuple(replace(m, asked=OVER) for m in over.members))
    again = judged(incident(), asked).link
    assert again is not None
    assert (again.listed, again.home.asked) == (False, None)


def test_a_page_that_was_withdrawn_is_not_brought_in_line() -> None:
    link = paged()
    for never in ("dead", "superseded"):
        made_not = replace(link, members=tuple(replace(m, create=never) if m.ours else m for m in link.members))
        assert judged(incident(title="New"), made_not).commands == ()


def test_a_severity_that_rises_to_the_same_word_twice_pages_once() -> None:
    risen = judged(incident(), paged(severity="low")).link
    fallen = judged(incident(severity="low"), risen).link
    assert made(judged(incident(), fallen)) == []


def test_a_risen_severity_pages_only_those_who_were_not_paged() -> None:
    both = {"type": "assign", "receiver": ["tem_payments", "tem_oncall"]}
    rest = {"type": "assign", "receiver": ["tem_oncall"]}
    chosen = policy(
        routes=routed(
            {"match": {"incident.severity": "critical"}, "actions": [both]},
            {"match": {"always": True}, "actions": [rest]},
        )
    )
    (page,) = made(judged(incident(), paged(chosen, severity="low"), chosen))
    assert [receiver.name for receiver in page.draft.receivers] == ["tem_payments"]
