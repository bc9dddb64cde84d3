"""What a page says that was asked for in few words: what was asked stands, what was left open is filled in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bridge.core.policy import Policy
from bridge.model import Create, Draft, Event, Link, Ref, Says, Status
from tests.core.stories import judged, paged, policy
from tests.core.stories import routes as routed

PAGE = Ref("page", "signal", "pag")
ASSIGN = {"type": "assign", "receiver": ["tem_route"]}


def page(**said: Any) -> Event:
    return Event(PAGE, Says.STATE, "page", Status.OPEN, draft=said, actor="Ada")


def by(*actions: dict[str, Any], **match: Any) -> Policy:
    return policy(routes=routed({"match": match or {"always": True}, "actions": [ASSIGN, *actions]}))


def drafted(event: Event, link: Link | None = None, policy_: Policy | None = None) -> Draft:
    (create,) = judged(event, link, policy_).commands
    assert isinstance(create, Create)
    return create.draft


def test_a_page_by_name_takes_the_words_of_the_incident_that_it_joins() -> None:
    link = paged()
    told = replace(link, trouble=replace(link.trouble, title="", number="", description="Nobody can pay"))
    draft = drafted(page(receivers=["tem_db"]), told)
    assert (draft.title, draft.description) == ("Rootly", "Nobody can pay")


def test_receivers_and_tags_may_come_as_lists() -> None:
    draft = drafted(page(title="Look", receivers=["tem_db", "tem_web"], tags=["a", "b"]))
    assert [receiver.name for receiver in draft.receivers] == ["tem_db", "tem_web"]
    assert draft.tags == ("a", "b")


def test_the_words_that_a_route_gives_are_those_of_the_link() -> None:
    chosen = by({"type": "setval", "map": {"title": "By a route", "description": "as it says", "urgency": "low"}})
    link = judged(page(), None, chosen).link
    assert link is not None
    assert (link.trouble.title, link.trouble.description, link.trouble.urgency) == ("By a route", "as it says", "low")


def test_what_was_asked_stands_against_a_route() -> None:
    chosen = by({"type": "setval", "map": {"title": "By a route", "description": "as it says"}})
    draft = drafted(page(title="Look", description="at it"), None, chosen)
    assert (draft.title, draft.description) == ("Look", "at it")


def test_whether_it_is_an_incident_is_what_was_asked_or_else_the_routes() -> None:
    chosen = by({"type": "incident", "severity": "SEV-2"})
    assert drafted(page(title="Look"), None, chosen).incident
    assert not drafted(page(title="Look", incident=False), None, chosen).incident


def test_routes_may_match_each_word_that_was_asked() -> None:
    for word, value in {"title": "Look", "description": "at it", "urgency": "low", "severity": "SEV-3"}.items():
        chosen = by(**{f"alert.{word}": value})
        matched = judged(page(**{word: value}), None, chosen)
        other = judged(page(), None, chosen)
        assert (matched.alarms, len(other.alarms)) == ((), 1)
