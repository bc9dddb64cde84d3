import json
from base64 import b64encode
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bridge.core.marks import sign_text, text_code
from bridge.errors import Unlistable, Unreadable, Unverified
from bridge.model import Event, Hook, Phase, Ref, Says, Status
from bridge.systems.contract import Source
from bridge.systems.pagertree import source, target
from bridge.systems.pagertree.words import Settings
from tests.systems.pagertree_examples import PREFIX, SETTINGS, ULID, answer, hook, news, page, sample

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
SOURCE: Source = source
WEBHOOK = {"secrets": ["s"]}


def read(body: object, **more: Any) -> Event:
    (event,) = SOURCE.read(SETTINGS, hook(body, **more))
    return event


# -- settings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("webhook", "sentence"),
    [
        ({}, "give at least one of secrets, or username and password"),
        ({"username": "pager"}, "give both username and password"),
        ({"password": "tree"}, "give both username and password"),
        ({"username": "a:b", "password": "tree"}, "without a colon"),
        ({"secrets": [" "]}, "is empty"),
        ({"secret": ["s"]}, "Extra inputs are not permitted"),
    ],
)
def test_a_webhook_that_nobody_can_prove_is_refused_with_a_sentence(webhook: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Settings.model_validate({"api_key": "k", "webhook": webhook})


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("settle", "-5s", "zero or more"),
        ("requests_per_minute", 0, "at least 1"),
        ("api_url", "http://api.pagertree.com", "use https"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_with_a_sentence(key: str, value: object, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Settings.model_validate({"api_key": "k", "webhook": WEBHOOK, key: value})


def test_the_smallest_section_has_the_documented_defaults() -> None:
    settings = Settings.model_validate({"api_key": "k", "webhook": WEBHOOK})
    assert settings.api_url == "https://api.pagertree.com/api/v4"
    assert (settings.settle.total_seconds(), settings.requests_per_minute) == (20, None)


# -- who knocks --------------------------------------------------------------------------------------------------------


def b64(text: str) -> str:
    return b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("more", "credential"),
    [
        ({"query": {"secret": "old-secret"}}, "secret 1"),
        ({"query": {"secret": "new-secret"}}, "secret 2"),
        ({"headers": {"x-bridge-secret": "new-secret"}}, "secret 2"),
        ({"headers": {"authorization": f"Basic {b64('pager:tree:house')}"}}, "password"),
        ({"headers": {"authorization": f"basic {b64('pager:tree:house')}"}}, "password"),
        ({"headers": {"authorization": b64("pager:tree:house")}}, "password"),
        ({"headers": {"authorization": b64("pager:tree:house").rstrip("=")}}, "password"),
        ({"query": {"secret": "wrong"}, "headers": {"x-bridge-secret": "old-secret"}}, "secret 1"),
    ],
)
def test_every_way_to_carry_a_credential_opens_the_door(more: dict[str, Any], credential: str) -> None:
    verified = SOURCE.verify(SETTINGS, hook({}, **more), NOW)
    assert (verified.credential, verified.stale) == (credential, False)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, "missing"),
        ({"query": {"secret": ""}}, "missing"),
        ({"query": {"secret": "old-secre"}}, "mismatch"),
        ({"query": {"secret": "pager:tree:house"}}, "mismatch"),
        ({"query": {"secret": "\ud800"}}, "mismatch"),
        ({"headers": {"authorization": "Bearer old-secret"}}, "mismatch"),
        ({"headers": {"authorization": f"Basic {b64('old-secret')}"}}, "mismatch"),
        ({"headers": {"authorization": f"Basic {b64('pager:')}"}}, "mismatch"),
        ({"headers": {"authorization": "Basic"}}, "mismatch"),
        ({"headers": {"authorization": "Basic äöü"}}, "mismatch"),
    ],
)
def test_everything_else_is_turned_away(more: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unverified) as refused:
        SOURCE.verify(SETTINGS, hook({}, **more), NOW)
    assert refused.value.reason == reason


