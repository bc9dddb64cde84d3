"""`bridge db`: upgrade, backup, verify."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.terminal import World, run


def test_an_upgrade_makes_the_file_and_may_be_repeated(still: World):
    assert [still.run("db", "upgrade").exit_code for _ in range(2)] == [0, 0]
    assert (still.config.parent / "bridge.db").stat().st_mode & 0o777 == 0o600


def test_an_upgrade_waits_for_the_bridge_to_stop(world: World):
    assert world.run("db", "upgrade").exit_code == 75


def test_a_backup_is_taken_beside_the_running_bridge_and_is_sound(world: World, tmp_path: Path):
    copy = tmp_path / "bridge.db"
    assert world.run("db", "backup", copy).exit_code == 0
    assert copy.stat().st_mode & 0o777 == 0o600
    other = world.stage.write_configuration(tmp_path)
    assert run("db", "verify", "--config", other).exit_code == 0


@pytest.mark.parametrize("name", ["there.db", "no/such/folder.db"])
def test_a_backup_overwrites_nothing_and_says_why(world: World, tmp_path: Path, name: str):
    (tmp_path / "there.db").write_text("mine")
    result = world.run("db", "backup", tmp_path / name)
    assert (result.exit_code, name in result.stderr) == (1, True)
    assert (tmp_path / "there.db").read_text() == "mine"


def test_a_sound_database_is_told(world: World):
    assert world.read("db", "verify") == {"sound": True, "items": []}
    assert "is sound" in world.run("db", "verify").stdout
