"""One-time codes at the login: each opens the door once, and nobody learns whether it was the code that was wrong."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pyotp import TOTP

from bridge.app import Parts, wall_clock
from bridge.codes import new_secret
from bridge.config_console import Console
from bridge.errors import ConfigError
from bridge.flows.access import LAST_STEP
from bridge.web.console.settings import rows_of
from bridge.web.front import Front, create_app
from tests.web.console.browser import NAME, PASSWORD, QUICK, Browser, audit, parts_with_console

SECRET = "CANARY" * 5 + "22"
CONSOLE = f"console: {{username: {NAME}, password_hash: '{QUICK}', totp_secret: {SECRET}}}\n"
STEP = timedelta(seconds=30)
NOW = wall_clock()


class Still:
    """The wall clock, which stands still; so much later."""

    ahead = timedelta(0)

    def __call__(self) -> datetime:
        return NOW + self.ahead


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    parts = replace(parts_with_console(tmp_path_factory.mktemp("codes"), CONSOLE), clock=Still())
    yield parts
    parts.transport.close()
    parts.store.close()


@pytest.fixture(autouse=True)
def unused(parts: Parts) -> None:
    """No code has let anybody in."""
    parts.store.write(lambda tx: tx.set_fact(LAST_STEP, ""))


def code(ahead: timedelta = timedelta(0)) -> str:
    return TOTP(SECRET).at(NOW + ahead)


def wrong() -> str:
    """A code of no step near."""
    near = {code(steps * STEP) for steps in range(-3, 4)}
    return next(text for text in map(str, range(100_000, 999_999)) if text not in near)


def test_the_form_asks_for_the_code_where_there_is_one(stranger: Browser, parts: Parts):
    assert 'name="code" inputmode="numeric" autocomplete="one-time-code"' in stranger.get("/login").text
    without = Console.model_validate({"username": NAME, "password_hash": QUICK})
    front = create_app(replace(parts, config=replace(parts.config, console=without)))
    assert 'name="code"' not in Browser(front).get("/login").text


def test_with_name_password_and_code_one_is_in(stranger: Browser, parts: Parts):
    assert stranger.log_in(code=code()).status_code == 303
    assert stranger.get("/links").status_code == 200
    assert audit(parts) == [(NAME, "login", "127.0.0.1")]


def test_a_code_is_taken_as_an_app_shows_it(stranger: Browser):
    assert stranger.log_in(code=f" {code()[:3]} {code()[3:]} ").status_code == 303


@pytest.mark.parametrize(
    ("name", "password", "given"),
    [(NAME, PASSWORD, wrong), (NAME, "wrong", code), ("bob", PASSWORD, code), (NAME, PASSWORD, lambda: None),
     (NAME, PASSWORD, str), (NAME, PASSWORD, lambda: "1" * 10_000), (NAME, PASSWORD, lambda: "\u0661" * 6)],
)  # fmt: skip
def test_nobody_learns_which_of_the_three_was_wrong(
    stranger: Browser, name: str, password: str, given: Callable[[], str | None]
):
    answer = stranger.log_in(name, password, code=given())
    assert answer.status_code == 401
    assert "The user name, the password or the code is wrong." in answer.text
    assert "Set-Cookie" not in answer.headers
    assert answer.text == stranger.log_in(NAME, "wrong", code=wrong()).text


def test_every_part_is_looked_at_whichever_is_wrong(stranger: Browser, monkeypatch: pytest.MonkeyPatch):
    looked: list[str] = []
    monkeypatch.setattr("bridge.flows.access.is_password", lambda *_: looked.append("password"))
    monkeypatch.setattr("bridge.flows.access.step_of", lambda *_: looked.append("code"))
    for name in (NAME, "bob"):
        assert stranger.log_in(name, code=code()).status_code == 401
    assert looked == ["password", "code"] * 2


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 303), (0, 303), (1, 303), (2, 401)])
def test_clocks_may_differ_by_one_step(stranger: Browser, steps: int, status: int):
    assert stranger.log_in(code=code(steps * STEP)).status_code == status


def test_a_code_counts_once_and_none_before_it_counts_any_more(front: Front):
    codes = [code(), code(), code(-STEP), code(STEP), code(), code(STEP)]
    assert [Browser(front).log_in(code=one).status_code for one in codes] == [303, 401, 401, 303, 401, 401]


def test_one_code_lets_one_in_at_two_bridges_at_once(front: Front, parts: Parts):
    for _ in range(3):
        parts.store.write(lambda tx: tx.set_fact(LAST_STEP, ""))
        doors = [Browser(front), Browser(create_app(parts))]
        with ThreadPoolExecutor(2) as hands:
            codes = list(hands.map(lambda door: door.log_in(code=code()).status_code, doors))
        assert sorted(codes) == [303, 401]


def test_a_code_beside_a_wrong_password_is_not_used_up(stranger: Browser):
    assert stranger.log_in(password="wrong", code=code()).status_code == 401
    assert stranger.log_in(code=code()).status_code == 303


def test_another_secret_knows_nothing_of_the_codes_of_the_first(front: Front, parts: Parts):
    assert Browser(front).log_in(code=code(STEP)).status_code == 303
    other = new_secret()
    console = Console.model_validate({"username": NAME, "password_hash": QUICK, "totp_secret": other})
    there = Browser(create_app(replace(parts, config=replace(parts.config, console=console))))
    assert there.log_in(code=TOTP(other).at(NOW)).status_code == 303


def test_wrong_codes_close_the_account_as_wrong_passwords_do(stranger: Browser, parts: Parts):
    assert stranger.log_in(code=code()).status_code == 303
    tries = [wrong(), code(), wrong(), code(), wrong()]  # one that was used counts as wrong
    assert [stranger.log_in(code=one).status_code for one in tries] == [401] * 5
    assert stranger.log_in(code=code(STEP)).status_code == 429
    assert audit(parts)[-2:] == [(NAME, "login_failed", "127.0.0.1"), (NAME, "lockout", "127.0.0.1")]


@pytest.mark.parametrize("secret", [None, "ORANGE" * 5 + "22"])
def test_another_secret_or_none_ends_every_session(stranger: Browser, parts: Parts, secret: str | None):
    stranger.log_in(code=code())
    console = Console.model_validate({"username": NAME, "password_hash": QUICK, "totp_secret": secret})
    there = Browser(create_app(replace(parts, config=replace(parts.config, console=console))))
    cookie = stranger.client.get_cookie("bridge")
    there.client.set_cookie("bridge", cookie.value if cookie else "")
    assert there.get("/links").status_code == 303


def test_the_secret_is_nowhere_afterwards(stranger: Browser, parts: Parts, capsys: pytest.CaptureFixture[str]):
    stranger.log_in(password="wrong", code=code())
    stranger.log_in(code=code())
    pages = stranger.get("/settings").text + stranger.get("/audit").text
    written = b"".join(path.read_bytes() for path in parts.config.folder.iterdir() if path.name != "config.yaml")
    for secret in (SECRET, TOTP(SECRET).byte_secret().decode("latin-1")):
        assert secret not in pages + capsys.readouterr().out
        assert secret.encode("latin-1") not in written


def test_the_settings_show_no_more_than_that_it_is_set(parts: Parts):
    assert ("console.totp_secret", "set") in rows_of("console", parts.config.console)


def test_the_secret_is_masked_wherever_it_is_said(parts: Parts):
    assert SECRET not in parts.redactor.text(f"who says {SECRET} aloud")


def test_what_makes_no_codes_is_told_before_the_start(tmp_path: Path):
    for text, told in (("kelp-noodle", "is no base32"), ("JBSWY3DPEHPK3PXP", "of 128 bits or more")):
        with pytest.raises(ConfigError, match=rf"console\.totp_secret: .*{told}.* make one with `bridge totp`"):
            parts_with_console(tmp_path, CONSOLE.replace(SECRET, text))