def test_an_empty_password_is_not_a_way_in_when_only_secrets_are_set() -> None:
    settings = Settings.model_validate({"api_key": "k", "webhook": WEBHOOK})
    with pytest.raises(Unverified):
        SOURCE.verify(settings, hook({}, headers={"authorization": b64(":")}), NOW)


# -- one delivery, once ------------------------------------------------------------------------------------------------


def test_a_repeated_webhook_is_the_same_delivery_and_later_news_is_another() -> None:
    first = SOURCE.delivery_key(hook(news("alert_open")))
    assert SOURCE.delivery_key(hook(news("alert_open"), query={"secret": "s"})) == first
    assert SOURCE.delivery_key(hook(news("alert_open", updatedAt="2026-03-02T09:30:00.000Z"))) != first
    assert SOURCE.delivery_key(hook(news("alert_open", description="else"))) != first


def test_an_unreadable_body_is_known_by_its_hash() -> None:
    key = SOURCE.delivery_key(hook(b"{not json"))
    assert key.startswith("body:")
    assert key != SOURCE.delivery_key(hook(b"{not json either"))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (sample("alert_created"), "accepted"),
        (sample("comment_destroyed"), "accepted"),
        ({"type": "alert_created", "data": {"id": PREFIX}}, "accepted"),
        (sample("reminder"), "ignored"),
        ({"type": "event.reminder.going.on.call", "data": None}, "ignored"),
        ({"type": "alert.assigned", "data": {"id": PREFIX}}, "ignored"),
        ({"type": "alert.created", "data": None}, "ignored"),
        ({"type": "observed", "data": {"id": PREFIX, "status": "open"}}, "ignored"),
        ({"data": {}}, "quarantined"),
        ({"type": 5, "data": {}}, "quarantined"),
        ({"type": "alert.open", "data": []}, "quarantined"),
        ([], "quarantined"),
        (b"", "quarantined"),
        (b"\xff\xfe", "quarantined"),
        (b'{"type": "alert.open", "data": {"id": NaN}}', "quarantined"),
        (b'{"type": "alert.open", "data": {"id": 1e999}}', "quarantined"),
        (b'{"type": "alert.open", "data": {"id": 99999999999999999999}}', "quarantined"),
        (b'{"type": "alert.open", "data": ' + b'{"a":' * 61 + b"[1]" + b"}" * 62, "accepted"),
        (b'{"type": "alert.open", "data": ' + b'{"a":' * 62 + b"[1]" + b"}" * 63, "quarantined"),
        (b"[" * 100_000, "quarantined"),
        (b'{"type": "alert.open", "data": {"x": [' + b"0," * 100_000 + b"0]}}", "quarantined"),
    ],
)
def test_a_glance_tells_the_sender_what_becomes_of_the_body(body: object, status: str) -> None:
    assert SOURCE.glance(hook(body)) == status


# -- what alerts say ---------------------------------------------------------------------------------------------------


def test_a_webhook_tells_the_whole_alert_in_our_words() -> None:
    event = read(sample("alert_open"))
    assert (event.ref, event.says, event.status, event.word) == (
        Ref("pagertree", "alert", PREFIX),
        Says.STATE,
        Status.OPEN,
        "alert.open",
    )
    trouble = event.trouble
    assert trouble is not None
    assert (trouble.title, trouble.number, trouble.urgency) == ("Disk almost full on db-3", "#118", "high")
    assert trouble.description == "<p>/var is at <b>94 %</b></p>"
    assert trouble.tags == ("db", "disk")
    assert trouble.url == f"https://app.pagertree.com/#/alert/{PREFIX}"
    assert trouble.began_at == datetime(2026, 3, 2, 9, 14, 5, 120_000, UTC)
    assert dict(trouble.labels) == {
        "pagertree_status": "open",
        "pagertree_urgency": "high",
        "pagertree_source": "int_Zk2Gp7LhQt5RwY",
        "pagertree_number": "118",
    }
    assert (event.fresh, event.must_ask, event.mark) == (False, False, "")


