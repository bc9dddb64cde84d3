"""`/api/v1/pages` at the door: who may, what is refused and why, and that nothing waits for PagerTree."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from bridge.app import Parts, assemble
from bridge.config import load_config
from bridge.flows import surgery
from bridge.flows.process import process_one
from bridge.flows.replay import replay
from bridge.model import Decision, Link, Member, Ref, Status, Trouble, Verdict
from bridge.web.front import create_app
from tests.web.doors import CONFIG, OPERATOR, READER, SECOND, bearer

KEY = {"Idempotency-Key": "once"}
PAGE = {"title": "Look", "teams": ["tem_payments"]}
UUID = "0f3b1c5e-7c9c-4e7a-9c57-3a5d9e4f1a2b"


def ask(client: Client, path: str = "", body: object = PAGE, method: str = "POST", **headers: str) -> TestResponse:
    said = {**bearer(OPERATOR), "Content-Type": "application/json", **headers}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.open(f"/api/v1/pages{path}", method=method, data=content, headers=said)


def placed(client: Client, body: Mapping[str, Any] = PAGE, **headers: str) -> dict[str, Any]:
    answer = ask(client, "", body, **headers)
    assert answer.status_code == 200, answer.json
    return dict(answer.json or {})


def owed(parts: Parts, **filters: str) -> list[dict[str, Any]]:
    with parts.store.reports() as reports:
        return list(reversed(reports.calls(filters, 100)))


def receivers(parts: Parts) -> list[str]:
    (create,) = owed(parts, kind="create")
    return [receiver["name"] for receiver in create["command"]["draft"]["receivers"]]


def test_a_page_is_owed_and_named_before_it_is_answered(client: Client, parts: Parts):
    answer = placed(client)
    mark = f"page:{answer['page']}#1"
    assert answer == {
        "link": answer["page"],
        "page": answer["page"],
        "status": "open",
        "mark": mark,
        "pagertree_alert": None,
    }
    assert [(call["kind"], call["of"], call["state"]) for call in owed(parts)] == [("create", mark, "owed")]


def test_its_delivery_is_shown_with_its_words_its_link_and_whose_token_it_was(client: Client, parts: Parts):
    answer = placed(client)
    with parts.store.reports() as reports:
        (row,) = reports.deliveries({"source": "page"}, 10)
        whole = reports.delivery(str(row["id"]))
        audit = [(entry["actor"], entry["subject"]) for entry in reports.audit(10)]
    assert (row["verdict"], row["links"]) == ("applied", [answer["link"]])
    assert ("operator", answer["link"]) in audit
    assert json.loads(whole["body"]) == {"action": "page", "actor": "operator", "page": answer["page"], **PAGE}


def test_only_a_token_that_may_operate_pages(client: Client):
    for path, method in (("", "POST"), ("/x", "PATCH"), ("/x/acknowledge", "POST"), ("/x/resolve", "POST")):
        assert ask(client, path, PAGE, method, **bearer(READER)).status_code == 403
        assert ask(client, path, PAGE, method, Authorization="Bearer wrong").status_code == 401
    assert ask(client, "", PAGE, "GET").status_code == 405


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "title"),
        ({"title": 5}, "title"),
        ({**PAGE, "urgency": "loud"}, "urgency: write one of auto, critical, high, medium, low, silent"),
        ({**PAGE, "severity": "SEV-9"}, "severity: write one of auto, SEV-1"),
        ({**PAGE, "incident": "perhaps"}, "incident: write true or false"),
        ({**PAGE, "teams": [5]}, "teams: write a name or an id"),
        ({**PAGE, "users": {"phone": "1"}}, "users: write a name or an id"),
        ({**PAGE, "tags": [1]}, "tags: write a list of texts"),
        ({**PAGE, "incident_id": "INC-12"}, "incident_id: write the id of a Rootly incident, a UUID"),
        ({**PAGE, "tittle": "x"}, "tittle: is not a field; known are title"),
    ],
)
def test_what_is_wrong_is_refused_by_the_name_of_its_field(client: Client, parts: Parts, body: object, named: str):
    answer = ask(client, "", body)
    assert (answer.status_code, (answer.json or {})["error"]) == (422, "invalid")
    assert named in (answer.json or {})["message"]
    assert owed(parts) == []


def test_a_body_that_is_no_json_object_is_refused(client: Client):
    assert ask(client, "", b"[1]").status_code == 400
    assert ask(client, "", b'{"title": "a" quote"}').status_code == 400


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("Payments", ["Payments"]),
        (["Payments", None, "", "Payments"], ["Payments"]),
        ({"id": "tem_abc", "name": "Payments"}, ["tem_abc"]),
        ([{"id": "01G9ZDGQ0N0000000000000020", "name": "Payments"}], ["01G9ZDGQ0N0000000000000020"]),
        ([{"id": "3f1c", "name": "Payments", "slug": "payments"}], ["Payments"]),
        ([{"id": "3f1c", "pagertree_id": "tem_abc", "name": "Payments"}], ["tem_abc"]),
        ([{"email": "ada@example.com"}], ["ada@example.com"]),
    ],
)
def test_a_receiver_is_a_text_an_object_or_a_list_of_those(client: Client, parts: Parts, given: Any, meant: list[str]):
    placed(client, {"title": "Look", "teams": given, "users": None, "urgency": "", "description": None})
    assert receivers(parts) == meant


def test_words_are_taken_in_the_spellings_there_are(client: Client, parts: Parts):
    placed(client, {**PAGE, "urgency": " High ", "severity": "sev_1", "incident": "true", "title": "a \ud800 b"})
    draft = owed(parts)[0]["command"]["draft"]
    assert (draft["urgency"], draft["severity"], draft["incident"]) == ("high", "SEV-1", True)
    assert draft["title"] == "a \N{REPLACEMENT CHARACTER} b"


# -- twice -------------------------------------------------------------------------------------------------------------


class Clock:
    """A wall clock that the test sets."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(tmp_path: Path, clock: Clock) -> Iterator[Client]:
    """A bridge that lives in the test's own time."""
    (tmp_path / "config.yaml").write_text(CONFIG)
    parts = assemble(load_config(tmp_path / "config.yaml", {}), clock)
    yield Client(create_app(parts))
    parts.transport.close()
    parts.store.close()


