"""Pages whole and in part: what a poll costs, what a line after an action may say, and how files are kept."""

from dataclasses import replace
from threading import Barrier, Thread

import pytest

from bridge.app import Parts
from bridge.errors import Unavailable
from bridge.store.contract import Store
from bridge.web.console import fragments
from bridge.web.console.fragments import Fragments
from bridge.web.front import create_app
from tests.web.console.browser import Browser
from tests.web.console.world import page


class Full:
    """A store that can be read, and takes no write."""

    def __init__(self, store: Store) -> None:
        self.reports = store.reports

    def write(self, _work: object) -> None:
        raise Unavailable("the disk is full")


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def one(parts: Parts):
    return page(parts)


def test_a_poll_is_answered_with_the_living_part_only(ada: Browser, one):
    part = ada.get("/links", HX_Request="true").text
    assert one.link in part
    assert "<html" not in part


def test_within_two_seconds_all_polls_share_one_answer():
    clock, made = Seconds(), []
    kept = Fragments(clock)
    assert [kept.get("/links", lambda: made.append(1) or "part") for _ in range(3)] == ["part"] * 3
    clock.now = fragments.SECONDS
    kept.get("/links", lambda: made.append(1) or "part")
    kept.get("/links?q=x", lambda: made.append(1) or "part")
    assert len(made) == 3


def test_who_comes_while_it_is_being_made_waits_for_it():
    kept, made, start = Fragments(), [], Barrier(8)

    def poll() -> None:
        start.wait(10)
        kept.get("/links", lambda: made.append(1) or "part")

    threads = [Thread(target=poll) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert made == [1]


def test_what_failed_is_asked_again():
    kept = Fragments()
    with pytest.raises(ZeroDivisionError):
        kept.get("/links", lambda: str(1 / 0))
    assert kept.get("/links", lambda: "part") == "part"


def test_neither_many_questions_nor_old_ones_fill_the_memory():
    clock = Seconds()
    kept = Fragments(clock)
    for number in range(fragments.MOST * 2):
        clock.now += 0.001
        kept.get(str(number), lambda: "part")
    assert len(kept._parts) == fragments.MOST
    clock.now += 3 * fragments.SECONDS
    kept.get("another", lambda: "part")
    assert list(kept._parts) == ["another"]


def test_parts_are_shared_but_each_visitor_gets_their_own_token(ada: Browser, front, one):
    bob = Browser(front)
    bob.log_in()
    address = f"/links/{one.link}"
    hers, his = (browser.get(address, HX_Request="true").text for browser in (ada, bob))
    assert f'value="{ada.token(address)}"' in hers
    assert f'value="{bob.token(address)}"' in his
    assert ada.token(address) not in his


def test_the_line_after_an_action_is_shown_once(ada: Browser, one):
    ada.post(f"/links/{one.link}/pause", {"back": "/links"}, on="/links")
    assert "Paused until somebody resumes it" in ada.get("/links").text
    assert "Paused until somebody resumes it" not in ada.get("/links").text
    ada.post(f"/links/{one.link}/resume", on="/links")


def test_a_line_that_we_did_not_write_is_not_shown(ada: Browser):
    ada.client.set_cookie("bridge-said", "0000.Send%20your%20password%20to%20me", domain="localhost")
    assert "your password" not in ada.get("/links").text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", "links", ""])
def test_nobody_is_sent_elsewhere_by_a_form(ada: Browser, one, back: str):
    answer = ada.post(f"/links/{one.link}/pause", {"back": back}, on="/links")
    assert answer.headers["Location"] == "/"


def test_pages_may_load_and_be_what_they_must_and_no_more(ada: Browser):
    headers = ada.get("/links").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Permissions-Policy"] == "camera=(), microphone=(), geolocation=()"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


def test_who_comes_by_https_is_told_to_stay_there(front):
    by_proxy = Browser(front, peer="10.0.0.9", X_Forwarded_Proto="https", X_Forwarded_For="203.0.113.9")
    assert by_proxy.get("/login").headers["Strict-Transport-Security"] == "max-age=31536000"


def test_nothing_on_a_page_is_inline_or_from_elsewhere(ada: Browser, one):
    for address in ("/links", f"/links/{one.link}", "/deliveries", "/calls", "/login"):
        text = ada.get(address).text
        assert "<style" not in text
        assert "<script>" not in text
        assert " style=" not in text
        assert " onclick=" not in text
        assert 'src="http' not in text


def test_files_are_kept_for_ever_by_their_version_and_known_by_their_content(stranger: Browser):
    login = stranger.get("/login").text
    address = login.partition('<script src="')[2].partition('"')[0]
    first = stranger.get(address)
    assert (first.status_code, first.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    assert stranger.get(address, If_None_Match=first.headers["ETag"]).status_code == 304
    assert stranger.get(address.partition("?")[0]).headers["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize("name", ["pico.css", "uplot.js", "uplot.css", "pico-1.svg", "console.js", "licences.txt"])
def test_everything_that_pages_load_is_here(stranger: Browser, name: str):
    assert stranger.get(f"/console/{name}").status_code == 200


@pytest.mark.parametrize("name", ["nothing.js", "desk.py", "..%2Fdesk.py", "../desk.py"])
def test_no_other_file_is_served(stranger: Browser, name: str):
    assert stranger.get(f"/console/{name}").status_code == 404


def test_style_sheets_hold_no_pictures_that_the_policy_forbids(stranger: Browser):
    assert "data:" not in stranger.get("/console/pico.css").text
    assert "data:" not in stranger.get("/console/console.css").text


def test_a_change_that_cannot_be_stored_is_a_page_that_says_so(ada: Browser, parts: Parts, one):
    token = ada.token("/links")
    full = Browser(create_app(replace(parts, store=Full(parts.store))))
    full.client.set_cookie("bridge", ada.client.get_cookie("bridge").value)
    answer = full.post(f"/links/{one.link}/pause", {"csrf": token})
    assert (answer.status_code, answer.mimetype, answer.headers["Retry-After"]) == (503, "text/html", "30")
    assert "could not be stored now" in answer.text


def test_a_fault_is_a_page_for_people_and_json_for_programs(ada: Browser):
    page = ada.get("/links/nothing")
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "There is no such link here." in page.text
    assert ada.get("/api/v1/nothing", Accept="text/html").mimetype == "application/json"
    assert ada.get("/nothing", Accept="text/html,*/*").mimetype == "text/html"