def test_routes_may_match_what_routers_match_over_there() -> None:
    trouble = read(sample("alert_resolved")).trouble
    assert trouble is not None
    assert trouble.facts["alert"] == {
        "id": PREFIX,
        "title": "Disk almost full on db-3",
        "description": "<p>/var is at <b>94 %</b></p>",
        "urgency": "high",
        "status": "resolved",
        "source_id": "int_Zk2Gp7LhQt5RwY",
        "thirdparty_id": "disk-db-3",
        "tags": ["db", "disk"],
        "destination_ids": ["tem_Yw3Kd6FbVn8JxC"],
        "meta": {"incident": True, "incident_severity": "sev_2", "incident_message": "Join the bridge call"},
    }


def test_the_raw_alert_in_the_place_of_the_older_shape_says_the_same() -> None:
    older, newer = read(sample("alert_open")), read(sample("alert_open_raw"))
    assert newer.ref == Ref("pagertree", "alert", PREFIX, ULID)
    assert (newer.status, newer.at, newer.word) == (older.status, older.at, older.word)
    assert older.trouble is not None
    assert newer.trouble is not None
    assert (newer.trouble.title, newer.trouble.number, newer.trouble.url, newer.trouble.began_at) == (
        older.trouble.title,
        older.trouble.number,
        older.trouble.url,
        older.trouble.began_at,
    )


@pytest.mark.parametrize(
    ("status", "ours", "phase"),
    [
        ("queued", Status.OPEN, Phase.QUEUED),
        ("open", Status.OPEN, Phase.NONE),
        ("dropped", Status.OPEN, Phase.DROPPED),
        ("suppressed", Status.OPEN, Phase.SUPPRESSED),
        ("acknowledged", Status.ACKNOWLEDGED, Phase.NONE),
        ("resolved", Status.RESOLVED, Phase.NONE),
    ],
)
@pytest.mark.parametrize("word", ["alert.created", "alert.open"])
def test_the_status_counts_and_not_which_news_brings_it(word: str, status: str, ours: Status, phase: Phase) -> None:
    event = read({**news("alert_created", status=status), "type": word})
    assert (event.says, event.status, event.phase) == (Says.STATE, ours, phase)


def test_a_status_that_is_new_to_us_does_not_cross_and_is_named() -> None:
    event = read(news("alert_open", status="archived"))
    assert (event.says, event.status) == (Says.NOTHING, None)
    assert event.word == "alert.open with status archived"


@pytest.mark.parametrize(("word", "phase"), [("alert.created", Phase.QUEUED), ("alert.open", Phase.NONE)])
def test_a_template_without_the_status_leaves_what_the_news_itself_says(word: str, phase: Phase) -> None:
    event = read({"type": word, "data": {"id": PREFIX, "title": "t"}})
    assert (event.says, event.status, event.phase) == (Says.STATE, Status.OPEN, phase)


def test_an_acknowledgement_tells_who_and_when() -> None:
    event = read(sample("alert_acknowledged"))
    assert (event.says, event.status, event.actor) == (Says.STATE, Status.ACKNOWLEDGED, "Mara Lind")
    assert event.at == datetime.fromtimestamp(1772442990, UTC)


def test_a_sources_original_request_goes_no_further() -> None:
    event = read(sample("alert_acknowledged"))
    assert "never to be kept" not in repr(event)


@pytest.mark.parametrize("status", ["open", "queued", "dropped"])
def test_one_of_several_who_acknowledged_is_a_happening(status: str) -> None:
    event = read(news("alert_acknowledged", status=status))
    assert (event.says, event.status, event.actor) == (Says.HAPPENED, Status.OPEN, "Mara Lind")


