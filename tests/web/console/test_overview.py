"""The first page: one line that can be acted on, and everything else below it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.app import Parts
from bridge.model import Circuit, Hook, Settlement
from tests.flows.supposing import alert, incident, judged
from tests.web.console.browser import Browser
from tests.web.console.looking import HOSTILE, assert_harmless, looking


@pytest.fixture
def seen(tmp_path: Path) -> Iterator[tuple[Browser, Parts]]:
    with looking(tmp_path) as found:
        yield found


def held(parts: Parts, why: str) -> None:
    since = parts.clock() - timedelta(minutes=5)
    parts.store.write(lambda tx: tx.set_circuit(Circuit("pagertree", True, since, since, why)))


def test_where_nothing_is_wrong_it_says_that_pages_flow(seen: tuple[Browser, Parts]) -> None:
    page = seen[0].get("/")
    assert page.status_code == 200
    assert "Pages flow." in page.text
    assert "What hinders" not in page.text


def test_what_hinders_is_said_with_its_mend_and_the_way_to_it(seen: tuple[Browser, Parts]) -> None:
    browser, parts = seen
    held(parts, "pagertree refuses our API key (401)")
    judged(parts, "rootly", Hook(b"{"))
    text = browser.get("/").text
    assert "Calls to PagerTree are held: pagertree refuses our API key (401)" in text
    assert 'href="/calls?state=owed&amp;target=pagertree"' in text
    assert 'href="/deliveries?verdict=quarantined"' in text
    assert "bridge doctor --online" in text


def test_lag_stands_there_as_a_course_and_as_numbers(seen: tuple[Browser, Parts]) -> None:
    browser, parts = seen
    judged(parts, "pagertree", alert())
    (call,) = parts.store.write(lambda tx: tx.claim_calls(1, timedelta(seconds=60), ["rootly"]))
    parts.store.write(lambda tx: tx.settle(call, Settlement("done", "201")))
    text = browser.get("/").text
    assert "Lag to Rootly as numbers" in text
    assert "1 call in the last hour" in text


def test_a_poll_brings_only_the_part_that_lives(seen: tuple[Browser, Parts]) -> None:
    part = seen[0].get("/", HX_Request="true").text
    assert "Pages flow." in part
    assert "<html" not in part


def test_backlog_leads_to_the_calls_of_its_lane(seen: tuple[Browser, Parts]) -> None:
    browser, parts = seen
    judged(parts, "rootly", incident())
    assert 'href="/calls?state=owed&amp;target=pagertree&amp;lane=pages">pages&nbsp;1' in browser.get("/").text


def test_what_others_wrote_stays_text(seen: tuple[Browser, Parts]) -> None:
    browser, parts = seen
    held(parts, HOSTILE)
    assert_harmless(browser.get("/").text)


def test_strangers_are_sent_to_the_login(seen: tuple[Browser, Parts]) -> None:
    browser, _ = seen
    browser.client.delete_cookie("bridge")
    pages = ("/", "/resyncs", "/resyncs/x", "/integrations", "/integrations/int_shop", "/rules", "/settings")
    assert {browser.get(page).status_code for page in pages} == {303}


def test_how_many_links_are_paused_is_said_with_the_way_to_them(seen: tuple[Browser, Parts]) -> None:
    browser, parts = seen
    judged(parts, "pagertree", alert())
    with parts.store.reports() as reports:
        (link,) = reports.ids("links", {}, 9)
    assert "<strong>0</strong> Paused links" in browser.get("/").text
    parts.store.write(lambda tx: tx.hold(link, "ada"))
    assert '<a href="/links?status=held"><strong>1</strong> Paused links</a>' in later(browser)


def test_what_has_a_button_here_names_no_command(seen: tuple[Browser, Parts]) -> None:
    browser, parts = seen
    judged(parts, "rootly", Hook(b"{"))
    text = browser.get("/").text
    assert "not understood in the last day" in text
    assert "bridge deliveries" not in text


def later(browser: Browser) -> str:
    """What a page shows is computed once in two seconds for all that ask: this asks another address."""
    return str(browser.get("/?later").text)
