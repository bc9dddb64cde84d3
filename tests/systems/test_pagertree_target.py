from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.core.marks import sign_text, text_code
from bridge.errors import Unlistable
from bridge.model import (
    Advance,
    Command,
    Create,
    Done,
    Draft,
    GiveUp,
    Link,
    Member,
    NoAnswer,
    Note,
    Outcome,
    Phase,
    Receiver,
    Recheck,
    Ref,
    Refused,
    Request,
    Response,
    Retry,
    Says,
    Status,
    Trouble,
    Unknown,
    Update,
)
from bridge.systems.contract import Directory, Known, Listing, Target
from bridge.systems.pagertree import target
from tests.systems.pagertree_examples import PREFIX, SETTINGS, ULID, answer, page, sample

TARGET: Target = target
MARK = "rootly:4f0c#1"
API = "https://api.pagertree.com/api/v4"
INCIDENT = Ref("rootly", "incident", "4f0c")
ALERT = Ref("pagertree", "alert", PREFIX, ULID)
MEMBER = Member("pagertree", "alert", MARK, id=PREFIX, alias=ULID, mark=MARK)
HOME = Member("rootly", "incident", "4f0c", id="4f0c")
LINK = Link("l1", "incident", INCIDENT, Trouble("Checkout is down"), (HOME, MEMBER), datetime(2026, 3, 2, tzinfo=UTC))
DIRECTORY = Directory(
    (
        Known("team", "TEAM-1", ("TEAM-1", "tem_Yw3Kd6FbVn8JxC", "Databases")),
        Known("router", "ROUTER-1", ("rtr_Lm8Cv4QsHd1XpZ", "Night desk")),
        Known("user", "USER-1", ("Mara Lind", "mara@example.com")),
    )
)
DRAFT = Draft("Checkout is down", urgency="critical", receivers=(Receiver("Databases"),))
DOOR = Receiver("int_Zk2Gp7LhQt5RwY", token="door-token", integration=True)

CREATE = Create("pagertree", MARK, DRAFT)
THROUGH = Create("pagertree", MARK, replace(DRAFT, receivers=(DOOR,)))
ACKNOWLEDGE = Advance("pagertree", MARK, Status.ACKNOWLEDGED)
RESOLVE = Advance("pagertree", MARK, Status.RESOLVED)
UPDATE = Update("pagertree", MARK, {"title": "Checkout is slow"})
NOTE = Note("pagertree", MARK, "Mitigated.", "mitigated")
RECHECK = Recheck("pagertree", MARK)
ALL = (CREATE, THROUGH, ACKNOWLEDGE, RESOLVE, UPDATE, NOTE)


def request(command: Command, member: Member = MEMBER, link: Link = LINK) -> Request:
    return TARGET.request(SETTINGS, command, member, link, "call-1", DIRECTORY)


def said(request: Request) -> dict[str, Any]:
    assert isinstance(request.body, dict)
    return request.body


def outcome(command: Command, answered: Response | NoAnswer) -> Outcome:
    return TARGET.outcome(SETTINGS, command, answered)


# -- what we send ------------------------------------------------------------------------------------------------------


def test_a_page_says_what_the_draft_says_and_carries_our_mark() -> None:
    draft = replace(DRAFT, description="d", tags=("web",), severity="SEV-1", incident=True, message="INC-7")
    sent = request(Create("pagertree", MARK, draft))
    assert (sent.method, sent.url, sent.budget) == ("POST", f"{API}/alerts", "pagertree")
    assert sent.headers["Authorization"] == "Bearer key-of-the-bridge"
    assert said(sent) == {
        "title": "Checkout is down",
        "description": "d",
        "urgency": "critical",
        "meta": {"incident": True, "incident_severity": "SEV-1", "incident_message": "INC-7"},
        "destination_team_ids": ["TEAM-1"],
        "tags": ["web"],
        "thirdparty_id": MARK,
    }


def test_receivers_are_found_by_any_of_their_names_once_and_unknown_ones_are_left_out() -> None:
    names = ("tem_Yw3Kd6FbVn8JxC", "databases", "night desk", "MARA@example.com", "nobody")
    draft = replace(DRAFT, receivers=tuple(Receiver(name) for name in names))
    body = said(request(Create("pagertree", MARK, draft)))
    assert {key: ids for key, ids in body.items() if key.startswith("destination")} == {
        "destination_team_ids": ["TEAM-1"],
        "destination_router_ids": ["ROUTER-1"],
        "destination_account_user_ids": ["USER-1"],
    }


