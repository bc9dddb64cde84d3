"""Resyncs: what was found, and a new one from the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bridge.app import Parts
from tests.e2e.harness import until
from tests.web.console.browser import NAME, Browser
from tests.web.console.looking import HOSTILE, assert_harmless, looking

Seen = tuple[Browser, Parts]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    with looking(tmp_path_factory.mktemp("bridge")) as found:
        yield found


def kept(parts: Parts, id_: str, state: str = "done", **detail: Any) -> None:
    now = parts.clock()
    found = [{"kind": "ahead", "object": HOSTILE, "link": "01L"}]
    told = {"plan": False, "actor": "schedule", "why": HOSTILE, "seen": {"a": 1}, "drifts": {"ahead": 1}, "missed": 0,
            "refusals": {}, "seconds": 1.25, "found": found, **detail}  # fmt: skip
    row = {"id": id_, "started_at": now, "finished_at": now, "state": state, "seen": 1, "drifts": 1, "calls": 2}
    parts.store.write(lambda tx: tx.record_run({**row, "detail": told}))


def test_runs_are_listed_and_shown_and_stay_text(seen: Seen) -> None:
    browser, parts = seen
    kept(parts, "01RUN")
    listed, one = browser.get("/resyncs").text, browser.get("/resyncs/01RUN").text
    assert 'href="/resyncs/01RUN"' in listed
    assert "1 difference found" in one
    assert 'href="/links/01L"' in one
    assert_harmless(listed)
    assert_harmless(one)


def test_a_plan_says_that_nothing_was_changed_and_offers_to_run_it(seen: Seen) -> None:
    browser, parts = seen
    kept(parts, "01PLAN", plan=True)
    text = browser.get("/resyncs/01PLAN").text
    assert "nothing was changed" in text
    assert "Run it now" in text


def test_one_that_runs_refreshes_itself_and_one_that_ended_does_not(seen: Seen) -> None:
    browser, parts = seen
    kept(parts, "01RUNS", "running")
    kept(parts, "01ENDED")
    assert "every 2s" in browser.get("/resyncs/01RUNS").text
    assert "every 2s" not in browser.get("/resyncs/01ENDED").text


@pytest.mark.parametrize("fields", [{"plan": "yes"}, {}], ids=["plan", "run"])
def test_one_begins_at_a_press_and_is_in_the_audit_by_name(seen: Seen, fields: dict[str, str]) -> None:
    browser, parts = seen
    sent = browser.post("/resyncs", fields, on="/resyncs")
    assert sent.status_code == 303
    run = sent.headers["Location"].rpartition("/")[2]
    assert "has begun" in browser.get(sent.headers["Location"]).text
    until(lambda: "running" not in browser.get(f"/resyncs/{run}", HX_Request="true").text, 20)
    with parts.store.reports() as reports:
        (entry,) = [row for row in reports.audit(50) if row["subject"] == run]
    assert (entry["actor"], entry["detail"]) == (NAME, "plan" if fields else "")


def test_what_is_not_there_is_said_as_a_page(seen: Seen) -> None:
    answer = seen[0].get("/resyncs/01NONE")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
