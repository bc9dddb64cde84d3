"""What reaches a terminal."""

from __future__ import annotations

import pytest

from bridge.cli.showing import WIDE, Screen, plain, said, when
from bridge.redact import Redactor


@pytest.mark.parametrize("bad", ["\x1b[31m", "\x9b31m", "\x07", "\u202e", "\x00", "\u2028"])
def test_nothing_that_a_terminal_obeys_is_printed(bad: str):
    assert plain(f"a{bad[0]}b").isprintable()


def test_what_people_write_stays():
    assert plain("Überlauf — 火 🔥") == "Überlauf — 火 🔥"


def test_a_long_text_is_cut():
    assert plain("x" * 10_000, 20) == "x" * 19 + "…"


def test_markup_is_text(capsys: pytest.CaptureFixture[str]):
    Screen().line("[red]x[/red] :fire:")
    assert capsys.readouterr().out == "[red]x[/red] :fire:\n"


def test_a_secret_is_masked_wherever_it_stands(capsys: pytest.CaptureFixture[str]):
    screen = Screen(Redactor(["CANARY-0123456789"]))
    screen.line("CANARY-0123456789")
    screen.json({"a": "CANARY-0123456789"})
    screen.table((("A", "a"),), [{"a": "CANARY-0123456789"}])
    screen.facts({"a": "CANARY-0123456789"}, (("A", "a"),))
    assert "CANARY" not in capsys.readouterr().out


def test_values_are_said_as_people_say_them():
    assert [said(value) for value in (None, True, ["a", 1], {"a": 2})] == ["", "yes", "a, 1", "a 2"]


def test_times_are_short_unless_order_matters():
    moment = "2026-01-31T12:00:00.250000+00:00"
    assert (when(moment), when(moment, precise=True), when(None)) == (
        "2026-01-31 12:00:00",
        "2026-01-31 12:00:00.250",
        "",
    )


def test_what_a_command_takes_is_whole_however_long_the_texts_beside_it_are(capsys: pytest.CaptureFixture[str]):
    columns = (("ID", "id"), ("TITLE", "words"), ("MORE", "words"), ("WHY", "words"))
    Screen().table(columns, [{"id": "01M7ZYJX38180G1YPJTBJBB373", "words": "long " * 100}])
    shown = capsys.readouterr().out.splitlines()
    assert shown[1].startswith("01M7ZYJX38180G1YPJTBJBB373 ")
    assert max(map(len, shown)) <= WIDE