def test_a_draft_that_says_little_is_still_a_valid_page() -> None:
    body = said(request(Create("pagertree", MARK, Draft("t", incident=True))))
    assert (body["urgency"], body["meta"]) == ("high", {"incident": True, "incident_severity": "SEV-UNKNOWN"})
    assert "meta" not in said(request(Create("pagertree", MARK, Draft("t", severity="SEV-1"))))


def test_a_page_through_an_integration_goes_to_its_own_door_with_its_own_token() -> None:
    draft = replace(DRAFT, receivers=(DOOR,), incident=True, severity="SEV-2", tags=("web",))
    sent = request(Create("pagertree", MARK, draft))
    assert sent.url == "https://api.pagertree.com/integration/int_Zk2Gp7LhQt5RwY"
    assert sent.headers == {"Accept": "application/json", "pagertree-token": "door-token"}
    assert said(sent) == {
        "event_type": "create",
        "Id": MARK,
        "Title": "Checkout is down",
        "Urgency": "critical",
        "Tags": ["web"],
        "Meta": {"incident": True, "incident_severity": "SEV-2"},
    }


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("https://api.pagertree.com/integration/int_abc", "https://api.pagertree.com/integration/int_abc"),
        ("https://elsewhere.example.com/integration/int_abc", "https://api.pagertree.com/integration/int_abc"),
        ("http://api.pagertree.com/integration/int_abc", "https://api.pagertree.com/integration/int_abc"),
        ("int_a b", "https://api.pagertree.com/integration/int_a%20b"),
    ],
)
def test_a_page_and_its_token_go_to_the_host_of_the_api_only(name: str, url: str) -> None:
    door = Receiver(name, token="t", integration=True)
    assert request(Create("pagertree", MARK, replace(DRAFT, receivers=(door,)))).url == url


def test_beside_people_an_integration_is_left_out_and_the_people_are_paged() -> None:
    mixed = Create("pagertree", MARK, replace(DRAFT, receivers=(DOOR, Receiver("Databases"))))
    sent = request(mixed)
    assert (sent.url, said(sent)["destination_team_ids"]) == (f"{API}/alerts", ["TEAM-1"])


@pytest.mark.parametrize(("status", "verb"), [(Status.ACKNOWLEDGED, "acknowledge"), (Status.RESOLVED, "resolve")])
def test_an_advance_is_its_verb_without_a_body(status: Status, verb: str) -> None:
    sent = request(Advance("pagertree", MARK, status, "by Ada"))
    assert (sent.method, sent.url, sent.body) == ("POST", f"{API}/alerts/{ULID}/{verb}", None)


@pytest.mark.parametrize(("id_", "alias"), [(PREFIX, ULID), (ULID, PREFIX), (ULID, "")])
def test_paths_take_the_ulid_wherever_it_stands(id_: str, alias: str) -> None:
    assert request(RESOLVE, replace(MEMBER, id=id_, alias=alias)).url == f"{API}/alerts/{ULID}/resolve"


def test_a_prefix_id_is_used_where_nothing_else_is_known() -> None:
    assert request(RESOLVE, replace(MEMBER, alias="")).url == f"{API}/alerts/{PREFIX}/resolve"


def test_an_update_names_only_what_changes() -> None:
    sent = request(Update("pagertree", MARK, {"title": "t", "urgency": "low", "labels": {"a": "b"}}))
    assert (sent.method, sent.url) == ("PUT", f"{API}/alerts/{ULID}")
    assert said(sent) == {"title": "t", "urgency": "low"}


def test_an_incidents_page_stays_an_incident_when_its_severity_changes() -> None:
    sent = request(Update("pagertree", MARK, {"severity": "SEV-1"}))
    assert said(sent) == {"meta": {"incident": True, "incident_severity": "SEV-1"}}
    plain = request(Update("pagertree", MARK, {"severity": "SEV-1"}), link=replace(LINK, kind="alert"))
    assert said(plain) == {"meta": {"incident_severity": "SEV-1"}}


