"""Who hears what, in full: what is judged today is what matrix.txt says line by line; its head says how to read it."""

from __future__ import annotations

from functools import cache

import pytest

from tests.core.matrix import READING, TABLE, rows
from tests.core.matrix_links import POLICIES, SITUATIONS


@cache
def kept() -> dict[tuple[str, str], list[str]]:
    lines: dict[tuple[str, str], list[str]] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            choice, situation, _ = line.split(" | ", 2)
            lines.setdefault((choice, situation), []).append(line)
    return lines


@pytest.mark.parametrize("choice", POLICIES)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_event_does_what_the_table_says(situation: str, choice: str) -> None:
    assert list(rows(situation, choice)) == kept().get((choice, situation), []), (
        "python -m tests.core.matrix writes it anew"
    )


def test_the_table_says_how_it_is_read() -> None:
    assert TABLE.read_text(encoding="utf-8").startswith(READING)


def test_the_table_holds_nothing_else() -> None:
    assert set(kept()) <= {(choice, situation) for choice in POLICIES for situation in SITUATIONS}
