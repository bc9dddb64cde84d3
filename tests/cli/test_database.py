"""`bridge db`: upgrade, backup, verify, recover."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.sandbox.faults import Fault
from tests.cli.terminal import World, run


def test_an_upgrade_makes_the_file_and_may_be_repeated(still: World):
    assert [still.run("db", "upgrade").exit_code for _ in range(2)] == [0, 0]
    assert (still.config.parent / "bridge.db").stat().st_mode & 0o777 == 0o600


def test_an_upgrade_waits_for_the_bridge_to_stop(world: World):
    assert world.run("db", "upgrade").exit_code == 75


def test_a_backup_is_taken_beside_the_running_bridge_and_is_sound(world: World, tmp_path: Path):
    copy = tmp_path / "bridge.db"
    result = world.run("db", "backup", copy)
    assert (result.exit_code, "read back: sound" in result.stdout) == (0, True)
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


# -- after the database was lost


def lost(world: World) -> None:
    world.start()
    world.alert("Disk full")
    world.stop()
    for file in world.config.parent.glob("bridge.db*"):
        file.unlink()


def test_a_lost_database_is_planned_recovered_and_then_known(still: World):
    lost(still)
    planned = still.read("db", "recover", "--plan")
    assert (planned["plan"], planned["adopted"], planned["links"][0]["title"]) == (True, 1, "Disk full")
    result = still.run("db", "recover")
    assert (result.exit_code, "Disk full" in result.stdout, "Start the bridge" in result.stdout) == (0, True, True)
    assert [link["title"] for link in still.read("links", "list")["items"]] == ["Disk full"]
    assert still.read("db", "verify")["sound"]


def test_a_database_that_knows_links_is_not_recovered_over(still: World):
    lost(still)
    assert still.run("db", "recover").exit_code == 0
    again = still.run("db", "recover")
    assert (again.exit_code, "--merge" in again.stderr) == (1, True)
    assert still.read("db", "recover", "--merge")["known"] == 1


def test_nothing_is_recovered_beside_a_running_bridge(world: World):
    assert world.run("db", "recover").exit_code == 75


def test_nothing_is_recovered_from_a_side_that_does_not_answer(still: World):
    lost(still)
    still.stage.rootly.system.faults.add(Fault("GET", "/v1/incidents", status=500))
    assert still.run("db", "recover").exit_code == 69
