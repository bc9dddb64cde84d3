"""The commit tier of fuzzing: as many turns as fit into its seconds, and a few switches that it must notice."""

from pathlib import Path
from random import Random

import pytest

from tests.machines.fuzz import machine as fuzz
from tests.machines.fuzz.bodies import changed
from tests.machines.fuzz.seeds import seeds
from tests.machines.tally import Budget

pytestmark = pytest.mark.timeout(300)  # a busy machine may be slow to start a server


def test_nothing_that_is_sent_breaks_a_reader_a_door_or_a_page(tmp_path: Path):
    tally = fuzz.run(tmp_path, Budget(seconds=5))
    print(tally.line)
    assert tally.broken == []
    assert tally.cases >= fuzz.ROUND


@pytest.mark.parametrize("switch", ["quarantine_is_500", "secret_compared_by_prefix", "depth_unbounded"])
def test_a_broken_door_is_noticed(tmp_path: Path, switch: str):
    assert fuzz.run(tmp_path, Budget(cases=20 * fuzz.ROUND), switch).broken


def test_the_same_chance_makes_the_same_body():
    for number, seed in enumerate(seeds()):
        assert changed(Random(number), seed.body) == changed(Random(number), seed.body)


def test_a_share_of_the_bodies_is_hopeless_and_a_share_is_not():
    seed = seeds()[0].body
    made = [changed(Random(number), seed) for number in range(300)]
    assert {one.hopeless for one in made} == {True, False}
