"""One whole run with marked secrets, and proof that a body kept as it came would be found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.machines import canaries
from tests.machines.tally import Budget


def test_no_secret_is_left_anywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tally = canaries.run(tmp_path, Budget(cases=1))
    with capsys.disabled():
        print(f" [canaries: {tally.line}]", end="")
    assert tally.broken == []
    assert tally.cases


def test_a_body_that_is_kept_as_it_came_is_noticed(tmp_path: Path) -> None:
    assert canaries.run(tmp_path, Budget(cases=1), "body_kept_unmasked").broken
