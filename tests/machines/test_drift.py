"""The drift machine at a small scale: everything is repaired, and a resync that asks or repairs wrong is noticed."""

from pathlib import Path

import pytest

from tests.machines.drift import machine as drift
from tests.machines.tally import Budget


def test_every_kind_of_drift_is_repaired_in_one_run_and_a_run_without_costs_its_pages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    tally = drift.run(tmp_path, Budget(cases=120))
    with capsys.disabled():
        print(f"\ndrift: {tally.line}")
    assert tally.broken == []
    assert tally.cases > 0


@pytest.mark.parametrize("switch", drift.SABOTAGES)
def test_a_resync_that_asks_for_everything_or_repairs_half_is_noticed(tmp_path: Path, switch: str):
    assert drift.run(tmp_path, Budget(cases=40), switch).broken
