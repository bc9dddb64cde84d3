"""Who comes in by a proxy's word: what it takes, what it is not taken for, and how it ends."""

import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.app import Parts
from bridge.config_console import Console
from bridge.core.access import IDLE, digest_of
from bridge.errors import ConfigError
from bridge.web.front import Front, create_app
from tests.web.console.browser import NAME, QUICK, Browser, Clock, audit, parts_with_console
from tests.web.doors import CONFIG, Running

BY_PROXY = "proxy_header: X-Forwarded-User, proxy_users: [ada, bob, zoë]"
CONSOLE = f"console: {{{BY_PROXY}, username: {NAME}, password_hash: '{QUICK}'}}\n"
FAR = "192.0.2.7"
HOME = "/links"
COOKIE = "__Host-bridge"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    parts = replace(parts_with_console(tmp_path_factory.mktemp("proxied"), CONSOLE), clock=Clock())
    yield parts
    parts.transport.close()
    parts.store.close()


def behind(front: Front, name: str | None = "ada", peer: str = "10.0.0.7", **headers: str) -> Browser:
    """A browser behind the proxy with TLS, which names somebody."""
    said = {} if name is None else {"X_Forwarded_User": name}
    return Browser(front, peer, X_Forwarded_For=FAR, X_Forwarded_Proto="https", **said, **headers)


def carried(browser: Browser) -> str:
    cookie = browser.client.get_cookie(COOKIE)
    return cookie.value if cookie else ""


def is_begun(parts: Parts, session_id: str) -> bool:
    with parts.store.reports() as reports:
        return reports.session(digest_of(session_id)) is not None


def naming(browser: Browser, name: str) -> Browser:
    browser.headers["X-Forwarded-User"] = name
    return browser


# -- coming in


def test_whom_the_proxy_names_is_in_and_the_audit_tells_it_once(front: Front, parts: Parts):
    browser = behind(front)
    first, second = browser.get(HOME), browser.get(HOME)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.headers["Set-Cookie"].startswith(f"{COOKIE}=")
    assert "Set-Cookie" not in second.headers
    assert audit(parts) == [("ada", "login", FAR)]


def test_a_change_of_theirs_bears_their_name_and_needs_the_token(front: Front, parts: Parts):
    browser = behind(front, "zo\u00eb".encode().decode("latin-1"))  # as the bytes of UTF-8 arrive
    browser.get(HOME)
    assert browser.post("/logout").status_code == 403
    assert browser.post("/logout", on=HOME).status_code == 303
    assert audit(parts) == [("zoë", "login", FAR), ("zoë", "logout", FAR)]


@pytest.mark.parametrize("peer", [FAR, "127.0.0.1", "11.0.0.7"])
def test_from_any_other_machine_the_header_is_not_taken(front: Front, parts: Parts, peer: str):
    for browser in (behind(front, peer=peer), Browser(front, peer, X_Forwarded_For="10.0.0.7", X_Forwarded_User="ada")):
        assert browser.get(HOME).status_code == 303
        assert "Go on as" not in browser.get("/login").text
    assert audit(parts) == []


@pytest.mark.parametrize("name", ["eve", "", "ADA", "ada, bob", "ada,ada", "ada ", "ada\u00ad", "*"])
def test_who_is_not_listed_sign_by_sign_is_refused_everywhere(front: Front, parts: Parts, name: str):
    browser = behind(front, name)
    for answer in (browser.get(HOME), browser.get("/login"), browser.log_in(), browser.post("/logout")):
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False)
    assert "console.proxy_users" in browser.get(HOME).text
    assert audit(parts) == []


def test_by_plain_http_the_name_is_not_taken(front: Front, parts: Parts):
    browser = Browser(front, "10.0.0.7", X_Forwarded_For=FAR, X_Forwarded_Proto="http", X_Forwarded_User="ada")
    assert browser.get(HOME).status_code == 403
    assert audit(parts) == []


def test_where_the_proxy_names_nobody_the_password_counts(front: Front, parts: Parts):
    browser = behind(front, None)
    assert browser.get(HOME).status_code == 303
    assert browser.log_in().status_code == 303
    assert browser.get(HOME).status_code == 200


def test_without_a_password_the_login_says_that_the_proxy_decides(parts: Parts):
    console = Console.model_validate({"proxy_header": "X-Forwarded-User", "proxy_users": ["ada"]})
    stranger = Browser(create_app(replace(parts, config=replace(parts.config, console=console))))
    assert "the proxy before the bridge says who comes in" in stranger.get("/login").text
    assert stranger.log_in().status_code == 403