def test_the_same_words_are_one_page_for_ten_minutes_from_the_first(timed: Client, clock: Clock):
    first = placed(timed)
    clock.now += timedelta(minutes=9)
    assert placed(timed, {"teams": "tem_payments", "title": "Look"}) == {**first, "duplicate": True}
    clock.now += timedelta(minutes=2)
    later = placed(timed)
    assert later["page"] != first["page"]
    assert placed(timed) == {**later, "duplicate": True}


def test_the_same_words_are_another_page_when_the_first_came_while_the_clock_was_ahead(timed: Client, clock: Clock):
    first = placed(timed)
    clock.now -= timedelta(minutes=44)
    later = placed(timed)
    assert later["page"] != first["page"]
    assert placed(timed) == {**later, "duplicate": True}


def test_other_words_or_another_token_are_another_page(client: Client):
    pages = {placed(client)["page"], placed(client, {**PAGE, "urgency": "low"})["page"]}
    assert len(pages | {placed(client, **bearer(SECOND))["page"]}) == 3


def test_a_key_is_the_same_page_for_ever_for_the_token_that_gave_it(timed: Client, clock: Clock):
    first = placed(timed, **KEY)
    clock.now += timedelta(days=2)
    assert placed(timed, **KEY) == {**first, "duplicate": True}
    assert placed(timed, **KEY, **bearer(SECOND))["page"] != first["page"]


