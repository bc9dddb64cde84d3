"""Who may: sessions that end, tries that are too many, passwords that anybody would guess."""

from datetime import UTC, datetime, timedelta

import pytest

from bridge.core.access import ABSOLUTE, IDLE, WINDOW, ApiToken, Session, digest_of, ended, may, must_wait, split
from bridge.core.passwords import fault_of, hash_fault_of
from bridge.hashing import hash_password, is_password

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HASH = "$argon2id$v=19$m=65536,t=3,p=4$A4ipXlePpowQu055cC3dwA$Gd3vOPhv8DNyufA9ieoubYtdsxMC9vyivNf5v3PR4BA"


@pytest.mark.parametrize(
    ("began", "seen", "why"),
    [
        (timedelta(0), timedelta(0), ""),
        (IDLE, IDLE - SECOND, ""),
        (IDLE, IDLE, "idle"),
        (ABSOLUTE - SECOND, SECOND, ""),
        (ABSOLUTE, SECOND, "too old"),
        (timedelta(0), -timedelta(hours=1), "too old"),
    ],
)
def test_a_session_ends_by_idling_by_age_and_by_a_clock_put_back(began: timedelta, seen: timedelta, why: str):
    assert ended(Session("d", "ada", "with", NOW - began, NOW - seen), "with", NOW) == why


def test_a_session_ends_with_the_credentials_it_began_with():
    assert ended(Session("d", "ada", "with", NOW, NOW), "with others", NOW) == "the credentials were changed"


@pytest.mark.parametrize(
    ("by_account", "by_address", "seconds"),
    [(4, 19, None), (5, 5, WINDOW.total_seconds() - 5), (0, 20, WINDOW.total_seconds() - 20), (7, 7, 900 - 5)],
)
def test_whoever_fails_too_often_waits_until_one_failure_is_a_quarter_of_an_hour_old(
    by_account: int, by_address: int, seconds: float | None
):
    failures = [NOW - n * SECOND for n in range(1, 30)]
    wait = must_wait(failures[:by_account], failures[:by_address], NOW)
    assert (wait.total_seconds() if wait else None) == seconds


@pytest.mark.parametrize(("mine", "allowed"), [("read", 1), ("operate", 2), ("admin", 3)])
def test_a_scope_includes_those_before_it(mine: str, allowed: int):
    assert [may([mine], scope) for scope in ("read", "operate", "admin")].count(True) == allowed


@pytest.mark.parametrize("text", ["", "rpb", "rpb_", "rpb_id", "rpb_id_", "rpb__secret", "abc_id_secret"])
def test_what_is_no_token_of_ours_is_not_looked_up(text: str):
    assert split(text) is None


def test_different_parts_have_different_digests():
    assert digest_of("ab", "c") != digest_of("a", "bc")


def test_a_token_names_itself_by_its_id_too():
    token = ApiToken("4f2a", "ada", "", (), "", NOW)
    assert token.actor == "ada (rpb_4f2a)"


# -- passwords


@pytest.mark.parametrize(
    "password",
    [
        "x7!Kq9zLm2#vTr5w",
        "kelp-noodle-orbit-fjord",
        "lampfishtroutriver",
        "8472193855279012",
        "пароль-от-моста-длинный",
        "x" + "kelp-noodle" * 23,
    ],
)
def test_a_password_of_one_s_own_is_taken(password: str):
    assert fault_of(password, "ada") is None


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("only-14-signs!", "fewer than 15"),
        ("kelp-noodle-" * 22, "more than 256"),
        ("kelp-noodle\torbit-fjord", "control characters"),
        ("my-name-is-Ada-and-so-on", "user name"),
        ("aaaaaaaaaaaaaaaaaaaa", "guessed first"),
        ("abcabcabcabcabcabc", "guessed first"),
        ("abcdefghijklmnopqrst", "guessed first"),
        ("zyxwvutsrqponmlkj", "guessed first"),
        ("1234567890123456", "guessed first"),
        ("qwertyuiopasdfgh", "guessed first"),
        ("password12345678", "guessed first"),
        ("P@ssw0rd2026!!!!", "guessed first"),
        ("adminadminadmin1", "guessed first"),
        ("correcthorsebatterystaple", "guessed first"),
    ],
)
def test_what_is_guessed_first_is_refused_in_words(password: str, told: str):
    assert told in (fault_of(password, "ada") or "")


def test_a_hash_is_of_its_password_however_that_was_typed():
    hashed = hash_password("caf\u00e9-kelp-noodle")
    assert hash_fault_of(hashed) is None
    assert is_password(hashed, "cafe\u0301-kelp-noodle")
    assert not is_password(hashed, "cafe-kelp-noodle")


@pytest.mark.parametrize(
    "text",
    [
        "kelp-noodle-orbit-fjord",
        "$2b$12$abcdefghijklmnopqrstuv",
        HASH.replace("argon2id", "argon2i"),
        HASH[:40],
        HASH.replace("m=65536", "m=8"),
        HASH.replace("m=65536", "m=4194304"),
    ],
)
def test_what_is_no_hash_of_ours_is_a_fault(text: str):
    assert "bridge hash-password" in (hash_fault_of(text) or "")
    assert hash_fault_of(HASH) is None
