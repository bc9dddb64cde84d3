"""What Rootly tells, read: who knocked, what the news is, and what has to be asked before it is believed."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from pydantic import ValidationError

from bridge.core.marks import sign_text, text_code
from bridge.errors import Unlistable, Unreadable, Unverified
from bridge.model import Event, Hook, Phase, Ref, Says, Status
from bridge.systems.rootly import source
from tests.systems.rootly import ALERT, INCIDENT, answer, changed, hook, sample, settings

SETTINGS = settings()
SIGNATURES = sample("signatures")
FIRST = SIGNATURES[0]
NEVER = [
    "incident_post_mortem.published",
    "incident_status_page_event.created",
    "incident.scheduled.created",
    "pulse.created",
    "shift.started",
    "genius_workflow_run.failed",
    "audit_log.created",
]


def read(body: object, **more: object) -> Event:
    (event,) = source.read(SETTINGS, hook(body, **more))
    return event


def knock(vector: dict, header: str | None = None, late: float = 0, secrets: tuple[str, ...] = ()):
    signed = Hook(vector["body"].encode(), {"x-rootly-signature": vector["header"] if header is None else header})
    known = settings(webhook={"secrets": [*secrets, vector["secret"]]})
    return source.verify(known, signed, datetime.fromtimestamp(vector["time"] + late, UTC))


def refusal(header: str) -> str:
    with pytest.raises(Unverified) as refused:
        knock(FIRST, header)
    return refused.value.reason


# -- who knocked


@pytest.mark.parametrize("vector", SIGNATURES, ids=lambda v: v["name"])
def test_a_webhook_signed_over_time_and_body_is_rootlys(vector):
    assert knock(vector).stale is False


@pytest.mark.parametrize("vector", SIGNATURES, ids=lambda v: v["name"])
@pytest.mark.parametrize("form", ["with a dot", "body alone"])
def test_other_forms_of_signature_do_not_pass(vector, form):
    with pytest.raises(Unverified) as refused:
        knock(vector, vector["refused"][form])
    assert refused.value.reason == "mismatch"


def test_one_changed_byte_is_found_out():
    with pytest.raises(Unverified):
        knock({**FIRST, "body": FIRST["body"] + " "})


def test_parts_are_known_by_key_and_unknown_ones_do_no_harm():
    time, digest = FIRST["header"].split(",")
    assert knock(FIRST, f" v0=abc , {digest},\r\n v1=0000, nonsense, {time} ").credential == "secret 1"


def test_any_of_our_secrets_will_do_while_they_rotate():
    assert knock(FIRST, secrets=("old", "older")).credential == "secret 3"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "missing"),
        ("  ", "missing"),
        ("v1=abc", "malformed"),
        ("t=1", "malformed"),
        ("t=soon,v1=abc", "malformed"),
        ("t=-5,v1=abc", "malformed"),
        ("t=١٢٣,v1=abc", "malformed"),
        (f"t={'9' * 40},v1=abc", "malformed"),
        (f"{FIRST['header']},{FIRST['header']}", "malformed"),
        (f"t={FIRST['time']},v1=é\ud800", "mismatch"),
        (f"t={FIRST['time']},v1=", "mismatch"),
        (FIRST["header"].replace("t=", "t=0"), "mismatch"),
    ],
)
def test_a_header_that_proves_nothing_is_refused_with_its_reason(header, reason):
    assert refusal(header) == reason


def test_a_webhook_without_the_header_is_refused():
    with pytest.raises(Unverified) as refused:
        source.verify(SETTINGS, Hook(b"{}"), datetime.now(UTC))
    assert refused.value.reason == "missing"


@pytest.mark.parametrize(("late", "stale"), [(-300, False), (300, False), (301, True), (86_400, True)])
def test_an_old_webhook_is_authentic_but_stale(late, stale):
    assert knock(FIRST, late=late).stale is stale


def test_a_webhook_from_the_future_is_refused():
    with pytest.raises(Unverified) as refused:
        knock(FIRST, late=-301)
    assert refused.value.reason == "future"


def test_a_forged_webhook_does_not_learn_that_its_time_is_off():
    with pytest.raises(Unverified) as refused:
        knock(FIRST, FIRST["refused"]["with a dot"], late=-9_999)
    assert refused.value.reason == "mismatch"


# -- the settings


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"webhook": {"secrets": []}}, "secrets"),
        ({"webhook": {"secrets": [" "]}}, "secrets"),
        ({"webhook": {"secrets": ["a"], "tolerance": "29s"}}, "tolerance"),
        ({"alerts": {"status": "resolved"}}, "status"),
        ({"alerts": {"urgency": {"critical": "High"}}}, "add `default`"),
        ({"alerts": {"notification_target": {"type": "Team", "id": "x"}}}, "notification_target"),
        ({"api_url": "http://rootly.example.com"}, "api_url"),
        ({"alerts_per_minute": 0}, "alerts_per_minute"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_wrong_setting_is_named(wrong, key):
    with pytest.raises(ValidationError, match=key):
        settings(**wrong)


def test_settings_left_out_are_the_documented_ones():
    known = settings()
    assert (known.api_url, known.requests_per_minute, known.alerts_per_minute) == ("https://api.rootly.com", 3000, 50)
    assert (known.alerts.status, known.webhook.tolerance) == ("triggered", timedelta(minutes=5))
    assert known.alerts.urgency["default"] == "High"
    assert "rootly_test" not in repr(known)


# -- which delivery, and whether it crosses


def test_deliveries_are_told_apart_by_rootlys_event_id():
    assert source.delivery_key(hook(sample("alert_created"))) == "5a0c1f0e-6f0b-4b5e-9d0a-0d8f5d1b7a01"


def test_ids_too_long_to_be_kept_are_told_apart_to_their_end():
    keys = [source.delivery_key(hook({"event": {"id": "x" * 300 + end}})) for end in ("a", "b")]
    assert keys[0] != keys[1]
    assert all(len(key) <= 200 for key in keys)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"event": 5}', b'{"event": {"id": " "}}', b"\xff", b"[" * 100_000]
)
def test_a_body_without_an_event_id_is_known_by_its_hash(body):
    assert source.delivery_key(Hook(body)).startswith("body:")


@pytest.mark.parametrize("name", ["alert_created", "incident_created", "incident_event_created"])
def test_what_can_cross_is_accepted(name):
    assert source.glance(hook(sample(name))) == "accepted"


@pytest.mark.parametrize("word", [*NEVER, "something.new", "alone"])
def test_what_never_crosses_is_ignored_and_says_nothing(word):
    body = changed("pulse_created", word)
    assert source.glance(hook(body)) == "ignored"
    assert (read(body).says, read(body).word) == (Says.NOTHING, word)
    assert source.question(SETTINGS, read(body, stale=True)) is None


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[1]", b'{"data": {}}', b'{"event": {"type": 5.5e999}}', b"\xff\xfe"]
)
def test_what_nobody_can_read_is_put_aside(body):
    assert source.glance(Hook(body)) == "quarantined"
    with pytest.raises(Unreadable):
        source.read(SETTINGS, Hook(body))


# -- incidents


def test_a_new_incident_is_told_in_our_words():
    event = read(sample("incident_created"))
    trouble = event.trouble
    assert (event.ref, event.says, event.status) == (Ref("rootly", "incident", INCIDENT), Says.STATE, Status.OPEN)
    assert (trouble.title, trouble.number, trouble.severity) == ("Checkout answers slowly", "INC-12", None)
    assert trouble.began_at == datetime(2026, 3, 2, 17, 59, 55, 231_000, UTC)
    assert trouble.url.endswith("/12-checkout-answers-slowly")
    assert (event.actor, event.must_ask, event.fresh) == ("Robin Vale", False, False)


def test_routes_see_names_and_slugs_and_labels_of_an_incident():
    facts = read(sample("incident_created")).trouble.facts["incident"]
    assert facts["services"] == ["Checkout API", "checkout-api"]
    assert (facts["teams"], facts["environments"]) == (["Payments", "payments"], ["Production", "production"])
    assert (facts["labels"], facts["number"]) == ({"platform": "web", "tier": "1"}, "INC-12")


def test_meeting_passwords_stay_where_they_are():
    assert "swordfish" not in repr(read(sample("incident_created")))


def test_labels_of_an_incident_may_be_a_list():
    body = changed("incident_created", labels=[{"key": "tier", "value": 1}, {"value": "lost"}, "odd"])
    assert read(body).trouble.facts["incident"]["labels"] == {"tier": "1"}


@pytest.mark.parametrize(
    ("severity", "attribute", "name"),
    [
        (None, None, ""),
        ("critical", "critical", "critical"),
        ("sev1", None, "sev1"),
        ({"id": "1", "name": "critical", "slug": "critical", "color": "#f00"}, None, "critical"),
        ({"id": "1", "name": "SEV0", "slug": "sev0", "severity": "high"}, "high", "SEV0"),
        ({"data": {"id": "1", "attributes": {"name": "P3", "severity": "medium"}}}, "medium", "P3"),
        ({"severity": "immense"}, None, ""),
        (["critical"], None, ""),
    ],
)
def test_severity_is_the_attribute_and_never_the_name(severity, attribute, name):
    trouble = read(changed("incident_created", severity=severity)).trouble
    facts = trouble.facts["incident"]
    assert (trouble.severity, facts["severity"], facts["severity_name"]) == (attribute, attribute, name)


@pytest.mark.parametrize(
    ("data", "status", "phase"),
    [
        ({"status": "in_triage"}, Status.OPEN, Phase.TRIAGE),
        ({"status": "mitigated"}, Status.OPEN, Phase.MITIGATED),
        ({"status": "acknowledged"}, Status.OPEN, Phase.NONE),
        ({"status": "resolved"}, Status.RESOLVED, Phase.NONE),
        ({"status": "cancelled"}, Status.RESOLVED, Phase.NONE),
        ({"status": "closed"}, Status.RESOLVED, Phase.NONE),
        ({"status": "completed"}, Status.RESOLVED, Phase.NONE),
        ({"status": "started", "duplicate_incident_id": "other"}, Status.RESOLVED, Phase.NONE),
        ({"status": "started", "resolved_at": "2026-03-02T10:00:00Z"}, Status.OPEN, Phase.NONE),
        ({"status": "invented_later"}, Status.OPEN, Phase.NONE),
        ({"status": None, "resolved_at": "2026-03-02T10:00:00Z"}, Status.RESOLVED, Phase.NONE),
    ],
)
def test_an_incident_is_open_or_over(data, status, phase):
    event = read(changed("incident_created", "incident.updated", **data))
    assert (event.status, event.phase) == (status, phase)
    assert event.must_ask is (status is Status.RESOLVED)


def test_a_planned_window_is_no_trouble_yet():
    event = read(changed("incident_created", "incident.updated", kind="scheduled", status="scheduled"))
    assert event.says is Says.NOTHING


def test_an_end_is_asked_about_even_if_the_body_does_not_show_it():
    assert read(changed("incident_created", "incident.resolved")).must_ask


def test_a_deleted_incident_is_over_and_gone_without_asking():
    event = read(changed("incident_created", "incident.deleted"))
    assert (event.status, event.gone, event.must_ask) == (Status.RESOLVED, True, False)


@pytest.mark.parametrize("word", ["incident.created", "incident.resolved", "incident.deleted", "alert.resolved"])
def test_of_a_stale_webhook_nothing_is_believed(word):
    event = read(changed("incident_created", word), stale=True)
    assert (event.status, event.gone, event.must_ask) == (None, False, True)


@pytest.mark.parametrize("name", ["incident_created", "alert_created", "incident_event_created"])
def test_an_object_without_an_id_cannot_be_read(name):
    with pytest.raises(Unreadable, match="without an id"):
        read(changed(name, id=None))


# -- alerts


def test_a_new_alert_of_the_old_body_is_open():
    event = read(sample("alert_created"))
    assert (event.ref, event.status, event.must_ask) == (Ref("rootly", "alert", ALERT), Status.OPEN, False)
    assert event.trouble.labels == {"host": "db-2", "paging": "true", "cpu": "4"}
    assert (event.mark, event.also, event.trouble.title) == ("", (), "Disk of db-2 is 91 % full")
    assert source.question(SETTINGS, event) is None


@pytest.mark.parametrize(
    ("data", "status", "phase"),
    [
        ({"ended_at": "2026-03-02T10:00:00Z"}, Status.RESOLVED, Phase.NONE),
        ({"status": "open"}, Status.OPEN, Phase.SILENT),
        ({"status": "triggered", "ended_at": "2026-03-02T10:00:00Z"}, Status.OPEN, Phase.NONE),
        ({"status": "deferred"}, Status.OPEN, Phase.NONE),
        ({"status": "acknowledged"}, Status.ACKNOWLEDGED, Phase.NONE),
        ({"status": "resolved"}, Status.RESOLVED, Phase.NONE),
    ],
)
def test_an_alert_stands_where_its_status_or_its_end_says(data, status, phase):
    event = read(changed("alert_created", **data))
    assert (event.status, event.phase) == (status, phase)


@pytest.mark.parametrize(
    "data", [{"external_id": "alt_9f2Kx"}, {"external_id": None, "deduplication_key": "pagertree:alt_9f2Kx"}]
)
def test_an_alert_that_shows_a_pagertree_alert_names_it(data):
    assert read(changed("alert_created", **data)).also == (Ref("pagertree", "alert", "alt_9f2Kx"),)


def test_the_payload_of_an_alert_is_not_mistaken_for_the_alert():
    payload = {"id": "other", "type": "alerts", "attributes": {"status": "resolved"}}
    event = read(changed("alert_created", data=payload))
    assert (event.ref.id, event.status) == (ALERT, Status.OPEN)


def test_our_key_on_an_alert_is_its_mark():
    event = read(changed("alert_created", deduplication_key="pagertree:alt_9f2Kx"))
    assert event.mark == "pagertree:alt_9f2Kx"


@pytest.mark.parametrize(
    ("word", "status"), [("alert.acknowledged", Status.ACKNOWLEDGED), ("alert.resolved", Status.RESOLVED)]
)
def test_a_step_that_is_named_is_known_without_asking(word, status):
    event = read(changed("alert_created", word))
    assert (event.status, event.must_ask) == (status, False)


def test_what_was_updated_on_an_alert_has_to_be_asked():
    event = read(changed("alert_created", "alert.updated"))
    request = source.question(SETTINGS, event)
    assert event.must_ask
    assert (request.method, request.url, request.seconds) == ("GET", f"https://api.rootly.com/v1/alerts/{ALERT}", 3)


# -- timeline entries


def test_what_a_person_wrote_on_the_timeline_is_a_text():
    event = read(sample("incident_event_created"))
    assert event.ref == Ref("rootly", "timeline", "7e110000-3333-4c3d-8e4f-000000000003")
    assert (event.says, event.also) == (Says.TEXT, (Ref("rootly", "incident", INCIDENT),))
    assert (event.text.body, event.text.change, event.text.by_person) == ("Rolled back & watching", "created", True)


def test_html_is_taken_off_where_there_is_no_plain_text():
    body = changed("incident_event_created", event_raw=None, event="<b>Up</b><br>again &lt;soon&gt;")
    assert read(body).text.body == "Up\nagain <soon>"


@pytest.mark.parametrize("kind", ["trail", None])
def test_what_rootly_itself_notes_is_not_by_a_person(kind):
    assert read(changed("incident_event_created", kind=kind)).text.by_person is False


@pytest.mark.parametrize(("word", "change"), [("updated", "updated"), ("deleted", "destroyed")])
def test_changed_and_removed_entries_say_so(word, change):
    assert read(changed("incident_event_created", f"incident_event.{word}")).text.change == change


def test_our_own_entry_is_known_by_its_mark():
    words = sign_text("Acknowledged by Ada", "call-1")
    event = read(changed("incident_event_created", event_raw=None, event=f"<p>{words}</p>"))
    assert event.mark == text_code("call-1")
    assert source.question(SETTINGS, event) is None


def test_the_author_that_a_webhook_leaves_out_is_asked_for():
    event = read(sample("incident_event_created"))
    request = source.question(SETTINGS, event)
    assert request.url == f"https://api.rootly.com/v1/events/{event.ref.id}"
    shown = {"type": "incident_events", "id": event.ref.id, "attributes": {**sample("incident_event_created")["data"]}}
    shown["attributes"]["user_display_name"] = "Kim Okoye"
    event = source.answered(event, answer({"data": shown}))
    assert (event.text.author, event.actor, event.text.change) == ("Kim Okoye", "Kim Okoye", "created")
    assert source.question(SETTINGS, event) is None


def test_a_text_without_an_answer_stands_as_it_came():
    event = read(sample("incident_event_created"))
    for lost in (answer(b"?"), answer({"errors": []}, 404)):
        asked = source.answered(event, lost)
        assert (asked.text, asked.says, source.question(SETTINGS, asked)) == (event.text, Says.TEXT, None)


def test_a_stale_entry_that_is_gone_says_nothing():
    event = source.answered(read(sample("incident_event_created"), stale=True), answer({}, 404))
    assert event.says is Says.NOTHING


# -- questions and answers


def test_an_incident_is_read_again_and_then_its_alerts():
    event = read(sample("incident_created"))
    first = source.question(SETTINGS, event)
    event = source.answered(event, answer(sample("rest_incident")))
    second = source.question(SETTINGS, event)
    event = source.answered(event, answer(sample("incident_alerts")))
    assert (first.url, first.seconds) == (f"https://api.rootly.com/v1/incidents/{INCIDENT}", 3)
    assert (second.url, second.params["page[size]"]) == (f"{first.url}/alerts", "100")
    assert source.question(SETTINGS, event) is None
    assert first.headers["Content-Type"] == "application/vnd.api+json"


def test_a_fresh_answer_says_what_the_webhook_left_out():
    event = source.answered(read(sample("incident_created"), stale=True), answer(sample("rest_incident")))
    assert (event.fresh, event.must_ask, event.status, event.phase) == (True, False, Status.OPEN, Phase.MITIGATED)
    assert (event.trouble.severity, event.trouble.description) == ("critical", "Half of all payments time out")
    assert event.trouble.facts["incident"]["severity_name"] == "SEV0 (all hands)"
    assert event.trouble.facts["incident"]["services"] == ["Checkout API", "checkout-api"]
    assert event.word == "incident.created"


def test_alerts_of_an_incident_and_the_pagertree_alerts_behind_them_are_named_once():
    event = replace(read(sample("incident_created")), fresh=True)
    event = source.answered(event, answer(sample("incident_alerts")))
    assert event.also == (
        Ref("rootly", "alert", ALERT),
        Ref("pagertree", "alert", "alt_9f2Kx"),
        Ref("pagertree", "alert", "alt_native1"),
        Ref("rootly", "alert", "a1e7b0c2-1111-4c3d-8e4f-000000000009"),
        Ref("pagertree", "alert", "alt_7b"),
    )


def test_an_incident_that_is_not_there_is_gone_and_over():
    event = source.answered(read(changed("incident_created", "incident.resolved")), answer({}, 404))
    assert (event.status, event.gone, event.fresh, event.must_ask) == (Status.RESOLVED, True, True, False)
    assert source.question(SETTINGS, event) is None


def test_an_incident_that_still_answers_is_not_deleted():
    event = source.answered(read(changed("incident_created", "incident.deleted")), answer(sample("rest_incident")))
    assert (event.status, event.gone, event.fresh) == (Status.OPEN, False, True)


def test_an_alert_that_is_not_there_is_gone_and_not_therefore_resolved():
    event = source.answered(read(changed("alert_created", "alert.updated")), answer({}, 404))
    assert (event.status, event.gone, event.fresh) == (None, True, True)


@pytest.mark.parametrize(
    "garbage", [b"", b"<html>", b"{}", b'{"data": {"type": "alerts"}}', b'{"data": {"type": "bees", "id": "1"}}']
)
def test_a_green_answer_that_shows_nothing_proves_nothing(garbage):
    sure = source.answered(read(sample("incident_created")), answer(garbage))
    unsure = source.answered(read(changed("incident_created", "incident.resolved")), answer(garbage))
    assert (sure.status, sure.fresh) == (Status.OPEN, False)
    assert (unsure.status, unsure.fresh, unsure.must_ask) == (None, False, True)


def test_questions_end_whatever_the_answers():
    event, asked = read(changed("incident_created", "incident.resolved")), 0
    while source.question(SETTINGS, event) is not None:
        event, asked = source.answered(event, answer(b"?")), asked + 1
        assert asked <= 5
    assert asked == 2


def test_the_private_rows_of_an_alert_do_not_get_through():
    event = source.answered(read(changed("alert_created", "alert.updated")), answer(sample("rest_alert")))
    assert (event.status, event.trouble.urgency, event.trouble.number) == (Status.ACKNOWLEDGED, "high", "PhIQtP")
    for secret in ("opensesame", "token-id-4", "swordfish", "kim@example.com", "service-1@example.com"):
        assert secret not in repr(event)


# -- the feed, and what resync finds


def test_the_feed_is_read_oldest_first_from_a_time_on():
    since = datetime(2026, 3, 2, 9, tzinfo=UTC)
    request = source.feed(SETTINGS, since, None)
    assert request.url == "https://api.rootly.com/v1/alert_events"
    assert request.params == {
        "sort": "created_at",
        "filter[created_at][gte]": "2026-03-02T09:00:00.000Z",
        "page[size]": "50",
    }
    assert source.feed(SETTINGS, since, "WzVd").params == {**request.params, "page[after]": "WzVd"}


def test_a_page_of_the_feed_keeps_what_crosses_and_knows_how_far_it_went():
    page = source.read_feed(answer(sample("alert_events")))
    assert [item["id"] for item in page.raw] == ["ev-2", "ev-3", "ev-4"]
    assert (page.cursor, page.newest) == ("WzVd", datetime(2026, 3, 2, 17, 48, tzinfo=UTC))
    assert "opensesame" not in repr(page)
    assert "kim@example.com" not in repr(page)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"data": []}', b'{"data": {}, "meta": {}}', b'{"data": [5], "meta": {}}']
)
def test_what_is_no_feed_is_not_taken_for_an_empty_one(body):
    with pytest.raises(Unlistable):
        source.read_feed(answer(body))


def from_the_feed(number: int) -> Event:
    raw = source.read_feed(answer(sample("alert_events"))).raw[number]
    (event,) = source.read(SETTINGS, Hook(source.record(raw), door="poll"))
    return event


def test_an_acknowledgement_in_the_feed_names_who_and_is_asked():
    event = from_the_feed(0)
    assert (event.ref, event.says, event.status) == (Ref("rootly", "alert", ALERT), Says.STATE, Status.ACKNOWLEDGED)
    assert (event.actor, event.must_ask) == ("Kim Okoye", True)
    assert source.question(SETTINGS, event).url.endswith(f"/v1/alerts/{ALERT}")


@pytest.mark.parametrize(("status", "actor"), [("acknowledged", "Kim Okoye"), ("resolved", "")])
def test_who_took_an_earlier_step_is_not_blamed_for_a_later_one(status, actor):
    shown = sample("rest_alert")
    shown["data"]["attributes"]["status"] = status
    event = source.answered(from_the_feed(0), answer(shown))
    assert (event.status.word, event.actor) == (status, actor)


def test_a_note_in_the_feed_is_a_text_on_its_alert():
    event = from_the_feed(1)
    assert (event.ref, event.also) == (Ref("rootly", "comment", "ev-3"), (Ref("rootly", "alert", ALERT),))
    assert (event.text.body, event.text.author, event.text.by_person) == ("Cleaning up old logs", "Kim Okoye", True)
    assert source.question(SETTINGS, event) is None


@pytest.mark.parametrize(
    "user", [None, {"id": 6, "first_name": "Rootly", "email": "bot@rootly.com"}, {"name": "CI", "service_user": True}]
)
def test_a_note_by_no_person_says_so(user):
    feed = sample("alert_events")
    feed["data"][2]["attributes"]["user"] = user
    (event,) = source.read(SETTINGS, Hook(source.record(source.read_feed(answer(feed)).raw[1])))
    assert event.text.by_person is False


def test_a_retriggered_alert_in_the_feed_is_a_happening_and_is_asked():
    event = from_the_feed(2)
    assert (event.says, event.word, event.status, event.must_ask) == (Says.HAPPENED, "retriggered", None, True)
    event = source.answered(event, answer(sample("rest_alert")))
    assert (event.says, event.fresh, event.status) == (Says.HAPPENED, True, Status.ACKNOWLEDGED)


def test_an_item_of_the_feed_is_the_same_delivery_however_often_it_is_met():
    raw = source.read_feed(answer(sample("alert_events"))).raw[0]
    assert source.delivery_key(Hook(source.record(raw))) == "alert_events:ev-2"


def test_a_finding_of_resync_is_another_delivery_once_anything_in_it_differs():
    one, other = ({"type": "alerts", "id": ALERT, "resync": run} for run in ("r1", "r2"))
    keys = {source.delivery_key(Hook(source.record(raw))) for raw in (one, other, one)}
    assert len(keys) == 2


@pytest.mark.parametrize(("kind", "ref"), [("alerts", "alert"), ("incidents", "incident")])
def test_a_finding_of_resync_is_asked_before_it_is_believed(kind, ref):
    body = source.record({"type": kind, "id": "x1", "status": "resolved"})
    (event,) = source.read(SETTINGS, Hook(body, door="resync"))
    assert (event.ref, event.must_ask, event.word) == (Ref("rootly", ref, "x1"), True, "seen by resync")
    assert source.question(SETTINGS, event) is not None


def test_a_record_of_no_kind_cannot_be_read():
    with pytest.raises(Unreadable):
        source.read(SETTINGS, Hook(source.record({"type": "bees", "id": "1"})))


# -- hostile bodies


def deep(levels: int) -> bytes:
    return b'{"event": {"type": "pulse.created"}, "data": ' + b"[" * levels + b"]" * levels + b"}"


@pytest.mark.parametrize(
    "body",
    [
        deep(64),
        deep(5_000),
        deep(200_000),
        b'{"event": {"type": "a.b"}, "data": [' + b"0," * 100_000 + b"0]}",
        b'{"event": {"type": "a.b"}, "data": NaN}',
        b'{"event": {"type": "a.b"}, "data": -Infinity}',
        b'{"event": {"type": "a.b"}, "data": 1e999}',
        b'{"event": {"type": "a.b"}, "data": 9223372036854775809}',
        b'{"event": {"type": "a.b"}, "data": ' + b"9" * 5_000 + b"}",
        b'{"event": {"type": "a.b"}, "data": "\xc3\x28"}',
        '{"event": {"type": "a.b"}}'.encode("utf-16"),
    ],
    ids=lambda body: f"{len(body)} bytes",
)
def test_a_hostile_body_is_unreadable_and_nothing_worse(body):
    with pytest.raises(Unreadable):
        source.read(SETTINGS, Hook(body))


def test_a_body_within_the_limits_is_read():
    assert source.read(SETTINGS, Hook(deep(62)))[0].word == "pulse.created"
    assert source.read(SETTINGS, Hook(b"\xef\xbb\xbf" + deep(1)))[0].word == "pulse.created"


def test_texts_that_no_database_takes_are_mended():
    event = read(changed("incident_created", title="a\0b\ud800c", summary="\ud83d\ude00"))
    assert event.trouble.title == "a\ufffdb\ufffdc"
    assert event.trouble.description == "😀"
    json.dumps(event.trouble.facts, ensure_ascii=False).encode()


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from(
    [
        "incident.created",
        "incident.deleted",
        "alert.updated",
        "alert.resolved",
        "incident_event.created",
        "pulse.created",
        "bridge.alerts",
        "bridge.incidents",
        "bridge.alert_events",
        "bridge.x",
    ]
)
FIELDS = sorted(
    {key for name in ("alert_created", "incident_created", "incident_event_created") for key in sample(name)["data"]}
)
DATA = st.dictionaries(st.sampled_from(["id", "status", "kind", "action", "alert_id", *FIELDS]), ANY, max_size=8)


@given(kind=TYPES, data=DATA, stale=st.booleans())
@effort(max_examples=100, deadline=None)
def test_reading_gives_an_event_or_says_that_it_cannot(kind, data, stale):
    body = json.dumps({"event": {"id": "e", "type": kind}, "data": {"id": "x", **data}}).encode()
    try:
        (event,) = source.read(SETTINGS, Hook(body, stale=stale))
    except Unreadable:
        return
    assert stale is False or event.says is Says.NOTHING or event.must_ask
    repr(event).encode()


@given(body=st.binary(max_size=200))
@effort(max_examples=100, deadline=None)
def test_bytes_of_any_kind_have_a_key_and_a_glance(body):
    assert source.delivery_key(Hook(body))
    assert source.glance(Hook(body)) in ("accepted", "ignored", "quarantined")
