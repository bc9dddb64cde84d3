"""The commands on a store that is a server's database: no file, no lock, and no password shown."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from bridge.store.postgres import open_postgres
from tests.cli.terminal import World
from tests.postgres import Database
from tests.store.examples import keep


@pytest.fixture
def database():
    with closing(Database(empty=True)) as made:
        yield made


@pytest.fixture
def there(still: World, database):
    """A world whose bridge stores on the server."""
    url = database.url.replace("bridge@", "bridge:s3cr3t-one@")
    still.config.write_text(json.dumps({**still.stage.configuration(), "store": url}))
    return still


def test_an_upgrade_makes_the_tables_and_verify_finds_them_sound(there: World):
    refused = there.run("db", "verify")
    assert (refused.exit_code, "bridge db upgrade" in refused.stderr) == (78, True)
    made = there.run("db", "upgrade")
    assert (made.exit_code, "is up to date (PostgreSQL" in made.stdout) == (0, True)
    assert there.read("db", "verify") == {"sound": True, "items": []}
    assert "s3cr3t" not in made.stdout + refused.stderr


def test_a_backup_is_left_to_pg_dump(there: World, tmp_path):
    there.run("db", "upgrade")
    result = there.run("db", "backup", tmp_path / "copy")
    assert (result.exit_code, "pg_dump" in result.stderr) == (1, True)


def test_rows_are_read_beside_whoever_works_there(there: World, database):
    with closing(open_postgres(database.url)) as store:
        one = keep(store)
        assert [row["id"] for row in there.read("deliveries", "list")["items"]] == [one.id]


def test_a_change_is_made_directly_where_no_bridge_answers(there: World, database):
    with closing(open_postgres(database.url)) as store:
        one = keep(store)
        store.write(lambda tx: tx.enter("one", "elsewhere:1"))
        assert there.run("replay", one.id).exit_code == 0
        with store.reports() as reports:
            assert reports.audit(1)[0]["actor"].startswith("command line")


def test_a_recovery_waits_until_nobody_works_there(there: World, database):
    with closing(open_postgres(database.url)) as store:
        store.write(lambda tx: tx.enter("one", "elsewhere:1"))
        result = there.run("db", "recover")
        assert (result.exit_code, "elsewhere:1" in result.stderr) == (75, True)
        store.write(lambda tx: tx.leave("one"))
        assert there.run("db", "recover", "--plan").exit_code == 0


def test_doctor_looks_at_the_server_instead_of_a_disk(there: World, database):
    there.run("db", "upgrade")
    checks = {check["name"]: check for check in there.read("doctor")["items"]}
    assert "answers (PostgreSQL" in checks["store"]["detail"]
    assert "disk" not in checks


def test_doctor_tells_when_the_server_is_away(still: World):
    url = "postgresql://bridge:s3cr3t-one@127.0.0.1:1/bridge"
    still.config.write_text(json.dumps({**still.stage.configuration(), "store": url}))
    result = still.run("doctor")
    assert (result.exit_code != 0, "cannot be reached" in result.stdout) == (True, True)
    assert "s3cr3t" not in result.stdout
