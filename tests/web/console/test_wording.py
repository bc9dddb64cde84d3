"""How values look on a page, and what a text from outside can never do there."""

from datetime import UTC, datetime, timedelta

import pytest

from bridge.web.console import wording
from tests.web.console.world import HARM


@pytest.mark.parametrize("shown", [wording.bdi, wording.cut, wording.unfolding])
def test_a_hostile_text_is_one_plain_piece(shown):
    told = str(shown(HARM))
    assert "<script" not in told.replace("&lt;script", "")
    assert "<img" not in told
    assert "\x1b" not in told
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in told


def test_a_long_text_is_cut_and_its_whole_unfolds():
    assert len(wording.cut(HARM)) < 2_000
    assert "x" * 10_000 in wording.unfolding(HARM)
    assert wording.unfolding("short") == "<bdi>short</bdi>"


def test_a_time_is_in_utc_to_the_second_and_nothing_is_a_dash():
    shown = '<time datetime="2026-11-21T13:47:01.5+00:00">2026-11-21 13:47:01</time>'
    assert wording.when("2026-11-21T13:47:01.5+00:00") == shown
    short = '<time datetime="2026-11-21T13:47:01.5+00:00" title="2026-11-21 UTC">13:47:01</time>'
    assert wording.when("2026-11-21T13:47:01.5+00:00", "2026-11-21T09:00:00+00:00") == short
    assert wording.when("2026-11-21T13:47:01.5+00:00", "2026-11-20T09:00:00+00:00") == shown
    assert (wording.when(None), wording.ago(None)) == (wording.NOTHING, wording.NOTHING)


@pytest.mark.parametrize(("away", "words"), [(-185, ">3 min ago<"), (7_260, ">in 2 h<")])
def test_how_long_ago_is_said_in_one_unit(away: int, words: str):
    assert words in wording.ago((datetime.now(UTC) + timedelta(seconds=away)).isoformat())


def test_only_the_web_is_followed():
    assert wording.web_address("https://app.pagertree.com/alerts/1").startswith("https")
    assert [wording.web_address(one) for one in ("javascript:alert(1)", "data:text/html,x", None)] == ["", "", ""]


def test_a_body_is_laid_out_and_a_hostile_one_stays_as_it_came():
    assert wording.pretty('{"a": [1]}') == '{\n  "a": [\n    1\n  ]\n}'
    assert wording.pretty("[" * 50_000) == "[" * 50_000
    assert wording.pretty("y" * 200_000).endswith("100000 characters more: the API shows all")


def test_a_word_that_is_not_known_looks_quiet():
    assert [wording.look(word) for word in ("dead", "owed", "done", "paused", "ignored")] == [
        "bad", "busy", "good", "held", "quiet",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "here"),
    [
        ("refused; given up; `bridge calls retry 01KJ`", "refused; given up; “Retry now” on its page tries it again"),
        ("kept; `bridge replay 01KJ` judges it again", "kept; “Judge it again” on its page does so"),
        ("`bridge links list --system bridge` shows it.", "“Links” (system bridge) shows it."),
        ("bridge deliveries list --verdict waiting", "“Deliveries” (verdict waiting)"),
        (
            "The next one tries again; bridge resync --plan tries now.",
            "The next one tries again; “Plan” under Resync tries now.",
        ),
        ("bridge setup --plan says", "bridge setup --plan says"),
    ],
)
def test_a_command_that_has_a_button_here_is_called_by_it(said: str, here: str):
    assert wording.at_hand(said) == here
