"""The commands on a store that is a server's database: no file, no lock, and no password shown."""

from __future__ import annotations

import json
import signal
from contextlib import closing

import pytest

from bridge.store.postgres import open_postgres
from tests.between import Between
from tests.cli.terminal import World, process
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


@pytest.fixture
def nowhere(still: World):
    """A world whose server is away."""
    url = "postgresql://bridge:s3cr3t-one@127.0.0.1:1/bridge"
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


def test_doctor_tells_when_the_server_is_away(nowhere: World):
    result = nowhere.run("doctor")
    assert (result.exit_code != 0, "cannot be reached" in result.stdout) == (True, True)
    assert "s3cr3t" not in result.stdout


# -- a server that comes last after a power cut


def test_the_bridge_waits_at_its_start_until_the_server_is_there(there: World, database):
    with Between(database.server.port, shut=True) as between:
        still_away = {**there.stage.configuration(), "store": between.url(database.name)}
        there.config.write_text(json.dumps(still_away))
        serving = process("serve", "--config", there.config, "--wait-for-store", "50s")
        try:
            first = json.loads(serving.stderr.readline())
            assert (first["event"], "cannot be reached" in first["reason"]) == ("store.awaited", True)
            between.open()
            then = (json.loads(line)["event"] for line in serving.stderr)
            assert next(event for event in then if event != "store.awaited") == "serving"
        finally:
            serving.send_signal(signal.SIGTERM)
        assert (serving.wait(15), serving.stderr.close()) == (0, None)


def test_who_is_told_to_go_while_it_waits_goes(nowhere: World):
    serving = process("serve", "--config", nowhere.config)
    assert json.loads(serving.stderr.readline())["event"] == "store.awaited"
    serving.send_signal(signal.SIGTERM)
    assert serving.communicate(timeout=10) == ("", "")
    assert serving.returncode == 0


def test_a_server_that_stays_away_ends_the_bridge_with_75(nowhere: World):
    result = nowhere.run("serve", "--wait-for-store", "0s")
    assert (result.exit_code, "cannot be reached" in result.stderr, "s3cr3t" in result.stderr) == (75, True, False)


def test_a_wait_that_is_no_duration_is_told(nowhere: World):
    result = nowhere.run("serve", "--wait-for-store", "soon")
    assert (result.exit_code, "--wait-for-store" in result.stderr) == (2, True)
