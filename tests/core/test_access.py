"""Who may: sessions that end, tries that are too many, scopes and tokens."""

from datetime import UTC, datetime, timedelta

import pytest

from bridge.core.access import ABSOLUTE, IDLE, WINDOW, ApiToken, Session, digest_of, ended, may, must_wait, split

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


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
    assert ended(Session("d", "ada", "with", NOW, NOW), "with others", NOW) == "other credentials"


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
