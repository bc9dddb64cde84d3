"""What people do on the pages: each action does its one thing, in their name, and only when our own page asks."""

from collections.abc import Callable
from typing import Any

import pytest

from bridge.app import Parts
from tests.web.console.browser import NAME, Browser, audit
from tests.web.console.world import Page, delivery, page, tried


def act(browser: Browser, path: str, **fields: Any) -> str:
    """Sends the form and follows it to the page with the line; the line."""
    answer = browser.post(path, {"back": "/links", **fields}, on="/links")
    assert answer.status_code == 303, answer.text
    shown = browser.get(answer.headers["Location"]).text
    return shown.partition('role="status"><bdi>')[2].partition("</bdi>")[0]


def link_of(parts: Parts, one: Page) -> dict[str, Any]:
    with parts.store.reports() as reports:
        return dict(reports.link(one.link) or {})


def state(parts: Parts, one: Page) -> str:
    with parts.store.reports() as reports:
        return str((reports.call(one.call) or {})["state"])


def done(parts: Parts) -> list[tuple[object, object]]:
    """Who did what, but logging in."""
    return [(actor, action) for actor, action, _ in audit(parts) if action != "login"]


# -- a link


@pytest.mark.parametrize("move", ["acknowledge", "resolve"])
def test_a_link_is_raised_on_both_sides(ada: Browser, parts: Parts, move: str):
    one = page(parts)
    assert act(ada, f"/links/{one.link}/{move}").startswith(f"Asked for on both sides: {move}.")
    assert any(call["kind"] == "advance" or call["state"] == "superseded" for call in link_of(parts, one)["calls"])
    assert done(parts) == [(NAME, "page")]


def test_a_link_is_paused_for_a_while_and_goes_on(ada: Browser, parts: Parts):
    one = page(parts)
    assert act(ada, f"/links/{one.link}/pause", **{"for": "2h"}).startswith("Paused until 2")
    assert link_of(parts, one)["held_by"] == NAME
    assert "Resume" in ada.get(f"/links/{one.link}").text
    assert act(ada, f"/links/{one.link}/resume").startswith("It goes on:")
    assert done(parts) == [(NAME, "pause"), (NAME, "resume")]


@pytest.mark.parametrize("said", ["soon", "-1h", "9999y"])
def test_a_pause_of_no_length_is_refused(ada: Browser, parts: Parts, said: str):
    one = page(parts)
    assert ada.post(f"/links/{one.link}/pause", {"for": said}, on="/links").status_code == 422
    assert not link_of(parts, one)["held"]


def test_unlinking_asks_first_and_is_done_once(ada: Browser, parts: Parts):
    one = page(parts)
    assert "Take it apart" in ada.get(f"/links/{one.link}/unlink").text
    assert not link_of(parts, one)["unlinked"]
    assert act(ada, f"/links/{one.link}/unlink") == "Taken apart; 1 call will not be made."
    assert done(parts) == [(NAME, "unlink")]
    answer = ada.post(f"/links/{one.link}/unlink", on="/links")
    assert (answer.status_code, answer.mimetype) == (409, "text/html")


def test_what_was_given_up_is_sent_again(ada: Browser, parts: Parts):
    one = tried(parts, page(parts), "dead")
    assert act(ada, f"/links/{one.link}/resend") == "1 call due now."
    assert (state(parts, one), done(parts)) == ("owed", [(NAME, "retry")])


def test_an_incident_is_paged_once_more_and_twice_asked_is_once_paged(ada: Browser, parts: Parts):
    one = page(parts)
    assert act(ada, f"/links/{one.link}/page_again", whom="tem_second").startswith("Another page is owed")
    assert "no second one" in act(ada, f"/links/{one.link}/page_again", whom="tem_second")
    creates = [call for call in link_of(parts, one)["calls"] if call["kind"] == "create"]
    assert [call["command"]["draft"]["receivers"][0]["name"] for call in creates] == ["tem_payments", "tem_second"]
    assert done(parts) == [(NAME, "page")]


def test_nothing_stuck_is_nothing_to_send_again(ada: Browser, parts: Parts):
    answer = ada.post(f"/links/{page(parts).link}/resend", on="/links")
    assert answer.status_code == 409
    assert done(parts) == []


# -- deliveries and calls


