"""Our own requests as a source: what was checked comes back from the store as it was said, and nobody knocks as one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.mapping import AUTO, SEVERITIES, URGENCIES
from bridge.errors import Unreadable, Unverified
from bridge.model import Event, Hook, Ref, Response, Status
from bridge.systems import page
from bridge.systems.pagertree.oncall import read_oncall

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TEXTS = st.text(max_size=20)
SOMEBODY = st.one_of(TEXTS, st.none(), st.lists(st.one_of(TEXTS, st.fixed_dictionaries({"id": st.just("tem_a")}))))
PAGES = st.fixed_dictionaries(
    {"title": TEXTS.filter(str.strip)},
    optional={
        "description": st.none() | TEXTS,
        "urgency": st.sampled_from(["", AUTO, *URGENCIES]),
        "severity": st.sampled_from(["", AUTO, *SEVERITIES]),
        "teams": SOMEBODY,
        "users": SOMEBODY,
        "incident": st.none() | st.booleans(),
        "message": TEXTS,
        "tags": st.lists(TEXTS),
    },
)


def kept(action: str, fields: dict[str, Any], **about: object) -> Event:
    """The event of a request, by way of its stored bytes."""
    body = page.request_body(action, page.asked(action, fields), "workflow", **about)
    (event,) = page.read(None, Hook(body))
    return event


@given(PAGES)
def test_what_was_asked_comes_back_from_the_store_as_it_was_said(fields: dict[str, Any]):
    event = kept("page", fields, page="pag")
    wanted = page.asked("page", fields)
    assert (event.ref, event.status, event.actor) == (Ref("page", "signal", "pag"), Status.OPEN, "workflow")
    assert event.draft == wanted.draft()


def test_a_page_is_about_its_incident_and_a_move_about_its_link():
    incident = "0f3b1c5e-7c9c-4e7a-9c57-3a5d9e4f1a2b"
    assert kept("page", {"incident_id": incident}, page="p").also == (Ref("rootly", "incident", incident),)
    origin = {"system": "pagertree", "kind": "alert", "id": "alt_1"}
    event = kept("resolve", {"by": "Ada", "note": "done"}, link="lnk", origin=origin)
    assert (event.ref, event.also) == (Ref("page", "link", "lnk"), (Ref("pagertree", "alert", "alt_1"),))
    assert (event.actor, event.text.body) == ("Ada", "done")
    assert kept("acknowledge", {}, link="lnk", origin=origin).actor == "workflow"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"action": "sing"}', b'{"action": "page", "page": "p", "title": 5}'])
def test_a_body_that_is_none_of_ours_is_unreadable(body: bytes):
    with pytest.raises(Unreadable):
        page.read(None, Hook(body))


def test_no_value_stands_in_what_is_said_to_be_wrong():
    for fields in ({"title": {"x": "hunter2"}}, {"title": "x", "urgency": "hunter2"}, {"incident_id": "hunter2"}):
        with pytest.raises(Unreadable) as fault:
            page.asked("page", fields)
        assert "hunter2" not in str(fault.value)


def test_nobody_knocks_as_a_page_and_there_is_no_feed():
    with pytest.raises(Unverified):
        page.verify(None, Hook(b"{}"), NOW)
    assert page.feed(None, NOW - timedelta(days=1), None) is None
    with pytest.raises(Unreadable):
        page.record({"id": "1"})


# -- who is on call ----------------------------------------------------------------------------------------------------


def oncall(said: object) -> tuple[str, ...]:
    return read_oncall(Response(200, {}, json.dumps(said).encode()))


def test_people_on_call_are_read_in_either_spelling_each_once():
    layers = [
        {"layer": 1, "attendees": [{"attendee_id": "ada"}, {"attendee_id": "ben"}]},
        {"layer": 2, "event_attendees": [{"attendee_id": "ben"}, {"attendee_id": "cleo"}]},
    ]
    assert oncall(layers) == ("ada", "ben", "cleo")
    assert oncall([]) == ()


@pytest.mark.parametrize("said", [{"data": []}, None, ["ada"], 5])
def test_another_answer_does_not_say_that_nobody_is_on_call(said: object):
    with pytest.raises(Unreadable):
        oncall(said)