def test_a_note_is_a_comment_that_ends_with_the_mark_of_its_call() -> None:
    sent = request(NOTE)
    assert (sent.method, sent.url) == ("POST", f"{API}/alerts/{ULID}/comments")
    assert said(sent) == {"body": sign_text("Mitigated.", "call-1")}


def test_no_secret_shows_when_a_request_is_printed() -> None:
    shown = repr((request(CREATE), request(THROUGH), SETTINGS, THROUGH))
    assert "key-of-the-bridge" not in shown
    assert "door-token" not in shown
    assert "new-secret" not in shown


# -- what came of it ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201])
def test_a_create_is_done_when_the_answer_shows_the_alert(status: int) -> None:
    done = outcome(CREATE, answer({**sample("rest_alert"), "thirdparty_id": MARK}, status))
    assert isinstance(done, Done)
    assert (done.ref, done.drops_mark) == (ALERT, False)
    assert done.event is not None
    assert (done.event.status, done.event.mark, done.event.fresh) == (Status.OPEN, MARK, True)


@pytest.mark.parametrize("kept", [None, "disk-db-3"])
def test_an_answer_without_our_mark_says_that_it_was_dropped(kept: str | None) -> None:
    done = outcome(CREATE, answer({**sample("rest_alert"), "thirdparty_id": kept}))
    assert isinstance(done, Done)
    assert done.drops_mark


def test_an_advance_is_done_when_the_answer_shows_the_alert() -> None:
    done = outcome(ACKNOWLEDGE, answer(sample("rest_alert")))
    assert isinstance(done, Done)
    assert (done.ref, done.drops_mark) == (ALERT, False)


@pytest.mark.parametrize("body", [b"", b"{}", b"<!doctype html>One moment"])
def test_a_green_answer_that_shows_no_alert_proves_no_advance_so_it_is_read_again(body: bytes) -> None:
    assert isinstance(outcome(RESOLVE, answer(body, 200)), Refused)


def test_a_note_is_done_with_the_comments_own_ref() -> None:
    comment = sample("rest_comments_page")["data"][0]
    done = outcome(NOTE, answer(comment, 201))
    assert isinstance(done, Done)
    assert done.ref == Ref("pagertree", "comment", "01K9Q50C0MMENT7A9B1C3D5E7F", "cmt_Rg3Lw9HfCt5XnK")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"data": []}'])
@pytest.mark.parametrize("command", [CREATE, NOTE])
def test_a_green_answer_that_shows_nothing_proves_nothing(command: Command, body: bytes) -> None:
    assert isinstance(outcome(command, answer(body)), Unknown)


@pytest.mark.parametrize("command", [CREATE, THROUGH, NOTE])
@pytest.mark.parametrize(
    "lost", [answer({}, 500), answer(b"<html>", 502), answer({}, 408), NoAnswer(True, "no answer in 30 s")]
)
def test_what_must_not_be_doubled_is_unknown_after_a_lost_answer(command: Command, lost: Response | NoAnswer) -> None:
    assert isinstance(outcome(command, lost), Unknown)


@pytest.mark.parametrize("command", [ACKNOWLEDGE, RESOLVE, UPDATE])
@pytest.mark.parametrize("lost", [answer({}, 503), answer({}, 425), NoAnswer(True, "no answer in 30 s")])
def test_what_may_be_repeated_is_repeated(command: Command, lost: Response | NoAnswer) -> None:
    assert isinstance(outcome(command, lost), Retry)


@pytest.mark.parametrize("command", ALL)
def test_a_call_that_never_left_is_made_again(command: Command) -> None:
    assert outcome(command, NoAnswer(False, "refused")) == Retry("refused")


@pytest.mark.parametrize("command", ALL)
def test_a_rate_limit_is_waited_for_and_is_no_ailment(command: Command) -> None:
    limited = outcome(command, answer({}, 429, retry_after="7"))
    assert isinstance(limited, Retry)
    assert (limited.after, limited.limited, limited.ailing) == (7.0, True, False)


