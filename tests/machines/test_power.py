"""The power-cut sweep at a small scale: no image loses what was told, and a bridge that does not sync is noticed."""

import random
import shutil
from pathlib import Path

import pytest

from tests.machines.power import machine as power
from tests.machines.power.disk import Disk
from tests.machines.power.log import Op, parse
from tests.machines.tally import Budget

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: NO POWER WAS CUT")


@needs_strace
def test_no_power_cut_loses_what_was_told_or_harms_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    tally = power.run(tmp_path, Budget(cases=60))
    with capsys.disabled():
        print(f"\npower: {tally.line}")
    assert tally.broken == []
    assert tally.cases > 0


@needs_strace
def test_a_commit_that_is_told_before_it_is_on_the_disk_is_noticed(tmp_path: Path):
    assert power.run(tmp_path, Budget(cases=40), "synchronous_normal").broken


def left(model: str, seed: int, *ops: Op) -> dict[str, bytes]:
    """The files that a cut after those leaves."""
    disk = Disk()
    for op in ops:
        disk.do(op)
    return {name: bytes(content) for name, content in disk.left(model, random.Random(seed)).items()}


NEW = (Op("create", "a"), Op("sync"))


def test_what_was_synced_stays_and_what_was_not_may_go():
    written = (*NEW, Op("write", "a", 0, b"sure"), Op("sync", "a"), Op("write", "a", 4, b"lost"))
    assert left("lost", 1, *written) == {"a": b"sure"}
    assert {left("some", seed, *written)["a"] for seed in range(20)} == {b"sure", b"surelost"}


def test_a_torn_write_keeps_any_of_its_sectors():
    written = (*NEW, Op("write", "a", 0, b"x" * 1024))
    assert len({left("torn", seed, *written)["a"] for seed in range(60)}) == 4


def test_a_name_is_sure_when_its_folder_was_synced():
    made = (Op("create", "a"), Op("write", "a", 0, b"1"), Op("sync", "a"))
    assert left("lost", 1, *made) == {}
    assert left("lost", 1, *made, Op("sync"), Op("unlink", "a")) == {"a": b"1"}


def test_a_call_cut_in_two_lines_counts_where_it_comes_back():
    lines = (
        r'7 pwrite64(3<\x2f\x64\x2f\x61>, "\x68\x69", 2, 40 <unfinished ...>',
        r'8 write(1</x>, "\x6b\x65\x70\x74\x20\x31\x0a", 7) = 7',
        "7 <... pwrite64 resumed>) = 2",
        r"7 fdatasync(3<\x2f\x64\x2f\x61>) = -1 EIO (Input/output error)",
    )
    assert [*parse(lines, "/d")] == [Op("told", text="kept 1"), Op("write", "a", 40, b"hi")]
