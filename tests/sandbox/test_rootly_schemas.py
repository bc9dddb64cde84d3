"""The simulated Rootly's answers against Rootly's own OpenAPI document.

Genuine answers break that document in places, and so do ours, on purpose; `DEVIATIONS` is the whole list.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator

from bridge.sandbox.rootly import Switches, start

DOCUMENT = json.loads((Path(__file__).parents[1] / "rootly-openapi.json").read_text())
HEADERS = {"Authorization": "Bearer key", "Content-Type": "application/vnd.api+json"}

DEVIATIONS = (
    # recorded answers of an alert's own events carry no alert_id; the feed's do
    r"/events: attributes: 'alert_id' is a required property",
    # people embedded in alerts and their events are raw rows, and those have no `name`
    r"(responders|notified_users|user): 'name' is a required property",
    r"notification_target_type: None is not (one of|of type)",
    r"short_id: None is not of type 'string'",
)


def plain(schema: Any) -> Any:
    """OpenAPI 3.0 in JSON Schema's words: `nullable` becomes a type of its own, but an enum must name null itself."""
    if isinstance(schema, list):
        return [plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: plain(value) for name, value in schema.items() if name not in ("nullable", "example", "$schema")}
    nullable = schema.get("nullable") is True and None in schema.get("enum", [None])
    return {"anyOf": [kept, {"type": "null"}]} if nullable else kept


SCHEMAS = plain(DOCUMENT["components"]["schemas"])


def faults(method: str, path: str, answer: requests.Response) -> list[str]:
    """What breaks the document's schema for this operation and status."""
    operation = DOCUMENT["paths"][path][method.lower()]
    content = operation["responses"][str(answer.status_code)].get("content", {})
    assert answer.headers["Content-Type"].partition(";")[0] in content, answer.headers
    schema = plain(next(iter(content.values()))["schema"]) | {"components": {"schemas": SCHEMAS}}
    return sorted({line for error in Draft202012Validator(schema).iter_errors(answer.json()) for line in told(error)})


def told(error: Any) -> Iterator[str]:
    """The innermost complaints, each behind the last named part of its place; a complaint about null itself is none."""
    inner = [one for one in error.context or () if not (one.validator == "type" and one.validator_value == "null")]
    if inner:
        for one in inner:
            yield from told(one)
        return
    named = [part for part in error.absolute_path if isinstance(part, str)]
    yield f"{named[-1] if named else 'document'}: {error.message[:200]}"


@pytest.fixture(scope="module")
def answers() -> Iterator[list[tuple[str, str, requests.Response]]]:
    rootly = start(Switches("key", short_ids="sometimes", webhook_url="http://127.0.0.1:9"))
    with requests.Session() as session:
        yield list(walk(rootly.url, session))
    rootly.close()


