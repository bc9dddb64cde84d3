"""The load machine at a tiny scale: it finds nothing lost, and it would notice what was answered and not kept."""

from pathlib import Path

import pytest

from tests.machines.load import machine as load
from tests.machines.load.rig import open_rig
from tests.machines.load.sender import Answer
from tests.machines.load.watch import Sample, Watch
from tests.machines.tally import Tally


def test_what_a_running_bridge_accepts_stands_once_at_the_far_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """And had one of them been answered and not kept, it would show."""
    tally, lost, part = Tally(), Tally(), load.PARTS[0]
    with open_rig(tmp_path) as rig:
        found = load._round(rig, part, load.SMALL, seconds=2.0)
        load._count(rig, part, found, tally)
        found.sent.answers[0], found.sent.marks[0] = Answer(200, 0.0, "answered and not kept"), "nowhere"
        load._count(rig, part, found, lost)
    with capsys.disabled():
        print(f"\nload: {tally.line}")
    assert tally.broken == []
    assert tally.cases > 0
    assert ["have no end" in lost.broken[0], "stand nowhere" in lost.broken[1]] == [True, True]


def test_flat_is_flat():
    watch = Watch([Sample(float(at), 70.0 + at % 2, 40 + at % 3, 80) for at in range(60)])
    assert list(watch.grown()) == []


@pytest.mark.parametrize("what", ["mib", "threads", "fds"])
def test_what_grows_from_second_to_second_is_noticed(what: str):
    plain = {"mib": 70.0, "threads": 40, "fds": 80}
    watch = Watch([Sample(float(at), **(plain | {what: plain[what] + at})) for at in range(60)])
    assert len(list(watch.grown())) == 1