def test_an_acknowledgement_that_leaves_out_the_status_is_asked() -> None:
    event = read({"type": "alert.acknowledged", "data": {"id": PREFIX}})
    assert (event.says, event.status, event.must_ask) == (Says.STATE, None, True)
    assert SOURCE.question(SETTINGS, event) is not None


@pytest.mark.parametrize("status", ["resolved", "open", "acknowledged", "archived", None])
def test_resolved_is_resolved_also_where_the_status_lags(status: str | None) -> None:
    event = read(news("alert_resolved", status=status))
    assert (event.says, event.status, event.word) == (Says.STATE, Status.RESOLVED, "alert.resolved")
    assert (event.actor, event.at) == ("int_Zk2Gp7LhQt5RwY", datetime.fromtimestamp(1772444712, UTC))


@pytest.mark.parametrize("word", ["alert.rejected", "alert.timeout", "alert.dropped", "alert.handoff"])
@pytest.mark.parametrize(("status", "ours"), [("open", Status.OPEN), ("acknowledged", Status.ACKNOWLEDGED)])
def test_what_people_and_time_do_is_a_happening_with_the_status_beside_it(word: str, status: str, ours: Status) -> None:
    event = read({**news("alert_open", status=status), "type": word})
    assert (event.says, event.status, event.word) == (Says.HAPPENED, ours, word)


def test_a_dropped_alert_is_in_its_phase_also_where_the_status_lags() -> None:
    assert read({**news("alert_open"), "type": "alert.dropped"}).phase is Phase.DROPPED


@pytest.mark.parametrize(
    ("word", "actor"), [("alert.rejected", "usr_Hn5Rq2TzGm7PkL"), ("alert.timeout", "usr_Hn5Rq2TzGm7PkL")]
)
def test_without_linked_data_people_are_named_by_id(word: str, actor: str) -> None:
    assert read({**sample("alert_open"), "type": word}).actor == actor


def test_a_handoff_tells_from_whom_to_whom_and_when() -> None:
    event = read(sample("alert_handoff"))
    assert (event.actor, event.at) == ("usr_Hn5Rq2TzGm7PkL to Storage", datetime.fromtimestamp(1772443195, UTC))


@pytest.mark.parametrize(
    ("meta", "severity"),
    [
        ({"incident": True, "incident_severity": "sev_1"}, "SEV-1"),
        ({"incident": True, "incident_severity": "SEV_1"}, "SEV-1"),
        ({"incident": True, "incident_severity": " SEV-UNKNOWN "}, "SEV-UNKNOWN"),
        ({"incident": "true", "incident_severity": "SEV-2"}, "SEV-2"),
        ({"incident": "false", "incident_severity": "SEV-2"}, None),
        ({"incident": True, "incident_severity": "severe"}, None),
        ({"incident": False, "incident_severity": "sev_1"}, None),
        ({"incident": 0}, None),
        (["incident"], None),
        (None, None),
    ],
)
def test_a_severity_counts_only_on_an_incident(meta: object, severity: str | None) -> None:
    trouble = read(news("alert_open", meta=meta)).trouble
    assert trouble is not None
    assert trouble.severity == severity


@pytest.mark.parametrize(
    "changes",
    [
        {"thirdparty_id": "rootly:4f0c#2"},
        {"tags": ["db", "rootly:4f0c#2"]},
        {"tags": None, "tag_list": ["rootly:4f0c#2"]},
    ],
)
def test_our_mark_is_found_where_it_belongs_and_among_the_tags(changes: dict[str, Any]) -> None:
    assert read(news("alert_open", **changes)).mark == "rootly:4f0c#2"


