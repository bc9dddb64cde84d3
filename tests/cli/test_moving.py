"""`bridge db migrate`, as an operator meets it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.store.opening import open_store
from tests.cli.terminal import World, run
from tests.postgres import Database


@pytest.fixture
def database() -> Iterator[Database]:
    one = Database(empty=True)
    yield one
    one.close()


def with_password(database: Database) -> str:
    return database.url.replace("bridge@", "bridge:a-password-of-mine@")


def test_a_bridge_is_copied_while_it_works_and_moves_when_it_has_stopped(still: World, database: Database):
    still.start()
    still.alert("Disk full")
    first = still.run("db", "migrate", "--to", with_password(database))
    assert (first.exit_code, "Stop it" in first.stdout) == (75, True)
    still.alert("Disk full again")
    still.stop()
    second = still.run("db", "migrate", "--to", with_password(database))
    assert (second.exit_code, "The bridge has moved" in second.stdout) == (0, True)
    assert "a-password-of-mine" not in first.output + second.output
    assert [row["title"] for row in links(database.url)] == ["Disk full again", "Disk full"]


def links(url: str) -> list[dict[str, object]]:
    store = open_store(url)
    with store.reports() as reports:
        rows = reports.links({}, 10)
    store.close()
    return rows


def test_the_old_store_does_not_start_again_and_says_where_the_bridge_is(still: World, database: Database):
    moved(still, database)
    refused = still.run("serve")
    assert (refused.exit_code, "has moved to postgresql://bridge@" in refused.stderr) == (78, True)


def moved(world: World, database: Database) -> None:
    world.start()
    world.stop()
    assert world.run("db", "migrate", "--to", database.url).exit_code == 0


def test_a_copy_that_is_not_whole_does_not_start(still: World, database: Database):
    still.start()
    still.run("db", "migrate", "--to", database.url)
    still.stop()
    config = still.config.parent / "new.yaml"
    config.write_text(json.dumps(json.loads(still.config.read_text()) | {"store": database.url}))
    config.chmod(0o600)
    refused = run("serve", "--config", config)
    assert (refused.exit_code, "not whole yet" in refused.stderr) == (78, True)


def test_the_way_back_leads_into_a_new_file(still: World, database: Database, tmp_path: Path):
    moved(still, database)
    back = run("db", "migrate", "--from", database.url, "--to", f"sqlite:///{tmp_path}/back.db")
    assert back.exit_code == 0
    into_the_old = run("db", "migrate", "--from", database.url, "--to", f"sqlite:///{still.config.parent}/bridge.db")
    assert into_the_old.exit_code == 78


def test_a_plan_counts_and_writes_nothing(still: World, database: Database):
    still.start()
    still.alert("Disk full")
    planned = still.read("db", "migrate", "--plan", "--to", database.url)
    assert (planned["plan"], planned["rows"]["links"]) == (True, 1)
    assert database.say("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'") == [(0,)]


def test_a_script_reads_what_was_copied_and_whether_the_bridge_has_moved(still: World, database: Database):
    still.start()
    still.alert("Disk full")
    still.stop()
    told = still.read("db", "migrate", "--to", database.url)
    assert (told["moved"], told["tables"][1]["table"], told["tables"][1]["rows"]) == (True, "links", 1)
    assert told["changed"] == sum(table["rows"] for table in told["tables"])
    again = still.run("db", "migrate", "--to", database.url)
    assert (again.exit_code, "has moved there already" in again.stderr) == (78, True)


def test_a_store_does_not_move_into_itself(still: World):
    still.start()
    still.stop()
    store = f"sqlite:///{still.config.parent}/bridge.db"
    assert still.run("db", "migrate", "--to", store).exit_code == 78


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path, database: Database):
    gone = tmp_path / "gone.db"
    result = run("db", "migrate", "--from", f"sqlite:///{gone}", "--to", database.url)
    assert (result.exit_code, "is not there" in result.stderr, gone.exists()) == (78, True, False)
