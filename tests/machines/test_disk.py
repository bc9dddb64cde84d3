"""The disk machine at a small scale: harm is refused in words or survived, and a swallowed full disk is noticed."""

import shutil
from pathlib import Path

import pytest

from tests.machines.disk import machine as disk
from tests.machines.tally import Budget


def test_failing_locked_and_damaged_disks_lose_nothing_and_crash_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    tally = disk.run(tmp_path, Budget(cases=26))
    with capsys.disabled():
        print(f"\ndisk: {tally.line}")
    assert tally.broken == []
    assert tally.cases > 0


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: NO SYSTEM CALL FAILED HERE")
def test_a_webhook_that_could_not_be_stored_and_is_answered_200_is_noticed(tmp_path: Path):
    assert disk.run(tmp_path, Budget(cases=1), "enospc_swallowed").broken