@pytest.mark.parametrize(
    ("thirdparty_id", "mark"),
    [
        ("int_uptime:monitor-7#1", "int_uptime:monitor-7#1"),
        ("page:01K9Q4T7ZB#1", "page:01K9Q4T7ZB#1"),
        ("jira:OPS-1#3", ""),
        ("int_Zk2Gp7LhQt5RwY", ""),
        (None, ""),
        (17, ""),
    ],
)
def test_a_thirdparty_id_is_a_mark_only_if_we_made_it(thirdparty_id: object, mark: str) -> None:
    assert read(news("alert_open", thirdparty_id=thirdparty_id)).mark == mark


@pytest.mark.parametrize("word", ["alert_open", "Alert.Open", " alert.open "])
def test_every_spelling_of_a_type_is_one_type(word: str) -> None:
    assert read({**sample("alert_open"), "type": word}) == read(sample("alert_open"))


def test_keys_that_outgoing_rules_add_change_nothing() -> None:
    assert read({**sample("alert_open"), "channel": "ops", "id": 7}) == read(sample("alert_open"))


def test_an_alert_without_an_id_is_quarantined_with_what_to_do() -> None:
    with pytest.raises(Unreadable, match=r"has to keep data\.id"):
        read({"type": "alert.open", "data": {"status": "open"}})


def test_text_that_a_database_chokes_on_is_made_harmless() -> None:
    event = read(
        b'{"type": "alert.open", "data": {"id": "alt_abcdef", "status": "open", "title": "a\\ud800b\\u0000c"}}'
    )
    assert event.trouble is not None
    assert event.trouble.title == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"


# -- what does not cross -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (sample("reminder"), "event_reminder.going_on_call"),
        ({"type": "event_reminder_going_off_call", "data": {}}, "event_reminder.going_off_call"),
        ({"type": "event.reminder.going.on.call", "data": None}, "event_reminder.going_on_call"),
        ({"type": "alert.assigned", "data": {"id": PREFIX}}, "alert.assigned"),
        ({"type": "alert.created", "data": None}, "alert.created without its data"),
        ({"type": "alert.created"}, "alert.created without its data"),
        ({"type": "comment.created", "data": {}}, "comment.created without its data"),
        ({"type": "observed", "data": {"id": PREFIX, "status": "resolved"}}, "observed"),
    ],
)
def test_what_does_not_cross_is_named(body: object, word: str) -> None:
    event = read(body)
    assert (event.says, event.word) == (Says.NOTHING, word)
    assert SOURCE.question(SETTINGS, event) is None


# -- comments ----------------------------------------------------------------------------------------------------------


def test_a_comment_is_a_persons_text_on_an_alert_known_by_its_other_id() -> None:
    event = read(sample("comment_created"))
    assert event.ref == Ref("pagertree", "comment", "01K9Q50C0MMENT7A9B1C3D5E7F", "cmt_Rg3Lw9HfCt5XnK")
    assert event.also == (Ref("pagertree", "alert", ULID),)
    assert event.text is not None
    assert (event.text.author, event.text.body) == ("Mara Lind", "Old logs are being moved away.")
    assert (event.text.change, event.text.by_person, event.mark, event.must_ask) == ("created", True, "", True)


def test_the_alert_of_a_comment_is_asked_once_and_then_known_by_both_ids() -> None:
    event = read(sample("comment_created"))
    request = SOURCE.question(SETTINGS, event)
    assert request is not None
    assert request.url.endswith(f"/alerts/{ULID}")
    told = SOURCE.answered(event, answer(sample("rest_alert")))
    assert told.also == (Ref("pagertree", "alert", PREFIX, ULID),)
    assert (told.must_ask, SOURCE.question(SETTINGS, told)) == (False, None)


def test_a_comment_on_an_alert_that_is_gone_stays_a_comment() -> None:
    event = SOURCE.answered(read(sample("comment_created")), answer({}, 404))
    assert (event.says, event.gone, event.must_ask) == (Says.TEXT, False, False)
    assert event.also == (Ref("pagertree", "alert", ULID),)