def test_a_key_with_other_words_is_refused_and_changes_nothing(client: Client, parts: Parts):
    page = placed(client, **KEY)["page"]
    for path, body in (("", {**PAGE, "title": "Other"}), (f"/{page}/resolve", {})):
        answer = ask(client, path, body, **KEY)
        assert (answer.status_code, (answer.json or {})["error"]) == (409, "conflict")
    assert [call["state"] for call in owed(parts)] == ["owed"]


@pytest.mark.parametrize("key", [" ", "x" * 201])
def test_a_key_that_is_none_is_refused(client: Client, key: str):
    assert ask(client, "", PAGE, **{"Idempotency-Key": key}).status_code == 400


def test_a_key_makes_a_change_happen_once(client: Client, parts: Parts):
    page = placed(client)["page"]
    for title in ("Two", "Three"):
        assert ask(client, f"/{page}", {"title": title}, "PATCH", **{"Idempotency-Key": title}).status_code == 200
    assert (ask(client, f"/{page}", {"title": "Two"}, "PATCH", **{"Idempotency-Key": "Two"}).json or {})["duplicate"]
    (update,) = owed(parts, kind="update")
    assert update["command"]["fields"] == {"title": "Three"}


def test_a_replayed_page_pages_nobody_again(client: Client, parts: Parts):
    placed(client)
    with parts.store.reports() as reports:
        (row,) = reports.deliveries({}, 10)
    replay(parts, [str(row["id"])], "test")
    (delivery,) = parts.store.write(lambda tx: tx.claim_deliveries(10, timedelta(seconds=60)))
    process_one(parts, delivery, 0.5)
    with parts.store.reports() as reports:
        assert reports.deliveries({}, 10)[0]["reason"] == "paged already"
    assert len(owed(parts)) == 1


# -- moved and changed -------------------------------------------------------------------------------------------------


def test_a_page_resolved_before_it_left_never_leaves(client: Client, parts: Parts):
    page = placed(client)["page"]
    assert (ask(client, f"/{page}/resolve", {}).json or {})["status"] == "resolved"
    assert [(call["kind"], call["state"]) for call in owed(parts)] == [("create", "superseded")]
    assert (ask(client, f"/{page}/resolve", {}).json or {})["status"] == "resolved"


def test_a_move_needs_no_body_and_passes_over_what_it_does_not_know(client: Client, parts: Parts):
    page = placed(client)["page"]
    content = {"alert": {"id": 1}, "by": {"full_name": "Ada Novak"}, "note": None}
    assert client.post(f"/api/v1/pages/{page}/acknowledge", headers=bearer(OPERATOR)).status_code == 200
    assert ask(client, f"/{page}/resolve", content).status_code == 200
    with parts.store.reports() as reports:
        reasons = [row["reason"] for row in reports.deliveries({}, 10)]
    assert [reason.partition(":")[0] for reason in reasons[:2]] == [
        "resolved on request of Ada Novak",
        "acknowledged on request of operator",
    ]


@pytest.mark.parametrize("move", ["/acknowledge", "/resolve"])
def test_a_move_on_a_paused_link_says_that_it_waits_and_is_done_at_the_resume(client: Client, parts: Parts, move: str):
    link = placed(client)["link"]
    surgery.pause(parts, link, "Ada")
    answer = ask(client, f"/{link}{move}", {})
    assert (answer.status_code, answer.json["status"]) == (200, "open")
    assert "paused" in answer.json["note"]
    surgery.resume(parts, link, "Ada")
    for delivery in parts.store.write(lambda tx: tx.claim_deliveries(10, timedelta(minutes=1))):
        process_one(parts, delivery, 0.5)
    assert ask(client, f"/{link}{move}", {}).json["status"] == f"{move[1:].removesuffix('e')}ed"


