"""`bridge doctor` on PostgreSQL: what the server says, and what somebody should do about it."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace

import pytest

from bridge.flows.checks import State
from bridge.flows.doctor_server import EACH, judged
from bridge.store.postgres import open_postgres
from bridge.store.server import Server
from tests.cli.terminal import World
from tests.e2e.harness import until
from tests.postgres import Database, pooler

WELL = Server(
    name="PostgreSQL 15.18",
    version=150018,
    private=True,
    standby=False,
    read_only=False,
    commits="on",
    fsync=True,
    full_page_writes=True,
    standbys="",
    unconfirmed=False,
    ahead=0.1,
    connections=97,
    others=3,
    bridges=2,
    pooled=False,
    hears=True,
    tables=True,
    may_make_tables=True,
)


@pytest.fixture
def database():
    with closing(Database(empty=True)) as made:
        yield made


def pointed(world: World, url: str) -> World:
    world.config.write_text(json.dumps({**world.stage.configuration(), "store": url}))
    return world


def said(world: World) -> dict[str, tuple[str, str]]:
    return {item["name"]: (item["state"], item["detail"]) for item in world.read("doctor")["items"]}


# -- a real server


def test_a_database_without_tables_is_fine_before_the_first_start(still: World, database):
    found = said(pointed(still, database.url))
    assert found["store"][0] == "OK"
    assert "the first start makes them" in found["tables"][1]
    assert still.run("doctor").exit_code == 0
    assert database.say("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_what_the_database_was_told_of_commits_does_not_count(still: World, database):
    database.server.say(f"ALTER DATABASE {database.name} SET synchronous_commit = off")
    state, detail = said(pointed(still, database.url))["durability"]
    assert (state, "synchronous_commit on" in detail) == ("OK", True)


def test_bridges_that_live_are_counted_against_the_connections(still: World, database):
    with closing(open_postgres(database.url)) as store:
        store.write(lambda tx: tx.enter("one", "host:1"))
        assert "1 run" in said(pointed(still, database.url))["connections"][1]


def test_a_user_with_few_connections_is_a_warning(still: World, database):
    database.server.say(f"CREATE ROLE {database.name} LOGIN CONNECTION LIMIT 15")
    found = said(pointed(still, database.server.url(database.name, user=database.name)))
    assert (found["connections"][0], "15 at most" in found["connections"][1]) == ("WARN", True)
    assert (found["tables"][0], "may not make them" in found["tables"][1]) == ("FAIL", True)


def test_a_server_that_takes_no_writes_is_away(still: World, database):
    database.server.say(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    assert "takes no writes" in said(pointed(still, database.url))["store"][1]
    assert still.run("doctor").exit_code == 69


def test_a_pooler_in_transaction_mode_is_noticed(still: World, database):
    with pooler(database.server) as between:
        state, detail = said(pointed(still, between.url(database.name)))["notifications"]
    assert (state, "look every second" in detail) == ("OK", True)


def test_a_commit_that_waits_for_a_lost_standby_is_noticed(still: World, database):
    pointed(still, database.url)
    with closing(open_postgres(database.url)) as store:
        try:
            wait_for_standby(database, "= 'nobody'")
            until(lambda: not store.submit(lambda tx: tx.set_fact("any", "thing")).done() and is_unconfirmed(still), 20)
        finally:
            wait_for_standby(database, "TO DEFAULT")


def is_unconfirmed(world: World) -> bool:
    return "waits for a standby" in said(world)["durability"][1]


def wait_for_standby(database: Database, words: str) -> None:
    database.server.say(f"ALTER SYSTEM SET synchronous_standby_names {words}")
    database.server.say("SELECT pg_reload_conf()")


def test_tables_of_a_newer_bridge_are_refused(still: World, database):
    open_postgres(database.url).close()
    database.say("INSERT INTO steps (name) VALUES ('from_2031')")
    result = pointed(still, database.url).run("doctor")
    assert (result.exit_code, "newer bridge" in result.stdout) == (78, True)


# -- what is thought of it


def test_a_server_that_is_well_leaves_nothing_to_do():
    assert {check.state for check in judged(WELL, "here")} == {State.OK}


@pytest.mark.parametrize(
    ("change", "name", "state", "word"),
    [
        ({"standby": True, "read_only": True}, "store", State.FAIL, "is a standby"),
        ({"version": 140020, "name": "PostgreSQL 14.20"}, "PostgreSQL", State.WARN, "older than 15"),
        ({"fsync": False}, "durability", State.FAIL, "a power cut loses"),
        ({"commits": "local"}, "durability", State.FAIL, "stays local"),
        ({"full_page_writes": False}, "durability", State.WARN, "full_page_writes"),
        ({"standbys": "two", "unconfirmed": True}, "durability", State.FAIL, "waits for a standby"),
        ({"standbys": "FIRST 1 (two)"}, "durability", State.OK, "a standby (FIRST 1 (two))"),
        ({"connections": EACH * 3 + 2}, "connections", State.WARN, "room for 2 bridges, 2 run"),
        ({"connections": EACH * 3 + 3}, "connections", State.OK, "room for 3 bridges, 2 run"),
        ({"pooled": True}, "notifications", State.WARN, "for a whole session"),
        ({"ahead": 31.0}, "clock", State.WARN, "31.0 s behind PostgreSQL's"),
        ({"ahead": -31.0}, "clock", State.WARN, "31.0 s ahead of PostgreSQL's"),
        ({"private": False}, "line", State.WARN, "without TLS"),
    ],
)
def test_what_is_not_as_it_should_be_is_named(change, name, state, word):
    found = {check.name: check for check in judged(replace(WELL, **change), "here")}
    assert (found[name].state, word in found[name].detail) == (state, True)
    assert found[name].mend or state is State.OK