def test_our_own_comment_is_known_by_its_mark_and_asks_nothing() -> None:
    event = read(news("comment_created", body=sign_text("Acknowledged by Ada", "call-1")))
    assert event.text is not None
    assert (event.mark, event.text.by_person) == (text_code("call-1"), False)
    assert SOURCE.question(SETTINGS, event) is None


def test_a_removed_comment_names_only_itself_and_asks_nothing() -> None:
    event = read(sample("comment_destroyed"))
    assert event.text is not None
    assert (event.text.change, event.also) == ("destroyed", ())
    assert event.ref.same_as(read(sample("comment_created")).ref)
    assert SOURCE.question(SETTINGS, event) is None


def test_an_edited_comment_says_so() -> None:
    event = read({**sample("comment_created"), "type": "comment.updated"})
    assert event.text is not None
    assert event.text.change == "updated"


def test_a_comment_on_a_broadcast_is_about_no_alert() -> None:
    assert read(news("comment_created", commentable_type="Broadcast")).also == ()


# -- what is asked -----------------------------------------------------------------------------------------------------


def test_a_webhook_is_believed_without_a_question() -> None:
    assert SOURCE.question(SETTINGS, read(sample("alert_acknowledged"))) is None


def test_nothing_in_a_stale_webhook_is_believed_before_it_is_read_again() -> None:
    event = read(sample("alert_acknowledged"), stale=True)
    assert (event.status, event.must_ask) == (None, True)
    told = SOURCE.answered(event, page(sample("rest_alert")))
    assert (told.status, told.fresh, told.must_ask) == (Status.OPEN, True, False)
    assert told.ref == Ref("pagertree", "alert", PREFIX, ULID)
    assert told.actor == "Mara Lind"
    assert SOURCE.question(SETTINGS, told) is None


def test_a_stale_happening_stays_a_happening() -> None:
    told = SOURCE.answered(read(sample("alert_handoff"), stale=True), page(sample("rest_alert")))
    assert (told.says, told.status, told.word) == (Says.HAPPENED, Status.OPEN, "alert.handoff")


def test_an_alert_known_by_its_prefix_id_is_asked_as_a_list_and_then_by_its_path() -> None:
    event = read(sample("alert_open"), stale=True)
    first = SOURCE.question(SETTINGS, event)
    assert first is not None
    assert (first.url.endswith("/alerts"), first.params["prefix_id"]) == (True, PREFIX)
    event = SOURCE.answered(event, page())
    second = SOURCE.question(SETTINGS, event)
    assert second is not None
    assert second.url.endswith(f"/alerts/{PREFIX}")
    event = SOURCE.answered(event, answer({}, 404))
    assert (event.gone, event.must_ask, SOURCE.question(SETTINGS, event)) == (True, False, None)


def test_a_list_of_other_alerts_is_no_answer() -> None:
    other = {**sample("rest_alert"), "id": "01K9Q4S0AA1B2C3D4E5F6G7H8J", "prefix_id": "alt_Jd4TnB8sVx1QyM"}
    event = SOURCE.answered(read(sample("alert_open"), stale=True), page(other))
    assert (event.status, event.gone, event.must_ask) == (None, False, True)
    assert SOURCE.question(SETTINGS, event) is not None


def test_answers_that_show_nothing_leave_the_event_without_a_status_and_the_questions_end() -> None:
    event = read(sample("alert_open"), stale=True)
    while SOURCE.question(SETTINGS, event) is not None and len(event.asked) < 5:
        event = SOURCE.answered(event, answer(b"<html>maintenance</html>"))
    assert (len(event.asked), event.status, event.says, event.gone) == (2, None, Says.STATE, False)


def test_a_finding_that_cannot_be_read_again_loses_its_status_rather_than_being_believed() -> None:
    event = read(SOURCE.record({"id": ULID, "prefix_id": PREFIX, "status": "resolved"}), door="resync")
    told = SOURCE.answered(event, answer(b"<html>maintenance</html>"))
    assert (event.status, told.status, told.gone) == (Status.RESOLVED, None, False)


