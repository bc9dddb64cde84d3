"""What a `kill -9` may cost: nothing that was accepted, and no page twice."""

import os
import random
from pathlib import Path

import pytest

from tests.e2e.kill import run

SECONDS = float(os.environ.get("BRIDGE_KILL_SECONDS", "8"))


@pytest.mark.timeout(SECONDS + 120)
def test_killed_at_random_moments_with_every_fifth_call_failing_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print("seed", seed)
    drill = run(tmp_path, seed, SECONDS * 0.6)
    assert drill.lines, "never killed"