@pytest.mark.parametrize("move", ["/acknowledge", "/resolve"])
def test_a_move_on_a_link_taken_apart_is_refused_and_leaves_no_trace(client: Client, parts: Parts, move: str):
    link = placed(client)["link"]
    surgery.unlink(parts, link, "Ada")
    answer = ask(client, f"/{link}{move}", {}, **KEY)
    assert (answer.status_code, answer.json["error"]) == (409, "conflict")
    assert "taken apart" in answer.json["message"]
    with parts.store.reports() as reports:
        assert len(reports.deliveries({"source": "page"}, 10)) == 1


def test_an_id_that_nobody_knows_is_told(client: Client):
    for path, method in (("/alt_none", "PATCH"), ("/alt_none/acknowledge", "POST"), (f"/{UUID}/resolve", "POST")):
        answer = ask(client, path, {"title": "x"}, method)
        assert (answer.status_code, "Nothing here has this id" in (answer.json or {})["message"]) == (404, True)


def test_a_change_must_say_what_and_a_page_that_is_over_is_not_changed(client: Client):
    page = placed(client)["page"]
    assert "Say what is to change" in (ask(client, f"/{page}", {}, "PATCH").json or {})["message"]
    assert ask(client, f"/{page}", {"tags": ["x"]}, "PATCH").status_code == 422
    ask(client, f"/{page}/resolve", {})
    answer = ask(client, f"/{page}", {"title": "Late"}, "PATCH").json or {}
    assert (answer["status"], answer["note"]) == ("resolved", "no live page of ours is there to change")


# -- incidents, where neither system answers ---------------------------------------------------------------------------


def test_rootly_down_stops_no_page(client: Client, parts: Parts):
    answer = placed(client, {"incident_id": UUID.upper(), "teams": "tem_payments"})
    assert answer["note"].startswith("Rootly did not tell of the incident")
    draft = owed(parts)[0]["command"]["draft"]
    assert (draft["title"], draft["incident"]) == (f"Rootly incident {UUID}", True)


def test_who_is_on_call_is_tried_and_the_timeline_says_at_least_who_was_paged(client: Client, parts: Parts):
    _known_incident(parts)
    answer = placed(client, {"incident_id": UUID, "teams": "tem_payments"})
    assert answer["note"].startswith("The timeline does not say who is on call")
    assert answer["link"] != answer["page"]
    (note,) = owed(parts, kind="note")
    assert (note["target"], note["command"]["text"]) == ("rootly", "Paged tem_payments.")
    assert placed(client, {"incident_id": UUID, "teams": "tem_payments"})["duplicate"]
    assert len(owed(parts, kind="note")) == 1


def test_who_is_paged_is_owed_with_the_page_though_the_bridge_dies_before_it_knows_more(
    client: Client, parts: Parts, monkeypatch: pytest.MonkeyPatch
):
    _known_incident(parts)
    monkeypatch.setattr("bridge.flows.incident_pages.announce", lambda *_: "dead by then")
    placed(client, {"incident_id": UUID, "teams": "tem_payments"})
    (note,) = owed(parts, kind="note")
    assert (note["state"], note["command"]["text"], note["command"]["wait"]) == ("owed", "Paged tem_payments.", 10.0)


def test_a_held_incident_is_not_joined(client: Client, parts: Parts):
    link = _known_incident(parts)
    parts.store.write(lambda tx: tx.hold(link.id, "Ada"))
    answer = placed(client, {"incident_id": UUID, "teams": "tem_payments"})
    assert (answer["link"], "held" in answer["note"]) == (answer["page"], True)


def _known_incident(parts: Parts) -> Link:
    origin = Ref("rootly", "incident", UUID)
    home = Member("rootly", "incident", UUID, UUID, status=Status.OPEN)
    link = Link("", "incident", origin, Trouble(title="Checkout down"), (home,), datetime.now(UTC))
    stored = parts.store.write(lambda tx: tx.apply(Decision(Verdict.APPLIED, "", link), "")).link
    assert stored is not None
    return stored
