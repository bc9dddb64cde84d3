"""Without a single webhook both sides agree within two resync periods."""

import os
from pathlib import Path

import pytest

from tests.e2e.day import PERIODS, disagreements, play
from tests.e2e.histories import open_lab

TROUBLES = int(os.environ.get("BRIDGE_DAY", "24"))  # 500 make a day


@pytest.mark.timeout(600)
def test_a_day_without_webhooks_ends_with_both_sides_in_agreement(tmp_path: Path) -> None:
    with open_lab(tmp_path) as lab:
        day = play(lab, TROUBLES, min(PERIODS, TROUBLES // 2), seed=1)
        assert disagreements(day) == [], lab.told_of()
        assert {run.state for run in day.runs} == {"done"}
        with lab.parts.store.reports() as reports:
            assert reports.deliveries({"door": "webhook"}, 1) == []
            assert reports.calls({"state": "dead"}, 1) == []
