"""Some rows of a bad day are asked what happened, and proof that an answer without substance is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.machines.explained import machine as explained
from tests.machines.tally import Budget


def test_every_row_of_a_bad_day_answers_for_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tally = explained.run(tmp_path, Budget(cases=24))
    with capsys.disabled():
        print(f" [explained: {tally.line}]", end="")
    assert tally.broken == []
    assert tally.cases


def test_a_delivery_that_does_not_say_why_is_noticed(tmp_path: Path) -> None:
    assert explained.run(tmp_path, Budget(cases=8), "cause_unknown").broken
