"""What every answer is used for beside its words: our secrets are taken out of it, and its clock is compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import structlog

from bridge.app import Parts
from bridge.flows.exchange import exchange
from bridge.model import Request, Response
from tests.e2e.histories import Lab


@pytest.fixture(autouse=True)
def every_level() -> Iterator[None]:
    """Whatever an earlier test let through."""
    before = structlog.get_config()
    structlog.reset_defaults()
    yield
    structlog.configure(**before)


class Saying:
    """A transport whose systems say one thing."""

    def __init__(self, answer: Response) -> None:
        self._answer = answer

    def send(self, _request: Request) -> Response:
        return self._answer


def told(parts: Parts, answer: Response, method: str = "GET") -> Response:
    found = exchange(
        replace(parts, transport=Saying(answer)), Request(method, "http://127.0.0.1:1/", budget="rootly.read")
    )
    assert isinstance(found, Response)
    return found


def dated(off: timedelta) -> Response:
    """By a system whose clock is so far off ours."""
    return Response(200, {"date": format_datetime(datetime.now(UTC) + off, usegmt=True)}, b"{}")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_our_key_is_taken_out_of_every_answer_a_refusal_included(lab: Lab, method: str) -> None:
    key = lab.parts.config.rootly.api_key.get_secret_value()
    assert key.encode() not in told(lab.parts, Response(400, {}, f"you sent {key}".encode()), method).body


def test_a_clock_that_is_off_by_more_than_half_a_minute_is_told_once_and_its_mending_too(lab: Lab) -> None:
    with structlog.testing.capture_logs() as log:
        for off in (0, 100, 90, -2, 3):
            told(lab.parts, dated(timedelta(seconds=off)))
    assert [(line["event"], line.get("seconds")) for line in log if line["event"].startswith("clock")] == [
        ("clock.skew", pytest.approx(-100, abs=20)),
        ("clock.right", None),
    ]


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Foo 2026 99:99:99 GMT", "Mon, 02 Mar 99999 09:00:00 GMT"])
def test_an_answer_without_a_date_that_can_be_read_says_nothing_of_clocks(lab: Lab, date: str) -> None:
    with structlog.testing.capture_logs() as log:
        told(lab.parts, Response(200, {"date": date}, b"{}"))
    assert log == []