def test_the_api_takes_no_name_from_a_proxy(front: Front):
    browser = behind(front)
    assert browser.get(HOME).status_code == 200
    assert browser.get("/api/v1/links").status_code == 401
    assert browser.post("/api/v1/resyncs", on=HOME).status_code == 401


# -- what begins no session


@pytest.mark.parametrize(
    "headers", [{"HX_Request": "true"}, {"Sec_Fetch_Mode": "cors"}, {"Sec_Fetch_Site": "cross-site"}]
)
def test_only_somebody_who_goes_to_a_page_begins_a_session(front: Front, parts: Parts, headers: dict[str, str]):
    answer = behind(front).get(HOME, **headers)
    assert "Set-Cookie" not in answer.headers
    assert audit(parts) == []


def test_a_change_begins_no_session(front: Front, parts: Parts):
    answer = behind(front).post("/logout")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=%2F")
    assert audit(parts) == []


def test_another_site_cannot_say_go_on(front: Front, parts: Parts):
    browser = behind(front, Sec_Fetch_Site="cross-site")
    assert browser.post("/login", {"next": HOME}).status_code == 403
    assert audit(parts) == []


# -- how it ends


def test_another_name_ends_the_session_and_begins_its_own(front: Front, parts: Parts):
    browser = behind(front)
    browser.get(HOME)
    before = carried(browser)
    assert naming(browser, "bob").get(HOME).status_code == 200
    assert carried(browser) != before
    assert not is_begun(parts, before)
    assert [row[:2] for row in audit(parts)] == [("ada", "login"), ("bob", "login")]


@pytest.mark.parametrize("name", ["eve", "", "ada, ada"])
def test_a_name_that_is_refused_ends_the_session_as_well(front: Front, parts: Parts, name: str):
    browser = behind(front)
    browser.get(HOME)
    assert naming(browser, name).get(HOME).status_code == 403
    assert not is_begun(parts, carried(browser))


def test_a_session_does_not_outlive_the_proxys_word(front: Front, parts: Parts):
    browser = behind(front)
    browser.get(HOME)
    del browser.headers["X-Forwarded-User"]
    assert browser.get(HOME).status_code == 303
    assert not is_begun(parts, carried(browser))


def test_a_session_of_the_password_is_none_of_the_proxys(front: Front, parts: Parts):
    browser = behind(front, None)
    browser.log_in()
    before = carried(browser)
    assert naming(browser, NAME).get(HOME).status_code == 200
    assert not is_begun(parts, before)


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"proxy_users": ["bob"]}, 403), ({"proxy_header": "X-Auth-Request-User"}, 303), ({"proxy_header": None}, 303)],
)
def test_after_a_change_of_the_configuration_it_opens_nothing(
    front: Front, parts: Parts, changed: dict[str, object], status: int
):
    browser = behind(front)
    browser.get(HOME)
    said = {"proxy_header": "X-Forwarded-User", "proxy_users": ["ada"]} | changed
    console = Console.model_validate(said if said["proxy_header"] else {})
    there = behind(create_app(replace(parts, config=replace(parts.config, console=console))))
    there.client.set_cookie(COOKIE, carried(browser))
    assert there.get(HOME).status_code == status


def test_another_header_is_another_proof(front: Front, parts: Parts):
    browser = behind(front, X_Auth_Request_User="ada")
    browser.get(HOME)
    console = Console.model_validate({"proxy_header": "X-Auth-Request-User", "proxy_users": ["ada"]})
    there = behind(create_app(replace(parts, config=replace(parts.config, console=console))), X_Auth_Request_User="ada")
    there.client.set_cookie(COOKIE, carried(browser))
    assert there.get(HOME).headers["Set-Cookie"]
    assert not is_begun(parts, carried(browser))


def test_whoever_logs_out_is_out_until_they_go_on(front: Front, parts: Parts):
    browser = behind(front)
    assert browser.post("/logout", on=HOME).headers["Location"] == "/login"
    assert "Go on as <bdi>ada</bdi>" in browser.get("/login").text
    assert [row[1] for row in audit(parts)] == ["login", "logout"]
    answer = browser.post("/login", {"next": HOME})
    assert (answer.status_code, answer.headers["Location"]) == (303, HOME)
    assert browser.get(HOME).status_code == 200
    assert [row[1] for row in audit(parts)] == ["login", "logout", "login"]


