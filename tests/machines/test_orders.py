"""Some seconds of the chaos of webhooks, and proof that it would notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.machines.orders import machine as orders
from tests.machines.orders.tellings import permutation
from tests.machines.tally import Budget

SECONDS, MOST = 3.0, 30  # a faster machine plays no others than a slower one


def test_no_order_repetition_or_loss_shows_in_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tally = orders.run(tmp_path, Budget(SECONDS, MOST))
    with capsys.disabled():
        print(f" [orders: {tally.line}]", end="")
    assert tally.broken == []
    assert tally.cases


def test_a_bridge_that_begins_two_links_for_one_trouble_is_noticed(tmp_path: Path) -> None:
    assert orders.run(tmp_path, Budget(cases=20), "two_links").broken


def test_every_order_of_a_short_story_has_its_number() -> None:
    told = {tuple(permutation("abcd", number)) for number in range(24)}
    assert len(told) == 24