def test_a_wait_until_a_date_is_counted_by_the_vendors_clock() -> None:
    dates = {"retry_after": "Mon, 02 Mar 2026 10:00:30 GMT", "date": "Mon, 02 Mar 2026 10:00:00 GMT"}
    limited = outcome(RESOLVE, answer({}, 503, **dates))
    assert isinstance(limited, Retry)
    assert limited.after == 30.0


@pytest.mark.parametrize("command", [CREATE, RESOLVE, UPDATE, NOTE])
def test_a_refused_key_holds_everything_and_a_forbidden_call_only_itself(command: Command) -> None:
    unauthorized, forbidden = outcome(command, answer({}, 401)), outcome(command, answer({}, 403))
    assert isinstance(unauthorized, Retry)
    assert (unauthorized.auth, unauthorized.ailing) == (True, False)
    assert isinstance(forbidden, GiveUp)
    assert forbidden.forbidden


@pytest.mark.parametrize("command", [CREATE, RESOLVE, UPDATE, NOTE])
def test_a_redirect_is_not_followed_and_names_the_setting(command: Command) -> None:
    given_up = outcome(command, answer({}, 302))
    assert isinstance(given_up, GiveUp)
    assert "pagertree.api_url" in given_up.reason


@pytest.mark.parametrize("status", [400, 409, 422])
def test_an_advance_in_a_wrong_state_is_refused_and_judged_again(status: int) -> None:
    refused = outcome(RESOLVE, answer({"errors": [{"message": "is queued"}], "code": status}, status))
    assert refused == Refused(f"PagerTree answered {status}: is queued")


@pytest.mark.parametrize("command", [RESOLVE, UPDATE, NOTE])
@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_missing(command: Command, status: int) -> None:
    refused = outcome(command, answer({}, status))
    assert isinstance(refused, Refused)
    assert refused.missing


@pytest.mark.parametrize("status", [400, 404, 413, 422])
def test_a_create_that_can_never_work_is_given_up_with_the_vendors_words(status: int) -> None:
    given_up = outcome(CREATE, answer(sample("rest_error"), status))
    assert isinstance(given_up, GiveUp)
    assert "Title can't be blank; Urgency is not included in the list" in given_up.reason


@pytest.mark.parametrize("command", [CREATE, UPDATE, NOTE])
def test_a_conflict_that_is_about_no_state_is_tried_again(command: Command) -> None:
    assert isinstance(outcome(command, answer({}, 409)), Retry)


def test_the_vendors_words_are_kept_short_and_without_our_key() -> None:
    long = {"errors": [{"message": "key-of-the-bridge is no key" + "!" * 1000}, "odd", {"message": None}]}
    given_up = outcome(CREATE, answer(long, 422))
    assert isinstance(given_up, GiveUp)
    assert "… is no key" in given_up.reason
    assert len(given_up.reason) < 350


@pytest.mark.parametrize(
    ("status", "word"), [(402, "subscription"), (403, "token"), (404, "no integration"), (405, "switched off")]
)
def test_a_closed_integration_is_given_up_and_named(status: int, word: str) -> None:
    given_up = outcome(THROUGH, answer(b"", status))
    assert isinstance(given_up, GiveUp)
    assert word in given_up.reason
    assert not given_up.forbidden


def test_the_200_of_an_integration_is_no_proof_and_no_ailment() -> None:
    unknown = outcome(THROUGH, answer(b""))
    assert isinstance(unknown, Unknown)
    assert not unknown.ailing


def test_a_refused_create_has_no_milder_form() -> None:
    assert TARGET.milder(request(CREATE), Refused("no")) is None


# -- looking for what a lost answer did --------------------------------------------------------------------------------


def looked_up(command: Command) -> Request:
    found = TARGET.look_up(SETTINGS, command, MEMBER)
    assert found is not None
    return found


@pytest.mark.parametrize("command", [CREATE, THROUGH, RECHECK])
def test_an_unknown_create_is_looked_for_by_its_mark_newest_first(command: Command) -> None:
    asked = looked_up(command)
    assert (asked.method, asked.url) == ("GET", f"{API}/alerts")
    assert asked.params == {"thirdparty_id": MARK, "limit": "10", "sort": "created_at", "direction": "desc"}