def test_a_delivery_is_judged_again(ada: Browser, parts: Parts):
    kept = delivery(parts)
    assert act(ada, f"/deliveries/{kept}/replay").startswith("It is judged again.")
    with parts.store.reports() as reports:
        assert reports.delivery(kept)["verdict"] == "waiting"
    assert done(parts) == [(NAME, "replay")]


def test_many_deliveries_are_counted_before_they_are_judged_again(ada: Browser, parts: Parts):
    kept = [delivery(parts, "once upon a time") for _ in range(3)]
    asks = ada.post("/deliveries/replay", {"reason": "upon a"}, on="/deliveries").text
    assert "3 deliveries fit" in asks
    assert '<input type="hidden" name="reason" value="upon a">' in asks
    assert done(parts) == []
    assert act(ada, "/deliveries/replay", reason="upon a", sure="yes") == "3 deliveries judged again."
    with parts.store.reports() as reports:
        assert {reports.delivery(one)["verdict"] for one in kept} == {"waiting"}
    assert done(parts) == [(NAME, "replay")]


def test_all_deliveries_at_once_are_never_judged_again(ada: Browser, parts: Parts):
    assert ada.post("/deliveries/replay", {"sure": "yes"}, on="/links").status_code == 422
    assert done(parts) == []


@pytest.mark.parametrize(("verb", "then"), [("retry", "owed"), ("discard", "superseded")])
def test_a_dead_call_is_tried_again_or_let_go(ada: Browser, parts: Parts, verb: str, then: str):
    one = tried(parts, page(parts), "dead")
    assert act(ada, f"/calls/{one.call}/{verb}").startswith("The call is d")
    assert (state(parts, one), done(parts)) == (then, [(NAME, verb)])


def test_a_call_that_is_done_cannot_be_retried(ada: Browser, parts: Parts):
    one = tried(parts, page(parts), "done")
    answer = ada.post(f"/calls/{one.call}/retry", on="/links")
    assert (answer.status_code, "The call is done" in answer.text) == (409, True)


@pytest.mark.parametrize(("verb", "then"), [("retry", "owed"), ("discard", "superseded")])
def test_dead_calls_are_counted_before_they_are_set_right(ada: Browser, parts: Parts, verb: str, then: str):
    one, other = (tried(parts, page(parts), "dead") for _ in range(2))
    fields = {"link": one.link}
    asks = ada.post(f"/calls/{verb}", fields, on="/links").text
    assert "1 dead call fits" in asks
    assert (state(parts, one), done(parts)) == ("dead", [])
    act(ada, f"/calls/{verb}", **fields, sure="yes")
    assert (state(parts, one), state(parts, other)) == (then, "dead")
    assert done(parts) == [(NAME, verb)]


# -- who may


ACTIONS: tuple[Callable[[Page], str], ...] = (
    *(lambda one, move=move: f"/links/{one.link}/{move}"
      for move in ("acknowledge", "resolve", "pause", "resume", "unlink", "resend", "page_again")),
    lambda one: f"/deliveries/{one.delivery}/replay",
    lambda one: "/deliveries/replay",
    lambda one: f"/calls/{one.call}/retry",
    lambda one: f"/calls/{one.call}/discard",
    lambda one: "/calls/retry",
    lambda one: "/calls/discard",
)  # fmt: skip


@pytest.fixture(scope="module")
def dead(parts: Parts) -> Page:
    return tried(parts, page(parts), "dead")


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_without_the_token_is_refused(ada: Browser, parts: Parts, dead: Page, action: Callable[[Page], str]):
    answer = ada.post(action(dead), {"sure": "yes", "reason": "refused"})
    assert (answer.status_code, answer.mimetype) == (403, "text/html")
    assert (state(parts, dead), done(parts)) == ("dead", [])


@pytest.mark.parametrize("action", ACTIONS)
def test_a_stranger_does_nothing(stranger: Browser, parts: Parts, dead: Page, action: Callable[[Page], str]):
    assert stranger.post(action(dead), {"sure": "yes"}).headers["Location"].startswith("/login")
    assert (state(parts, dead), done(parts)) == ("dead", [])


@pytest.mark.parametrize("action", ACTIONS)
def test_looking_at_an_action_does_nothing(ada: Browser, parts: Parts, dead: Page, action: Callable[[Page], str]):
    assert ada.get(action(dead)).status_code in (200, 404, 405)  # 200: the page that asks before unlinking
    assert (state(parts, dead), done(parts)) == ("dead", [])