def test_a_page_that_refreshes_itself_does_not_keep_anybody_in(front: Front, parts: Parts):
    browser = behind(front)
    browser.get(HOME)
    parts.clock.ahead = IDLE
    answer = browser.get(HOME, HX_Request="true", HX_Trigger="live", HX_Current_URL=f"https://localhost{HOME}")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login?next=%2Flinks")
    assert browser.get("/login?next=/links").status_code == 200
    assert [row[1] for row in audit(parts)] == ["login"]


def test_whoever_comes_back_after_idling_has_a_session_of_their_own(front: Front, parts: Parts):
    browser = behind(front)
    browser.get(HOME)
    before = carried(browser)
    parts.clock.ahead = IDLE
    assert browser.get(HOME).status_code == 200
    assert carried(browser) != before
    assert not is_begun(parts, before)


# -- over the wire, where a header can be written in many ways


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Its proxy is on this machine."""
    folder = tmp_path_factory.mktemp("wire")
    parts = parts_with_console(folder, CONSOLE, CONFIG.replace("10.0.0.0/8", "127.0.0.1"))
    running = Running(create_app(parts))
    yield running
    running.stop()
    parts.store.close()


def status_of(running: Running, *lines: bytes) -> tuple[int, bool]:
    """Of a visit with these lines in its head, and whether it began a session."""
    head = b"\r\n".join([b"GET /links HTTP/1.1", b"Host: bridge", b"Connection: close", *lines, b"", b""])
    with closing(socket.create_connection(("127.0.0.1", running.port), 10)) as connection:
        connection.sendall(head)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return int(answer.split()[1]), b"\r\nSet-Cookie: bridge=" in answer


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([b"X-Forwarded-User: ada"], 200),
        ([b"x-forwarded-USER:ada \t"], 200),
        (["X-Forwarded-User: zoë".encode()], 200),
        ([b"X-Forwarded-User: ada", b"X_Forwarded_User: bob"], 200),
        ([b"X_Forwarded_User: ada"], 303),
        ([b"X-Forwarded_User: ada"], 303),
        ([b"HTTP-X-Forwarded-User: ada"], 303),
        ([b"X-Forwarded-User: ada", b"X-Forwarded-User: ada"], 403),
        ([b"X-Forwarded-User: eve", b"X-Forwarded-User: ada"], 403),
        ([b"X-Forwarded-User: ada", b"x-forwarded-user: "], 403),
        ([b"X-Forwarded-User: "], 403),
        ([b"X-Forwarded-User: ada\x00"], 400),
        ([b"X-Forwarded-User: ada\x85"], 403),
        ([b"X-Forwarded-User : ada"], 400),
        ([b"X-Forwarded-User:", b" ada"], 400),
    ],
)
def test_a_name_is_taken_from_one_line_of_the_very_header(running: Running, lines: list[bytes], status: int):
    assert status_of(running, *lines) == (status, status == 200)


# -- before the start


@pytest.mark.parametrize(
    ("console", "server", "told"),
    [
        (BY_PROXY, "trusted_proxies: []", "console.proxy_header: needs server.trusted_proxies"),
        (BY_PROXY, "trusted_proxies: [10.0.0.7, '::/0']", "server.trusted_proxies: names every machine"),
        ("proxy_header: X-Forwarded-User", "trusted_proxies: [10.0.0.7]", "console: has a proxy_header and no proxy_u"),
        ("proxy_users: [ada]", "trusted_proxies: [10.0.0.7]", "console: has proxy_users and no proxy_header"),
        (f"{BY_PROXY[:-5]}'b,c']", "trusted_proxies: [10.0.0.7]", "console.proxy_users.2: is no user's name"),
        (BY_PROXY.replace("ada", "''"), "trusted_proxies: [10.0.0.7]", "console.proxy_users.0: is empty"),
        (BY_PROXY.replace("-", "_"), "trusted_proxies: [10.0.0.7]", "console.proxy_header: is no header in which"),
        (BY_PROXY.replace("X-Forwarded-User", "Authorization"), "trusted_proxies: [10.0.0.7]", "is no header in which"),
    ],
)
def test_what_would_let_anybody_in_is_told_before_the_start(tmp_path: Path, console: str, server: str, told: str):
    with pytest.raises(ConfigError) as caught:
        parts_with_console(
            tmp_path, f"console: {{{console}}}\n", CONFIG.replace("trusted_proxies: [10.0.0.0/8]", server)
        )
    assert [told in fault for fault in caught.value.faults] == [True]