def test_a_404_under_a_ulid_is_a_deletion() -> None:
    event = SOURCE.answered(read(sample("alert_open_raw"), stale=True), answer({}, 404))
    assert (event.gone, SOURCE.question(SETTINGS, event)) == (True, None)


# -- what we found ourselves -------------------------------------------------------------------------------------------


def test_a_finding_of_resync_keeps_what_it_needs_and_is_asked_before_it_is_believed() -> None:
    raw = target.picked(Ref("pagertree", "alert", PREFIX), answer(sample("rest_alert")))
    assert raw is not None
    assert not {"account_id", "source_log_id", "dedup_keys"} & set(raw)
    event = read(SOURCE.record(raw), door="resync")
    assert (event.word, event.says, event.status) == ("seen by resync", Says.STATE, Status.OPEN)
    assert event.ref == Ref("pagertree", "alert", PREFIX, ULID)
    assert event.trouble == read(sample("alert_open_raw")).trouble
    assert SOURCE.question(SETTINGS, event) is not None


@pytest.mark.parametrize("nothing_there", [answer({}, 404), page()])
def test_a_finding_that_an_alert_is_gone_is_read_once_more(nothing_there: Any) -> None:
    raw = target.picked(Ref("pagertree", "alert", PREFIX, ULID), nothing_there)
    assert raw is not None
    event = read(SOURCE.record(raw), door="resync")
    assert (event.gone, event.must_ask, event.ref) == (True, True, Ref("pagertree", "alert", PREFIX, ULID))
    told = SOURCE.answered(event, answer(sample("rest_alert")))
    assert (told.gone, told.status, told.must_ask) == (False, Status.OPEN, False)


def test_there_is_no_feed() -> None:
    assert SOURCE.feed(SETTINGS, NOW, None) is None
    with pytest.raises(Unlistable):
        SOURCE.read_feed(answer({}))


# -- whatever comes ----------------------------------------------------------------------------------------------------

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "user"]), inner),
    max_leaves=6,
)
KINDS = st.sampled_from(
    ["alert.open", "alert.acknowledged", "alert.handoff", "alert.resolved", "comment.created", "observed"]
)
FIELDS = [
    "id", "prefix_id", "status", "meta", "tags", "tag_list", "handoffs", "d_user", "d_team", "createdAt", "updatedAt",
    "acknowledged", "acknowledgedby", "resolvedby", "thirdparty_id", "urgency", "tinyId", "body", "account_user",
    "commentable_id", "commentable_type", "gone", "source",
]  # fmt: skip


def only_unreadable(body: bytes, door: str) -> None:
    given_hook = Hook(body, door=door)
    assert SOURCE.delivery_key(given_hook)
    assert SOURCE.glance(given_hook) in ("accepted", "ignored", "quarantined")
    try:
        events = SOURCE.read(SETTINGS, given_hook)
    except Unreadable:
        return
    for event in events:
        shown = json.dumps(asdict(event), default=str, ensure_ascii=False)
        assert "\\u0000" not in shown
        shown.encode()  # fails on a lone surrogate
        SOURCE.question(SETTINGS, event)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["webhook", "resync"]))
def test_any_bytes_are_read_or_unreadable(body: bytes, door: str) -> None:
    only_unreadable(body, door)


@settings(max_examples=60, deadline=None)
@given(KINDS, st.dictionaries(st.sampled_from(FIELDS), anything, max_size=6), st.sampled_from(["webhook", "resync"]))
def test_any_data_under_any_kind_is_read_or_unreadable(kind: str, data: dict[str, object], door: str) -> None:
    only_unreadable(json.dumps({"type": kind, "data": {"id": "alt_abcdef", **data}}).encode(), door)


@settings(max_examples=60, deadline=None)
@given(anything)
def test_any_json_is_read_or_unreadable(body: object) -> None:
    only_unreadable(json.dumps(body).encode(), "webhook")
