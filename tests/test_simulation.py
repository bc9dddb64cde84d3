"""Some seconds of the seeded simulation, the seeds that failed once, and proof that it would notice."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from simulation import machine, sabotage
from simulation.__main__ import kept_seeds
from simulation.play import DEMANDS, play

SECONDS = 12.0
FIRST, MOST = 100_000, 200  # a faster machine plays no others than a slower one


@pytest.fixture(scope="module", autouse=True)
def _strict_and_clean() -> Iterator[None]:
    DEMANDS.ask_all()
    yield
    DEMANDS.ask_less()
    machine.clean_up()


def test_no_seed_of_the_next_seconds_breaks_a_promise(capsys: pytest.CaptureFixture[str]) -> None:
    end, count = time.monotonic() + SECONDS, 0
    while count < MOST and time.monotonic() < end:
        played = play(FIRST + count)
        assert not played.fault, f"{played.fault}\n  python -m simulation --replay {played.seed}"
        count += 1
    with capsys.disabled():
        print(f" [simulation: {count} seeds]", end="")

    assert count


@pytest.mark.parametrize("seed", kept_seeds())
def test_a_seed_that_failed_once_holds(seed: int) -> None:
    assert play(seed).fault == ""


def test_a_seed_has_the_same_story_every_time() -> None:
    assert play(7) == play(7)


@pytest.mark.parametrize(
    "name", ["answered_before_stored", "one_line_for_all", "own_words_cross", "tombstone_forgotten"]
)
def test_a_sabotaged_bridge_is_noticed(name: str) -> None:
    assert sabotage.hunt(name, range(40)).caught


def test_nothing_of_a_seed_stays_behind() -> None:
    before = {name: vars(place)[name] for place, name, _ in sabotage.lease_ignored()}

    play(3, sabotage.lease_ignored())

    assert {name: vars(place)[name] for place, name, _ in sabotage.lease_ignored()} == before
