"""What we ask of Rootly and what its answers mean. Every body is held against Rootly's own OpenAPI document."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from bridge.core.marks import text_code
from bridge.errors import Unlistable, Unreadable
from bridge.model import (
    Advance,
    Create,
    Done,
    Draft,
    GiveUp,
    Link,
    Member,
    NoAnswer,
    Note,
    Phase,
    Recheck,
    Ref,
    Refused,
    Request,
    Response,
    Retry,
    Status,
    Trouble,
    Unknown,
    Update,
)
from bridge.systems.contract import Directory, Known, Listing
from bridge.systems.rootly import target
from tests.systems.rootly import ALERT, INCIDENT, answer, sample, settings

API = "https://api.rootly.com/v1"
SETTINGS = settings()
MARK = "pagertree:alt_9f2Kx"
ALERT_MEMBER = Member("rootly", "alert", MARK, id=ALERT, mark=MARK)
INCIDENT_MEMBER = Member("rootly", "incident", INCIDENT, id=INCIDENT)
LINK = Link(
    "l1", "alert", Ref("pagertree", "alert", "alt_9f2Kx"), Trouble(), (ALERT_MEMBER,), datetime(2026, 3, 2, tzinfo=UTC)
)
URGENCIES = Directory((Known("team", "t1", ("High",)), Known("urgency", "u-high", ("u-high", "High"))))

DRAFT = Draft(
    "Disk of db-2 is 91 % full",
    description="It grows",
    urgency="high",
    labels={"pagertree_status": "open"},
    url="https://app.pagertree.com/alerts/alt_9f2Kx",
    external_id="alt_9f2Kx",
)
CREATE = Create("rootly", MARK, DRAFT)
UPDATE = Update("rootly", MARK, {"title": "New", "description": None, "labels": {"a": "b"}, "urgency": "High"})
ACKNOWLEDGE = Advance("rootly", MARK, Status.ACKNOWLEDGED)
RESOLVE = Advance("rootly", MARK, Status.RESOLVED, "Resolved by Ada")
NOTE = Note("rootly", MARK, "Handed off to Ada", "key")
RECHECK = Recheck("rootly", MARK)
EVERY = (CREATE, UPDATE, ACKNOWLEDGE, RESOLVE, NOTE, RECHECK)


def ask(command: Any, member: Member = ALERT_MEMBER, known: Directory = URGENCIES, **more: Any) -> Request:
    return target.request(settings(**more), command, member, LINK, "call-1", known)


def attributes(request: Request) -> dict[str, Any]:
    return request.body["data"]["attributes"]


def outcome(command: Any, given: Any, **more: Any) -> Any:
    return target.outcome(settings(**more), command, given)


def refused(status: int, *titles: str, **headers: str) -> Response:
    return answer({"errors": [{"title": title, "status": str(status)} for title in titles]}, status, **headers)


# -- the document


@cache
def document() -> Any:
    return json.loads((Path(__file__).parent.parent / "rootly-openapi.json").read_text())


@cache
def registry() -> Any:
    return Registry().with_resource("urn:rootly", Resource.from_contents(document(), DRAFT202012))


def operation(request: Request) -> Any:
    """The operation of the document that a request calls, by the shape of its path."""
    parts = request.url.removeprefix("https://api.rootly.com").split("/")
    for path, methods in document()["paths"].items():
        pattern = path.split("/")
        fits = len(pattern) == len(parts) and all(p == q or p[:1] == "{" for p, q in zip(pattern, parts, strict=True))
        exact = path == "/".join(parts) or "{" in path
        if fits and exact and request.method.lower() in methods:
            return methods[request.method.lower()] | {"shared": methods.get("parameters", [])}
    raise AssertionError(f"the document has no {request.method} {request.url}")


def faults(request: Request) -> list[str]:
    """What the document has against a request: unknown parameters, a body that its schema refuses."""
    known = operation(request)
    names = {parameter["name"] for parameter in known.get("parameters", [])}
    wrong = [f"parameter {name}" for name in request.params if name not in names]
    if request.body is None:
        return wrong
    schema = known["requestBody"]["content"]["application/vnd.api+json"]["schema"]
    pointed = {"$ref": "urn:rootly" + schema["$ref"]}
    return wrong + [e.message for e in Draft202012Validator(pointed, registry=registry()).iter_errors(request.body)]


CALLS = {
    "create": ask(CREATE),
    "create, bare": ask(Create("rootly", MARK, Draft("Title")), known=Directory()),
    "create for a team": ask(CREATE, alerts={"status": None, "notification_target": {"type": "Group", "id": "g1"}}),
    "update": ask(replace(UPDATE, fields={"title": "New", "labels": {"a": "b"}, "urgency": "High"})),
    "acknowledge": ask(ACKNOWLEDGE),
    "resolve": ask(RESOLVE),
    "resolve with its incidents": ask(replace(RESOLVE, message="", cascade=True)),
    "resolve an incident": ask(RESOLVE, INCIDENT_MEMBER),
    "resolve an incident silently": ask(replace(RESOLVE, message=""), INCIDENT_MEMBER),
    "note": ask(NOTE),
    "note on an incident": ask(NOTE, INCIDENT_MEMBER),
    "look up a note": target.look_up(SETTINGS, NOTE, ALERT_MEMBER),
    "look up a note on an incident": target.look_up(SETTINGS, NOTE, INCIDENT_MEMBER),
    "probe": target.probe(SETTINGS),
    **{
        f"reread {kind}": target.reread(SETTINGS, Ref("rootly", kind, "x"))
        for kind in ("alert", "incident", "timeline", "comment")
    },
    **{listing.name: listing.first for listing in (*target.listings(SETTINGS), *target.directories(SETTINGS))},
}


@pytest.mark.parametrize("name", CALLS)
def test_every_call_is_one_that_rootlys_document_knows(name):
    assert faults(CALLS[name]) == []


@pytest.mark.parametrize("name", CALLS)
def test_every_call_says_json_api_and_carries_the_key_out_of_sight(name):
    headers = CALLS[name].headers
    assert headers["Content-Type"] == headers["Accept"] == "application/vnd.api+json"
    assert headers["Authorization"] == "Bearer rootly_test"
    assert "rootly_test" not in repr(CALLS[name])


@pytest.mark.parametrize("name", CALLS)
def test_every_call_is_paid_from_the_right_budget(name):
    request = CALLS[name]
    wanted = (
        "rootly.read" if request.method == "GET" else "rootly.alerts" if name.startswith("create") else "rootly.write"
    )
    assert request.budget == wanted


def test_the_document_would_refuse_a_wrong_call():
    wrong = replace(
        CALLS["create"], body={"data": {"type": "alerts", "attributes": {"tilte": "x", "status": "resolved"}}}
    )
    assert len(faults(wrong)) >= 2
    assert faults(replace(CALLS["probe"], params={"filter[x]": "1"}))


# -- what we ask


def test_an_alert_of_ours_carries_its_mark_and_the_pagertree_id():
    assert attributes(ask(CREATE)) == {
        "summary": "Disk of db-2 is 91 % full",
        "description": "It grows",
        "status": "triggered",
        "external_id": "alt_9f2Kx",
        "external_url": "https://app.pagertree.com/alerts/alt_9f2Kx",
        "deduplication_key": MARK,
        "labels": [{"key": "pagertree_status", "value": "open"}],
        "alert_urgency_id": "u-high",
    }


def test_who_is_paged_and_how_an_alert_begins_are_settings():
    made = attributes(ask(CREATE, alerts={"status": None, "notification_target": {"type": "Service", "id": "s1"}}))
    assert "status" not in made
    assert (made["notification_target_type"], made["notification_target_id"]) == ("Service", "s1")


def test_an_urgency_that_rootly_does_not_list_is_left_out():
    assert "alert_urgency_id" not in attributes(ask(CREATE, known=Directory()))


def test_an_update_names_only_what_changes():
    request = ask(UPDATE)
    assert (request.method, request.url) == ("PATCH", f"{API}/alerts/{ALERT}")
    assert attributes(request) == {
        "summary": "New",
        "description": None,
        "labels": [{"key": "a", "value": "b"}],
        "alert_urgency_id": "u-high",
    }
    assert attributes(ask(replace(UPDATE, fields={"title": "T"}))) == {"summary": "T"}


def test_steps_of_an_alert_are_posts_and_incidents_stay_unless_asked():
    assert ask(ACKNOWLEDGE).url == f"{API}/alerts/{ALERT}/acknowledge"
    resolve = ask(RESOLVE)
    assert (resolve.method, resolve.url) == ("POST", f"{API}/alerts/{ALERT}/resolve")
    assert attributes(resolve) == {"resolution_message": "Resolved by Ada", "resolve_related_incidents": False}
    assert attributes(ask(replace(RESOLVE, cascade=True)))["resolve_related_incidents"] is True


def test_an_incident_is_resolved_by_a_put():
    request = ask(RESOLVE, INCIDENT_MEMBER)
    assert (request.method, request.url) == ("PUT", f"{API}/incidents/{INCIDENT}/resolve")
    assert attributes(request) == {"resolution_message": "Resolved by Ada"}


def test_a_note_ends_with_the_mark_of_its_call():
    assert attributes(ask(NOTE)) == {"kind": "note", "details": f"Handed off to Ada [bridge:{text_code('call-1')}]"}
    assert ask(NOTE).url == f"{API}/alerts/{ALERT}/events"


def test_a_note_on_an_incident_is_always_internal():
    request = ask(NOTE, INCIDENT_MEMBER)
    assert request.url == f"{API}/incidents/{INCIDENT}/events"
    assert attributes(request)["visibility"] == "internal"
    assert text_code("call-1") in attributes(request)["event"]


@pytest.mark.parametrize("command", [UPDATE, ACKNOWLEDGE])
def test_what_is_not_ours_to_change_on_an_incident_is_only_looked_at(command):
    request = ask(command, INCIDENT_MEMBER)
    assert (request.method, request.url) == ("GET", f"{API}/incidents/{INCIDENT}")


def test_an_id_cannot_lead_to_another_door():
    request = target.reread(SETTINGS, Ref("rootly", "alert", "../users/me?x=1#"))
    assert request.url == f"{API}/alerts/..%2Fusers%2Fme%3Fx%3D1%23"


def test_the_address_is_a_setting():
    local = target.probe(settings(api_url="http://127.0.0.1:9/base/"))
    assert local.url == "http://127.0.0.1:9/base/v1/users/me"


# -- what came of it


def test_a_created_alert_is_known_by_the_id_in_the_answer():
    done = outcome(CREATE, answer(sample("rest_alert"), 201))
    assert isinstance(done, Done)
    assert done.ref == Ref("rootly", "alert", ALERT)
    assert (done.event.mark, done.event.status, done.event.fresh) == (MARK, Status.ACKNOWLEDGED, True)
    assert "opensesame" not in repr(done)


def test_a_written_note_is_known_by_its_id_and_mark():
    words = attributes(ask(NOTE))["details"]
    body = {"data": {"id": "n1", "type": "alert_events", "attributes": {"kind": "note", "details": words}}}
    done = outcome(NOTE, answer(body, 201))
    assert (done.ref, done.event.mark) == (Ref("rootly", "comment", "n1"), text_code("call-1"))


def test_a_step_shows_where_the_alert_stands_now():
    done = outcome(ACKNOWLEDGE, answer(sample("rest_alert")))
    assert (done.event.ref.id, done.event.status) == (ALERT, Status.ACKNOWLEDGED)
    assert done.event.also == (Ref("pagertree", "alert", "alt_9f2Kx"),)


@pytest.mark.parametrize("garbage", [b"", b"ok", b"{}", b'{"data": {"type": "alerts", "id": null, "attributes": {}}}'])
def test_a_green_answer_without_an_id_proves_no_create_and_no_step(garbage):
    for command in (CREATE, NOTE):
        assert isinstance(outcome(command, answer(garbage, 201)), Unknown)
    for command in (ACKNOWLEDGE, RESOLVE):
        assert isinstance(outcome(command, answer(garbage)), Refused)  # the alert itself is read again
    for command in (UPDATE, RECHECK):
        assert outcome(command, answer(garbage)) == Done()


@pytest.mark.parametrize("command", EVERY)
def test_what_never_left_is_tried_again(command):
    assert outcome(command, NoAnswer(False, "no connection")) == Retry("no connection")


@pytest.mark.parametrize(
    "lost", [NoAnswer(True, "no whole answer"), answer(b"", 500), answer(b"", 503), answer(b"", 408), answer(b"", 425)]
)
def test_a_lost_answer_leaves_creates_and_notes_in_doubt(lost):
    for command in (CREATE, NOTE):
        assert isinstance(outcome(command, lost), Unknown)
    for command in (UPDATE, ACKNOWLEDGE, RESOLVE, RECHECK):
        assert isinstance(outcome(command, lost), Retry)


@pytest.mark.parametrize("command", EVERY)
def test_a_refused_key_holds_everything(command):
    held = outcome(command, refused(401, "Invalid token"))
    assert isinstance(held, Retry)
    assert held.auth
    assert "Invalid token" in held.reason
    assert "rootly.api_key" in held.reason


@pytest.mark.parametrize("command", EVERY)
def test_a_forbidden_call_is_given_up(command):
    given_up = outcome(command, refused(403, "Forbidden"))
    assert isinstance(given_up, GiveUp)
    assert given_up.forbidden


@pytest.mark.parametrize("command", EVERY)
@pytest.mark.parametrize("status", [301, 307, 415])
def test_what_a_person_has_to_mend_is_given_up(command, status):
    given_up = outcome(command, answer(b"", status, location="https://elsewhere.example.com"))
    assert isinstance(given_up, GiveUp)
    assert not given_up.forbidden
    assert str(status) in given_up.reason


@pytest.mark.parametrize("command", EVERY)
def test_the_rate_limit_is_obeyed_and_no_sign_of_illness(command):
    limited = outcome(command, answer({"error": "Rate limit exceeded. Try again later."}, 429, retry_after="17"))
    assert (limited.after, limited.limited, limited.ailing) == (17.0, True, False)
    assert "Try again later" in limited.reason


def test_without_retry_after_the_reset_counts_by_rootlys_own_clock():
    reset = str(int(datetime(2026, 3, 2, 12, 0, 40, tzinfo=UTC).timestamp()))
    limits = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": reset, "date": "Mon, 02 Mar 2026 12:00:00 GMT"}
    assert outcome(CREATE, answer({}, 429, **limits)).after == 40
    assert outcome(CREATE, answer({}, 429)).after is None


@pytest.mark.parametrize("command", [UPDATE, ACKNOWLEDGE, RESOLVE, NOTE])
def test_what_is_not_there_is_refused_as_missing(command):
    missing = outcome(command, refused(404, "Not found or unauthorized"))
    assert missing == Refused("Rootly answered 404 Not found or unauthorized", missing=True)


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_step_refused_in_this_state_is_to_be_judged_again(status):
    said = outcome(ACKNOWLEDGE, refused(status, "Cannot acknowledge an alert with status open."))
    assert said == Refused(f"Rootly answered {status} Cannot acknowledge an alert with status open.")


@pytest.mark.parametrize("command", [CREATE, UPDATE, NOTE])
def test_a_faulty_request_is_given_up_in_rootlys_words(command):
    given_up = outcome(command, refused(422, "Summary can't be blank", "Details can't be blank"))
    assert given_up == GiveUp("Rootly answered 422 Summary can't be blank; Details can't be blank")


def test_a_create_that_finds_nobody_home_is_given_up():
    assert isinstance(outcome(CREATE, refused(404, "Not found or unauthorized")), GiveUp)


def test_a_long_refusal_is_cut_and_cleaned():
    reason = outcome(NOTE, refused(422, "line\nbreak " + "x" * 5_000)).reason
    assert len(reason) < 350
    assert "\n" not in reason


@pytest.mark.parametrize(
    "error",
    [
        {"title": "Status is not included in the list", "status": "422"},
        {"title": "is not allowed", "status": "422", "source": {"pointer": "/data/attributes/status"}},
    ],
)
def test_a_status_that_rootly_does_not_take_is_left_out_and_nothing_else(error):
    said = outcome(CREATE, answer({"errors": [error]}, 422))
    request = ask(CREATE)
    milder = target.milder(request, said)
    assert said.reason.startswith("status not accepted")
    assert attributes(milder) == {k: v for k, v in attributes(request).items() if k != "status"}
    assert (milder.budget, milder.headers, faults(milder)) == (request.budget, request.headers, [])


def test_a_refused_status_that_was_never_sent_is_given_up():
    said = outcome(CREATE, refused(422, "Status is not included in the list"), alerts={"status": None})
    assert isinstance(said, GiveUp)


def test_no_other_refusal_has_a_milder_form():
    assert target.milder(ask(CREATE), Refused("Rootly answered 404", missing=True)) is None


# -- after a lost answer


@pytest.mark.parametrize("command", [CREATE, RECHECK])
def test_an_alert_is_looked_for_among_those_made_since_by_its_key(command):
    since = datetime(2026, 3, 2, 9, tzinfo=UTC)
    request = target.look_up(SETTINGS, command, ALERT_MEMBER, since)
    assert (request.method, request.url) == ("GET", f"{API}/alerts")
    assert request.params == {"filter[created_at][gte]": "2026-03-02T08:00:00.000Z", "page[size]": "100"}


def test_an_alert_is_found_by_its_key_alone():
    ours, other = (
        {"id": name, "type": "alerts", "attributes": {"summary": "x", "status": "resolved", "deduplication_key": key}}
        for name, key in (("al-1", CREATE.of), ("al-2", "another"))
    )
    (event,) = target.found(SETTINGS, CREATE, "call-1", answer({"data": [other, ours], "meta": {}}))
    assert (event.ref.id, event.status) == ("al-1", Status.RESOLVED)


@pytest.mark.parametrize("command", [UPDATE, ACKNOWLEDGE, RESOLVE])
def test_what_may_be_repeated_has_not_to_be_looked_up(command):
    assert target.look_up(SETTINGS, command, ALERT_MEMBER) is None
    assert target.found(SETTINGS, command, "call-1", answer(sample("alert_events"))) == ()


def test_notes_of_one_alert_are_looked_up_newest_first():
    request = target.look_up(SETTINGS, NOTE, ALERT_MEMBER)
    assert request.url == f"{API}/alert_events"
    assert (request.params["filter[alert_id]"], request.params["sort"]) == (ALERT, "-created_at")


def test_our_note_is_found_by_the_mark_of_its_call():
    listed = sample("alert_events")
    listed["data"][2]["attributes"]["details"] = attributes(ask(NOTE))["details"]
    found = target.found(SETTINGS, NOTE, "call-1", answer(listed))
    assert [event.ref.id for event in found] == ["ev-3"]
    assert target.found(SETTINGS, NOTE, "call-2", answer(listed)) == ()


def test_our_entry_on_an_incident_is_found_newest_first():
    words = attributes(ask(NOTE, INCIDENT_MEMBER))["event"]
    rows = [
        {
            "id": f"t{n}",
            "type": "incident_events",
            "attributes": {"event": f"<p>{words}</p>", "occurred_at": f"2026-03-02T0{n}:00:00Z"},
        }
        for n in (1, 3, 2)
    ]
    found = target.found(SETTINGS, NOTE, "call-1", answer({"data": rows, "meta": {}}))
    assert [event.ref for event in found] == [Ref("rootly", "timeline", f"t{n}") for n in (3, 2, 1)]


def test_a_look_up_that_shows_no_list_is_not_an_empty_one():
    with pytest.raises(Unlistable):
        target.found(SETTINGS, NOTE, "call-1", answer(b"<html>"))


# -- reading again


def test_an_object_read_again_is_shown_as_it_is_now():
    event = target.seen(Ref("rootly", "incident", INCIDENT), answer(sample("rest_incident")))
    assert (event.status, event.phase, event.fresh) == (Status.OPEN, Phase.MITIGATED, True)


def test_what_is_not_there_is_not_seen_and_an_odd_answer_is_no_absence():
    assert target.seen(Ref("rootly", "alert", ALERT), answer({}, 404)) is None
    for odd in (answer(b"", 500), answer(b"<html>"), answer({"data": None})):
        with pytest.raises(Unreadable):
            target.seen(Ref("rootly", "alert", ALERT), odd)


def test_of_a_re_read_only_what_names_the_object_is_kept():
    kept = target.picked(Ref("rootly", "alert", ALERT), answer(sample("rest_alert")))
    assert (kept["type"], kept["id"], kept["status"]) == ("alerts", ALERT, "acknowledged")
    assert "opensesame" not in repr(kept)
    assert target.picked(Ref("rootly", "incident", "x"), answer({}, 404)) == {
        "type": "incidents",
        "id": "x",
        "gone": True,
    }
    assert target.picked(Ref("rootly", "incident", "x"), answer(b"", 500)) is None


# -- lists


def first(kind: str) -> Listing:
    return next(listing for listing in target.listings(SETTINGS) if listing.kind == kind)


def listed(name: str, **meta: Any) -> dict[str, Any]:
    return {"data": [sample(name)["data"]], "links": {}, "meta": meta}


def test_every_live_status_has_a_list_of_its_own():
    wanted = [(listing.kind, listing.first.params["filter[status]"]) for listing in target.listings(SETTINGS)]
    assert [word for kind, word in wanted if kind == "alert"] == ["open", "triggered", "acknowledged", "deferred"]
    assert [word for kind, word in wanted if kind == "incident"] == [
        "in_triage",
        "started",
        "detected",
        "acknowledged",
        "mitigated",
    ]


@pytest.mark.parametrize(("kind", "name"), [("alert", "rest_alert"), ("incident", "rest_incident")])
def test_a_page_of_a_list_shows_each_object_and_what_to_keep_of_it(kind, name):
    page = target.read_page(first(kind), answer(listed(name, total_count=1)))
    assert [(event.ref.kind, event.fresh, event.word) for event in page.events] == [(kind, True, "seen by resync")]
    assert (page.after, page.total, page.raw[0]["id"]) == (None, 1, page.events[0].ref.id)
    for secret in ("opensesame", "swordfish", "kim@example.com"):
        assert secret not in repr(page)


@pytest.mark.parametrize(
    ("meta", "links", "more"),
    [
        ({"next_cursor": "abc", "next_page": 2, "current_page": 1}, {}, {"page[after]": "abc"}),
        ({"next_cursor": None, "next_page": 2, "current_page": 1}, {}, {"page[number]": "2"}),
        ({"next_cursor": "abc", "next_page": 3, "current_page": 2}, {}, {"page[number]": "3"}),
        ({"next_cursor": "abc", "next_page": None, "current_page": 2}, {}, None),
        ({"next_cursor": None, "next_page": None}, {"next": "https://x/?page%5Bnumber%5D=2"}, None),
        ({}, {"next": "https://elsewhere.example.com/?page%5Bafter%5D=abc&api_key=1"}, {"page[after]": "abc"}),
        ({}, {"next": None}, None),
    ],
)
def test_the_next_page_is_asked_for_at_our_own_address(meta, links, more):
    body = {**listed("rest_alert", **meta), "links": links}
    listing = first("alert")
    after = target.read_page(listing, answer(body)).after
    assert after == (None if more is None else replace(listing.first, params={**listing.first.params, **more}))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"data": []}',
        b'{"meta": {}}',
        b'{"data": {}, "meta": {}}',
        b'{"data": [], "meta": []}',
        b'{"data": [null], "meta": {}}',
        b'{"data": [{"id": "x", "type": "alerts"}], "meta": {}}',
        b'{"data": [{"type": "alerts", "attributes": {}}], "meta": {}}',
        b'{"data": [{"id": "x", "type": "bees", "attributes": {}}], "meta": {}}',
        b'{"data": [{"id": "x", "type": "incidents", "attributes": {}}], "meta": {}}',
    ],
)
def test_what_is_no_whole_list_is_refused(body):
    with pytest.raises(Unlistable):
        target.read_page(first("alert"), answer(body))


def test_an_error_is_no_list():
    with pytest.raises(Unlistable, match="500"):
        target.read_page(first("alert"), answer(listed("rest_alert"), 500))


def row(uuid: str, **attributes: Any) -> dict[str, Any]:
    return {"id": uuid, "type": "alert_urgencies", "attributes": attributes}


def directory(kind: str, *rows: dict[str, Any], **meta: Any) -> tuple[Directory, Request | None]:
    listing = next(one for one in target.directories(SETTINGS) if one.kind == kind)
    entries, after = target.read_directory(listing, answer({"data": list(rows), "meta": meta}))
    return Directory(entries), after


def test_an_urgency_is_found_by_name_by_id_and_by_rank():
    known, _ = directory(
        "urgency", row("u1", name="Wake somebody", urgency="high"), row("u2", name="Low", urgency="low")
    )
    assert [known.find(name, "urgency").id for name in ("wake somebody", "u1", "High", "low")] == [
        "u1",
        "u1",
        "u1",
        "u2",
    ]
    assert known.find("critical", "urgency") is None


def test_a_name_goes_before_a_rank():
    known, _ = directory("urgency", row("u1", name="Low", urgency="high"), row("u2", name="High", urgency="low"))
    assert (known.find("High", "urgency").id, known.find("low", "urgency").id) == ("u2", "u1")


def test_teams_and_severities_are_listed_with_their_slugs():
    assert [listing.kind for listing in target.directories(SETTINGS)] == ["urgency", "severity", "team"]
    known, after = directory("team", row("t1", name="Payments", slug="payments-1"), next_page=2, current_page=1)
    assert known.find("payments-1", "team").id == "t1"
    assert after.params["page[number]"] == "2"
    with pytest.raises(Unlistable):
        directory("team", {"id": "t1"})


def test_an_alert_is_always_addressable_and_repeats_make_no_second_one():
    assert target.addressable(Ref("rootly", "alert", ALERT))
    assert target.KEEPS_MARKS