def test_a_mark_that_travels_as_a_tag_is_looked_for_there() -> None:
    asked = looked_up(replace(CREATE, draft=replace(DRAFT, tags=("web", MARK))))
    assert asked == target.look_up_by_tag(SETTINGS, MARK)
    assert (asked.params["tags"], asked.params["ops"]) == (MARK, "tags:contains")


@pytest.mark.parametrize("command", [ACKNOWLEDGE, RESOLVE, UPDATE])
def test_what_may_be_repeated_needs_no_look(command: Command) -> None:
    assert TARGET.look_up(SETTINGS, command, MEMBER) is None


def test_a_recheck_is_its_look() -> None:
    assert request(RECHECK) == looked_up(RECHECK)


def test_found_are_the_alerts_with_the_mark_newest_first() -> None:
    base = sample("rest_alert")
    older = {
        **base,
        "id": "01K9Q4S0AA1B2C3D4E5F6G7H8J",
        "prefix_id": "alt_Jd4TnB8sVx1QyM",
        "created_at": "2026-03-01T00:00:00Z",
    }
    rows = (base, {**older, "thirdparty_id": MARK}, {**base, "thirdparty_id": None, "tag_list": [MARK]})
    found = TARGET.found(SETTINGS, RECHECK, "call-1", page(*rows))
    assert [(event.ref.id, event.mark, event.fresh) for event in found] == [
        (PREFIX, MARK, True),
        ("alt_Jd4TnB8sVx1QyM", MARK, True),
    ]


def test_a_mark_of_any_shape_is_found_by_its_command() -> None:
    command = replace(CREATE, of="uptime:7#1")
    found = TARGET.found(SETTINGS, command, "c", page({**sample("rest_alert"), "thirdparty_id": "uptime:7#1"}))
    assert [event.mark for event in found] == ["uptime:7#1"]


def test_a_lost_comment_is_found_by_the_mark_at_its_end() -> None:
    asked = looked_up(NOTE)
    assert (asked.method, asked.url) == ("GET", f"{API}/alerts/{ULID}/comments")
    theirs = sample("rest_comments_page")["data"][0]
    ours = {**theirs, "id": "01K9Q50C0MMENT7A9B1C3D5E7G", "body": sign_text("Mitigated.", "call-1")}
    found = TARGET.found(SETTINGS, NOTE, "call-1", page(theirs, ours))
    assert [(event.ref.id, event.mark) for event in found] == [("01K9Q50C0MMENT7A9B1C3D5E7G", text_code("call-1"))]
    assert TARGET.found(SETTINGS, NOTE, "call-2", page(theirs, ours)) == ()


# -- reading again -----------------------------------------------------------------------------------------------------


def test_an_alert_is_read_by_its_ulid_or_found_by_its_prefix_id() -> None:
    by_path, by_list = TARGET.reread(SETTINGS, ALERT), TARGET.reread(SETTINGS, replace(ALERT, alias=""))
    assert (by_path.method, by_path.url) == ("GET", f"{API}/alerts/{ULID}")
    assert (by_list.url, by_list.params["prefix_id"]) == (f"{API}/alerts", PREFIX)
    assert TARGET.addressable(ALERT)
    assert not TARGET.addressable(replace(ALERT, alias=""))


@pytest.mark.parametrize("shown", [answer(sample("rest_alert")), answer(sample("rest_alerts_page"))])
def test_a_re_read_fills_in_both_ids(shown: Response) -> None:
    event = TARGET.seen(replace(ALERT, alias=""), shown)
    assert event is not None
    assert (event.ref, event.status, event.says, event.fresh) == (ALERT, Status.OPEN, Says.STATE, True)


@pytest.mark.parametrize("absent", [answer({}, 404), page()])
def test_none_is_said_only_of_what_is_not_there(absent: Response) -> None:
    assert TARGET.seen(ALERT, absent) is None


@pytest.mark.parametrize(
    "mute",
    [
        answer({}, 500),
        answer({}, 401),
        answer(b"<html>"),
        answer({}),
        answer({"data": [{"id": "else"}], "has_more": True}),
    ],
)
def test_an_answer_that_does_not_tell_gives_no_status(mute: Response) -> None:
    event = TARGET.seen(ALERT, mute)
    assert event is not None
    assert (event.ref, event.status, event.gone, event.fresh) == (ALERT, None, False, False)
    assert TARGET.picked(ALERT, mute) is None


