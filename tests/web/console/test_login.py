"""The console's door: who gets in, how long they stay, and what nobody may learn at it."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event

import pytest

from bridge.app import Parts
from bridge.config_console import Console
from bridge.core.access import ABSOLUTE, IDLE, WINDOW, digest_of
from bridge.errors import Unavailable
from bridge.flows.prune import prune
from bridge.web.console.login import AT_ONCE
from bridge.web.front import Front, create_app
from tests.web.console.browser import NAME, PASSWORD, QUICK, Browser, audit, parts_with_console

HOME = "/links"


def is_in(browser: Browser) -> bool:
    return browser.get(HOME).status_code == 200


class Full:
    """A store that can be read, and takes no write."""

    def __init__(self, parts: Parts) -> None:
        self.reports = parts.store.reports

    def write(self, _work: object) -> None:
        raise Unavailable("the disk is full")


def carry(browser: Browser, front: Front) -> Browser:
    """The same browser before another front."""
    there = Browser(front)
    cookie = browser.client.get_cookie("bridge")
    assert cookie is not None
    there.client.set_cookie("bridge", cookie.value)
    return there


# -- getting in


def test_a_stranger_is_shown_the_login_and_comes_back_to_the_page(stranger: Browser):
    sent = stranger.get("/links?status=open")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/login?next=%2Flinks%3Fstatus%3Dopen")
    assert 'name="next" value="/links?status=open"' in stranger.get(sent.headers["Location"]).text
    assert stranger.log_in(there="/links?status=open").headers["Location"] == "/links?status=open"
    assert is_in(stranger)


def test_an_address_that_ends_with_its_host_is_the_first_page(ada: Browser):
    answer = ada.client.get("/", environ_overrides={**ada.peer, "PATH_INFO": ""})
    assert (answer.status_code, "<title>Overview" in answer.text) == (200, True)


def test_the_cookie_holds_what_the_store_does_not(stranger: Browser, parts: Parts):
    answer = stranger.log_in()
    header = answer.headers["Set-Cookie"]
    session_id = header.partition("=")[2].partition(";")[0]
    assert header == f"bridge={session_id}; HttpOnly; Path=/; SameSite=Strict"
    assert len(session_id) >= 43
    with parts.store.reports() as reports:
        assert reports.session(digest_of(session_id)) is not None
    assert session_id.encode() not in b"".join(path.read_bytes() for path in parts.config.folder.iterdir())


def test_what_people_type_is_nowhere_afterwards(stranger: Browser, parts: Parts, capsys: pytest.CaptureFixture[str]):
    stranger.log_in(PASSWORD, PASSWORD)
    stranger.log_in(NAME, f"{PASSWORD}-mistyped")
    stranger.log_in()
    written = b"".join(path.read_bytes() for path in parts.config.folder.iterdir())
    assert PASSWORD.encode() not in written
    assert PASSWORD not in capsys.readouterr().out


def test_whoever_is_in_is_not_asked_again(ada: Browser):
    assert ada.get("/login?next=/calls").headers["Location"] == "/calls"


@pytest.mark.parametrize(("name", "password"), [(NAME, "wrong"), ("bob", PASSWORD), ("", ""), (NAME, "x" * 300)])
def test_nobody_learns_which_part_was_wrong(stranger: Browser, name: str, password: str):
    answer = stranger.log_in(name, password)
    assert answer.status_code == 401
    assert "The user name or the password is wrong." in answer.text
    assert "Set-Cookie" not in answer.headers
    assert not is_in(stranger)


def test_a_name_that_is_not_known_is_not_kept(stranger: Browser, parts: Parts):
    stranger.log_in("CANARY-password-typed-into-the-wrong-field", "x")
    assert audit(parts) == [("unknown user", "login_failed", "127.0.0.1")]
    assert b"typed-into" not in b"".join(path.read_bytes() for path in parts.config.folder.iterdir())


@pytest.mark.parametrize(
    "there", ["https://evil.example", "//evil.example", "/\\evil.example", "/logout", "/login?next=/", "links", "/\n"]
)
def test_nobody_is_sent_elsewhere(stranger: Browser, there: str):
    assert stranger.log_in(there=there).headers["Location"] == "/"


def test_without_credentials_nobody_gets_in_and_is_told_what_to_do(tmp_path: Path):
    parts = parts_with_console(tmp_path, "")
    browser = Browser(create_app(parts))
    assert "bridge hash-password" in browser.get("/login").text
    assert browser.log_in("admin", "admin").status_code == 403
    assert audit(parts) == []
    parts.store.close()


# -- too many tries


def test_five_failures_close_an_account_for_a_quarter_of_an_hour_even_for_the_right_password(
    stranger: Browser, parts: Parts
):
    assert [stranger.log_in(password="wrong").status_code for _ in range(5)] == [401] * 5
    answer = stranger.log_in()
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= WINDOW.total_seconds()
    assert audit(parts)[-2:] == [(NAME, "login_failed", "127.0.0.1"), (NAME, "lockout", "127.0.0.1")]


def test_an_unknown_account_is_closed_alike(stranger: Browser):
    assert [stranger.log_in("bob").status_code for _ in range(6)] == [401] * 5 + [429]
    assert stranger.log_in().status_code == 303


def test_twenty_failures_close_an_address_and_no_other(front: Front, stranger: Browser):
    codes = [stranger.log_in(f"user{n % 7}").status_code for n in range(21)]
    assert codes == [401] * 20 + [429]
    assert Browser(front, peer="127.0.0.2").log_in().status_code == 303


def test_failures_are_counted_by_all_replicas_together(front: Front, parts: Parts):
    one, other = Browser(front), Browser(create_app(parts))
    codes = [browser.log_in(password="wrong").status_code for browser in (one, other, one, other, one, other)]
    assert codes == [401] * 5 + [429]


def test_many_tries_at_once_are_no_more_than_one_after_another(front: Front, parts: Parts):
    browsers = [Browser(front) for _ in range(24)]
    with ThreadPoolExecutor(8) as hands:
        codes = list(hands.map(lambda browser: browser.log_in(password="wrong").status_code, browsers))
    assert set(codes) <= {401, 429, 503}
    assert codes.count(401) <= 5
    assert len([action for _, action, _ in audit(parts) if action == "login_failed"]) == codes.count(401)


def test_only_a_few_passwords_are_looked_at_at_once(front: Front, monkeypatch: pytest.MonkeyPatch):
    begun, go_on = Barrier(AT_ONCE + 1), Event()

    def slow(_hashed: str, _password: str) -> bool:
        begun.wait(10)
        return not go_on.wait(10)

    monkeypatch.setattr("bridge.flows.access.is_password", slow)
    with ThreadPoolExecutor(AT_ONCE) as hands:
        tries = [hands.submit(Browser(front).log_in, f"user{n}") for n in range(AT_ONCE)]
        begun.wait(10)
        answer = Browser(front).log_in()
        go_on.set()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert {one.result().status_code for one in tries} == {401}


def test_a_success_forgets_earlier_failures(front: Front, stranger: Browser):
    for _ in range(4):
        stranger.log_in(password="wrong")
    assert stranger.log_in().status_code == 303
    assert [Browser(front).log_in(password="wrong").status_code for _ in range(5)] == [401] * 5


# -- how long it lasts


@pytest.mark.parametrize(("by", "inside"), [(IDLE - timedelta(seconds=9), True), (IDLE, False), (-IDLE, False)])
def test_a_session_that_nobody_uses_ends(ada: Browser, parts: Parts, by: timedelta, inside: bool):
    parts.clock.ahead = by
    assert is_in(ada) == inside


def test_a_session_that_is_used_lasts_twelve_hours_and_no_longer(ada: Browser, parts: Parts):
    for minutes in range(20, 12 * 60, 20):
        parts.clock.ahead = timedelta(minutes=minutes)
        assert is_in(ada)
    parts.clock.ahead = ABSOLUTE
    assert not is_in(ada)


def test_that_a_session_is_used_is_written_once_a_minute_at_most(ada: Browser, parts: Parts):
    assert [seen_after(ada, parts, seconds) for seconds in (10, 50)] == [0, 0]
    noticed = seen_after(ada, parts, 70)
    assert noticed >= 70
    assert seen_after(ada, parts, 110) == noticed


def test_a_page_that_refreshes_itself_is_not_used(ada: Browser, parts: Parts):
    poll = {"HX_Request": "true", "HX_Trigger": "live"}
    for minutes in (10, 20, 29):
        parts.clock.ahead = timedelta(minutes=minutes)
        assert ada.get(HOME, **poll).status_code == 200
    parts.clock.ahead = IDLE
    assert ada.get(HOME, **poll).status_code == 401


def seen_after(browser: Browser, parts: Parts, seconds: int) -> int:
    """How long after its beginning the session was seen last, once it is used so many seconds later."""
    parts.clock.ahead = timedelta(seconds=seconds)
    assert is_in(browser)
    cookie = browser.client.get_cookie("bridge")
    with parts.store.reports() as reports:
        session = reports.session(digest_of(cookie.value if cookie else ""))
    assert session is not None
    return int((session.seen_at - session.began_at).total_seconds())


def test_sessions_that_have_ended_are_pruned(ada: Browser, parts: Parts):
    cookie = ada.client.get_cookie("bridge")
    digest = digest_of(cookie.value if cookie else "")
    for ahead, there in ((IDLE - timedelta(minutes=1), True), (IDLE + timedelta(minutes=1), False)):
        parts.clock.ahead = ahead
        prune(parts)
        with parts.store.reports() as reports:
            assert (reports.session(digest) is not None) == there


def test_logging_out_ends_the_session_everywhere(ada: Browser, front: Front, parts: Parts):
    kept = carry(ada, front)
    answer = ada.post("/logout", on=HOME)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert not is_in(kept)
    assert audit(parts)[-1] == (NAME, "logout", "127.0.0.1")


def test_a_get_logs_nobody_out(ada: Browser):
    assert ada.get("/logout").status_code == 405
    assert is_in(ada)


@pytest.mark.parametrize(
    "changed", [{"username": "eve"}, {"password_hash": QUICK.replace("m=8192", "m=8193")}, {"username": None}]
)
def test_changed_credentials_end_every_session(ada: Browser, parts: Parts, changed: dict[str, str | None]):
    said = {"username": NAME, "password_hash": QUICK} | changed
    console = Console.model_validate(said if said["username"] else {})
    assert not is_in(carry(ada, create_app(replace(parts, config=replace(parts.config, console=console)))))


def test_each_login_has_an_id_of_its_own(front: Front):
    ids = set()
    for _ in range(3):
        browser = Browser(front)
        browser.client.set_cookie("bridge", "chosen-by-somebody-else")
        browser.log_in()
        cookie = browser.client.get_cookie("bridge")
        ids.add(cookie.value if cookie else "")
    assert len(ids - {"chosen-by-somebody-else", ""}) == 3


# -- the way there


def test_by_plain_http_from_elsewhere_no_password_is_asked(front: Front):
    far = Browser(front, peer="192.0.2.7")
    for answer in (far.get("/login"), far.log_in()):
        assert answer.status_code == 403
        assert "https" in answer.text
        assert "<form" not in answer.text


def test_a_session_is_not_taken_by_plain_http_from_elsewhere(ada: Browser, front: Front):
    far = carry(ada, front)
    far.peer = {"REMOTE_ADDR": "192.0.2.7"}
    assert far.get(HOME).status_code == 303


def test_behind_a_proxy_with_tls_the_cookie_is_bound_to_it(front: Front):
    proxied = Browser(front, peer="10.0.0.7", X_Forwarded_For="192.0.2.7", X_Forwarded_Proto="https")
    header = proxied.log_in().headers["Set-Cookie"]
    assert re.fullmatch(r"__Host-bridge=[\w-]{43}; Secure; HttpOnly; Path=/; SameSite=Strict", header)


@pytest.mark.parametrize(
    ("peer", "said"),
    [("192.0.2.7", "https"), ("10.0.0.7", "http"), ("10.0.0.7", "http, https"), ("10.0.0.7", "")],
)
def test_only_a_trusted_proxy_says_that_it_was_https(front: Front, peer: str, said: str):
    assert Browser(front, peer, X_Forwarded_For="192.0.2.9", X_Forwarded_Proto=said).get("/login").status_code == 403


def test_a_link_from_elsewhere_is_asked_again_from_our_own_page(stranger: Browser):
    answer = stranger.get("/links/x?y=1", Sec_Fetch_Site="cross-site")
    assert answer.status_code == 200
    assert '<meta http-equiv="refresh" content="0">' in answer.text


def test_a_part_that_refreshes_itself_leads_the_whole_page_to_the_login(stranger: Browser):
    answer = stranger.get("/links", HX_Request="true", HX_Current_URL="http://localhost/links?status=open")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login?next=%2Flinks%3Fstatus%3Dopen")


# -- what other sites may make a browser do


def test_a_login_that_another_site_asks_for_is_refused(front: Front):
    for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Sec_Fetch_Site": "none"}):
        assert Browser(front, **headers).log_in().status_code == 403


@pytest.mark.parametrize(("origin", "code"), [("http://localhost", 303), ("http://evil.example", 403), ("null", 403)])
def test_an_old_browser_is_known_by_its_origin(front: Front, origin: str, code: int):
    browser = Browser(front, Origin=origin)
    del browser.headers["Sec-Fetch-Site"]
    assert browser.log_in().status_code == code


def test_a_change_needs_the_token_and_our_own_page(ada: Browser):
    token = ada.token(HOME)
    assert ada.post("/logout").status_code == 403
    assert ada.post("/logout", {"csrf": token[:-1] + "é"}).status_code == 403
    ada.headers = {"Sec-Fetch-Site": "cross-site"}
    assert ada.post("/logout", {"csrf": token}).status_code == 403
    ada.headers = {"Sec-Fetch-Site": "same-origin", "X-CSRF-Token": token}
    assert is_in(ada)
    assert ada.post("/logout").status_code == 303


def test_the_token_of_one_session_is_of_no_use_in_another(ada: Browser, front: Front):
    other = Browser(front)
    other.log_in()
    assert ada.post("/logout", {"csrf": other.token(HOME)}).status_code == 403


def test_the_api_takes_no_cookie(ada: Browser):
    assert ada.get("/api/v1/links").status_code == 401
    assert ada.post("/api/v1/resyncs", on=HOME).status_code == 401


def test_a_store_that_takes_no_write_can_still_be_looked_at(ada: Browser, parts: Parts):
    parts.clock.ahead = timedelta(minutes=2)
    assert is_in(carry(ada, create_app(replace(parts, store=Full(parts)))))