def walk(url: str, session: requests.Session) -> Iterator[tuple[str, str, requests.Response]]:
    """One call of every kind of operation the simulator has."""

    def ask(method: str, path: str, attributes: dict | None = None, **names: str) -> Any:
        body = None if attributes is None else json.dumps({"data": {"type": "x", "attributes": attributes}})
        answer = session.request(method, url + path.format(**names), data=body, headers=HEADERS, timeout=10)
        done.append((method, path, answer))
        return answer.json().get("data")

    done: list[tuple[str, str, requests.Response]] = []
    for path in ("users/me", "users", "teams", "services", "severities", "alert_urgencies", "ip_ranges"):
        ask("GET", f"/v1/{path}")
    service = ask("GET", "/v1/services")[0]["id"]
    labels = [{"key": "pagertree_status", "value": "open"}]
    given = {
        "summary": "Disk full",
        "status": "triggered",
        "labels": labels,
        "service_ids": [service],
        "data": {"a": 1},
    }
    ask("POST", "/v1/alerts", {"summary": "Plain"})
    alert = ask("POST", "/v1/alerts", given)["id"]
    ask("POST", "/v1/alerts", {})
    severity = ask("GET", "/v1/severities")[0]["id"]
    team = ask("GET", "/v1/teams")[0]["id"]
    incident = ask("POST", "/v1/incidents", {"title": "Down", "severity_id": severity, "group_ids": [team]})["id"]
    ask("POST", "/v1/incidents/{incident_id}/alerts", {"alert_ids": [alert]}, incident_id=incident)
    ask("GET", "/v1/incidents/{incident_id}/alerts", incident_id=incident)
    entry = ask("POST", "/v1/incidents/{incident_id}/events", {"event": "On it"}, incident_id=incident)["id"]
    ask("GET", "/v1/incidents/{incident_id}/events", incident_id=incident)
    ask("POST", "/v1/incidents/{incident_id}/events", {}, incident_id=incident)
    ask("GET", "/v1/events/{id}", id=entry)
    ask("PUT", "/v1/events/{id}", {"event": "On it now"}, id=entry)
    for verb in ("mitigate", "resolve", "restart", "cancel", "in_triage"):
        ask("PUT", f"/v1/incidents/{{id}}/{verb}", {}, id=incident)
    ask("PUT", "/v1/incidents/{id}", {"summary": "News"}, id=incident)
    ask("GET", "/v1/incidents/{id}", id=incident)
    ask("GET", "/v1/incidents")
    ask("PATCH", "/v1/alerts/{id}", {"description": "More"}, id=alert)
    ask("POST", "/v1/alerts/{id}/acknowledge", id=alert)
    ask("POST", "/v1/alerts/{id}/acknowledge", id=alert)
    ask("POST", "/v1/alerts/{id}/snooze", {"delay_minutes": 5}, id=alert)
    ask("POST", "/v1/alerts/{alert_id}/events", {"kind": "note", "details": "Hm"}, alert_id=alert)
    ask("GET", "/v1/alerts/{alert_id}/events", alert_id=alert)
    ask("POST", "/v1/alerts/{id}/resolve", {}, id=alert)
    ask("GET", "/v1/alerts/{id}", id=alert)
    ask("GET", "/v1/alerts/{id}", id="none")
    ask("GET", "/v1/alerts")
    ask("GET", "/v1/alert_events")
    endpoint = ask("POST", "/v1/webhooks/endpoints", {"name": "A", "url": "https://a.example", "enabled": False})["id"]
    ask("PUT", "/v1/webhooks/endpoints/{id}", {"name": "B"}, id=endpoint)
    home = next(row["id"] for row in ask("GET", "/v1/webhooks/endpoints") if row["id"] != endpoint)
    delivery = ask("GET", "/v1/webhooks/endpoints/{endpoint_id}/deliveries", endpoint_id=home)[0]["id"]
    ask("GET", "/v1/webhooks/deliveries/{id}", id=delivery)
    ask("POST", "/v1/webhooks/deliveries/{id}/deliver", id=delivery)
    ask("DELETE", "/v1/incidents/{id}", id=incident)
    yield from done


def test_every_answer_keeps_to_the_document_but_for_the_known_deviations(answers: list) -> None:
    assert len(answers) > 45
    broken = {f"{method} {path}: {line}" for method, path, answer in answers for line in faults(method, path, answer)}
    assert [line for line in sorted(broken) if not any(re.search(one, line) for one in DEVIATIONS)] == []


@pytest.mark.parametrize("deviation", DEVIATIONS)
def test_each_known_deviation_really_happens(answers: list, deviation: str) -> None:
    lines = [f"{method} {path}: {line}" for method, path, answer in answers for line in faults(method, path, answer)]
    assert any(re.search(deviation, line) for line in lines)


def test_alert_answers_carry_undocumented_columns(answers: list) -> None:
    shown = [json.dumps(answer.json()) for _, path, answer in answers if path == "/v1/alerts/{id}"]
    assert any("session_token" in text and "pagertree_alert_url" in text for text in shown)