# -- lists -------------------------------------------------------------------------------------------------------------


def first(listings: tuple[Listing, ...]) -> Listing:
    return listings[0]


def test_every_live_status_is_listed_by_itself() -> None:
    listings = TARGET.listings(SETTINGS)
    assert [listing.first.params["status"] for listing in listings] == [
        "queued", "open", "acknowledged", "dropped", "suppressed",
    ]  # fmt: skip
    assert {(listing.kind, listing.first.url, listing.first.params["limit"]) for listing in listings} == {
        ("alert", f"{API}/alerts", "100")
    }


def test_a_page_of_alerts_shows_each_with_what_is_worth_keeping() -> None:
    shown = TARGET.read_page(first(TARGET.listings(SETTINGS)), answer(sample("rest_alerts_page")))
    assert [(event.ref.id, event.phase, event.fresh) for event in shown.events] == [
        (PREFIX, Phase.NONE, True),
        ("alt_Jd4TnB8sVx1QyM", Phase.DROPPED, True),
    ]
    assert (len(shown.raw), shown.total) == (2, 3)


def test_the_next_page_holds_what_is_older_and_the_last_millisecond_once_more() -> None:
    shown = TARGET.read_page(first(TARGET.listings(SETTINGS)), answer(sample("rest_alerts_page")))
    assert shown.after is not None
    assert shown.after.params == {
        "status": "queued",
        "limit": "100",
        "sort": "created_at",
        "direction": "desc",
        "ops": "created_at:lt",
        "created_at": "2026-03-02T09:10:00.001Z",
    }


def test_a_page_within_one_millisecond_does_not_come_again() -> None:
    shown = TARGET.read_page(first(TARGET.listings(SETTINGS)), page(sample("rest_alert"), more=True))
    assert shown.after is not None
    assert shown.after.params["created_at"] == "2026-03-02T09:14:05.120Z"


def test_the_last_page_has_none_behind_it() -> None:
    assert TARGET.read_page(first(TARGET.listings(SETTINGS)), page(sample("rest_alert"))).after is None


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        [],
        {"alerts": [], "has_more": False},
        {"data": []},
        {"data": {}, "has_more": False},
        {"data": [], "has_more": "no"},
        {"data": [], "has_more": True},
        {"data": [1], "has_more": False},
        {"data": [{"title": "no id"}], "has_more": False},
        {"data": [{"id": ULID}], "has_more": True},
        {"data": list(reversed(sample("rest_alerts_page")["data"])), "has_more": True},
    ],
)
def test_half_a_list_is_no_list(body: object) -> None:
    with pytest.raises(Unlistable):
        TARGET.read_page(first(TARGET.listings(SETTINGS)), answer(body))


def test_everybody_who_can_be_paged_is_known_by_every_name() -> None:
    listings = TARGET.directories(SETTINGS)
    samples = ("rest_teams", "rest_routers", "rest_account_users")
    known = [
        entry
        for listing, name in zip(listings, samples, strict=True)
        for entry in TARGET.read_directory(listing, answer(sample(name)))[0]
    ]
    directory = Directory(tuple(known))
    users = "01K9Q0VSER2H4J6K8M0N2P4Q6R"
    for name in ("Mara Lind", "mara@example.com", "acu_Sx6Ym1GkZr4TbN", "usr_Hn5Rq2TzGm7PkL", users):
        assert (directory.find(name) or known[0]).id == users
    assert [entry.kind for entry in known] == ["team", "router", "user"]


def test_a_directory_of_several_pages_goes_on_and_a_broken_one_is_none() -> None:
    (team,) = sample("rest_teams")["data"]
    listing = first(TARGET.directories(SETTINGS))
    _, after = TARGET.read_directory(listing, page(team, more=True))
    assert after is not None
    assert after.params["ops"] == "created_at:lt"
    with pytest.raises(Unlistable):
        TARGET.read_directory(listing, page({"name": "Databases"}))


def test_the_probe_is_one_cheap_read() -> None:
    probe = TARGET.probe(SETTINGS)
    assert (probe.method, probe.url, probe.params) == ("GET", f"{API}/teams", {"limit": "1"})
