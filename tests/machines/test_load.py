"""The load machine at a tiny scale: it finds nothing lost, and it notices a bridge that answers and does not keep."""

from pathlib import Path

import pytest

from tests.machines import load
from tests.machines.load_watch import Sample, Watch
from tests.machines.tally import Budget


def test_what_a_running_bridge_accepts_stands_once_at_the_far_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    tally = load.run(tmp_path, Budget(seconds=3))
    with capsys.disabled():
        print(f"\nload: {tally.line}")
    assert tally.broken == []
    assert tally.cases > 0


def test_a_webhook_that_is_answered_and_not_kept_is_noticed(tmp_path: Path):
    tally = load.run(tmp_path, Budget(seconds=2), "answered_not_kept")
    assert any("have no end" in fault for fault in tally.broken)


def test_flat_is_flat():
    watch = Watch([Sample(float(at), 70.0 + at % 2, 40 + at % 3, 80) for at in range(60)])
    assert list(watch.grown()) == []


@pytest.mark.parametrize("what", ["mib", "threads", "fds"])
def test_what_grows_from_second_to_second_is_noticed(what: str):
    plain = {"mib": 70.0, "threads": 40, "fds": 80}
    watch = Watch([Sample(float(at), **(plain | {what: plain[what] + at})) for at in range(60)])
    assert len(list(watch.grown())) == 1
