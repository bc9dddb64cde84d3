"""A move at a small scale: a store of two thousand deliveries, and webhooks from the first moment to the last."""

from pathlib import Path

import pytest

from tests.e2e.post import Letter
from tests.machines.moving import machine as moving
from tests.machines.moving.people import SELDOM
from tests.machines.moving.post import Post
from tests.machines.moving.served import SABOTAGES, SWITCHES
from tests.machines.tally import Budget, Tally
from tests.postgres import needed


@pytest.mark.timeout(600)
def test_nothing_is_lost_or_done_twice_while_a_bridge_moves(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    tally = Tally()
    moving.play(tmp_path, needed(), Budget(cases=2_000), tally, pause=SELDOM)
    with capsys.disabled():
        print(f"\nmoving: {tally.line}")
    assert tally.broken == []
    assert tally.counts["calls owed at the pause"] > 0
    assert tally.counts["sent again across the move"] > 0


def test_two_deliveries_of_one_letter_are_noticed():
    post = Post(())
    for delivery in ("one", "one", "two"):
        post._write_down(Letter("/", b"the same", {}), delivery)
    assert post.differing == ["one and two"]


def test_every_switch_says_what_it_does():
    assert SABOTAGES.keys() == SWITCHES.keys()
    assert all(SABOTAGES.values())
