"""Two bridges on one PostgreSQL become two of the next version, one after the other, while webhooks keep arriving."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from bridge.sandbox.stage import Stage
from bridge.store.migrations import STEPS
from bridge.store.opening import open_readonly
from bridge.store.postgres import open_postgres
from tests.e2e.harness import fast_stage, until, write_configuration
from tests.e2e.next_version import NAME, STEP
from tests.e2e.processes import Served, free_port, served
from tests.machines.moving.people import People
from tests.machines.moving.post import Post
from tests.machines.replicas.judge import Judge
from tests.postgres import Database

LONG = 90.0  # seconds, beside a whole suite


@pytest.fixture
def database() -> Iterator[Database]:
    made = Database(empty=True)
    yield made
    made.close()


@pytest.fixture
def stage() -> Iterator[Stage]:
    opened = fast_stage()
    for system in (opened.pagertree.system, opened.rootly.system):
        system.sender.change(retries=14, base_seconds=0.1)
    yield opened
    opened.close()


@pytest.fixture
def two(tmp_path: Path, stage: Stage, database: Database) -> Iterator[list[Served]]:
    """Not started yet."""
    with ExitStack() as after:
        yield [after.enter_context(served(*configured(tmp_path / name, stage, database.url))) for name in ("a", "b")]


def configured(folder: Path, stage: Stage, url: str) -> tuple[Path, int]:
    folder.mkdir()
    port = free_port()
    path = write_configuration(stage, folder, port=port, pagertree={"settle": "1s"}, jobs={"poll": "1s"})
    path.write_text(json.dumps(json.loads(path.read_text()) | {"store": url}))
    return folder, port


def begin_next(one: Served) -> None:
    """In its place the next version."""
    one.start_as("tests.e2e.next_version")


@pytest.mark.timeout(6 * LONG)
def test_nothing_is_lost_or_done_twice_while_one_after_the_other_is_upgraded(stage, database, two, monkeypatch) -> None:
    for one in two:
        one.start()
        one.ready()
    post = Post([one.url for one in two]).open()
    stage.send_webhooks_to(post.url)
    people = People(stage, Judge(stage))
    people.begin()
    arrive(post, 10)
    upgraded(two[0])
    assert NAME in steps(database)
    post.to = [two[1].url]  # the older one, on the newer tables
    arrive(post, 10)
    post.to = [one.url for one in two]
    upgraded(two[1])
    arrive(post, 10)
    people.enough()
    as_next(monkeypatch)
    come_to_rest(stage, database.url, people.judge)
    post.close()
    assert not post.accepted - ended(database.url)
    assert (post.differing, people.judge.doubles(), people.judge.out_of_order(), people.failed) == ([], [], [], [])
    assert not [text for one in two for text in one.log().split("Traceback")[1:]]


def as_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process is of the next version from here on."""
    for name, scripts in STEP.items():
        monkeypatch.setitem(STEPS, name, scripts)


def arrive(post: Post, more: int) -> None:
    wanted = len(post.accepted) + more
    until(lambda: len(post.accepted) >= wanted, LONG, "webhooks that are taken")


def upgraded(one: Served) -> None:
    code, _ = one.terminate()
    assert code == 0
    begin_next(one)
    one.ready()


def steps(database: Database) -> list[str]:
    return [name for (name,) in database.say("SELECT name FROM steps")]


def come_to_rest(stage: Stage, url: str, judge: Judge) -> None:
    """As long as anything comes to its end it is only slow: the longer the upgrade took, the more people have begun."""
    while not (rests(stage, url) and not judge.wrong()):
        before = finished(url)
        until(lambda b=before: finished(url) > b or (rests(stage, url) and not judge.wrong()), LONG, judge.wrong)


def finished(url: str) -> int:
    return len(ended(url)) + sum(call["state"] != "owed" for call in rows(url, "calls"))


def rests(stage: Stage, url: str) -> bool:
    sending = sum(system.sender.waiting() for system in (stage.pagertree.system, stage.rootly.system))
    owed = [call for call in rows(url, "calls", state="owed") if call["kind"] != "recheck"]
    return not (sending or owed or rows(url, "deliveries", verdict="waiting"))


def ended(url: str) -> set[object]:
    return {row["id"] for row in rows(url, "deliveries") if row["verdict"] != "waiting" and row["reason"]}


def rows(url: str, what: str, **filters: str) -> list[dict[str, object]]:
    readers = open_readonly(url)
    try:
        with readers.reports() as reports:
            found: list[dict[str, object]] = getattr(reports, what)(filters, 10_000)
            return found
    finally:
        readers.close()


def test_an_older_bridge_that_is_started_on_newer_tables_refuses_and_names_the_step(database, two) -> None:
    begin_next(two[0])
    two[0].ready().terminate()
    two[1].start()
    assert two[1].process.wait(LONG) == 78
    assert f"made by a newer bridge (step {NAME}): start that version" in two[1].log()


# -- a step and those who are at work meanwhile ------------------------------------------------------------------------


@pytest.fixture
def next_step(database: Database, monkeypatch: pytest.MonkeyPatch) -> Thread:
    """Begins when it is started; `database` has the older tables."""
    open_postgres(database.url).close()
    monkeypatch.setattr("bridge.store.postgres_schema.PAUSE", 0.05)
    as_next(monkeypatch)
    return Thread(target=lambda: open_postgres(database.url).close(), daemon=True)


def waits(database: Database) -> bool:
    return bool(database.say("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))


def test_a_step_and_a_turn_that_has_begun_do_not_wait_for_each_other(database, next_step) -> None:
    with psycopg.connect(database.url) as turn:
        turn.execute("SELECT last_id FROM turn WHERE id = 1 FOR UPDATE")
        turn.execute("DELETE FROM outbox WHERE id = 'none'")
        next_step.start()
        until(lambda: waits(database), LONG, "the step waits")
        turn.execute("DELETE FROM deliveries WHERE id = 'none'")
    next_step.join(LONG)
    assert NAME in steps(database)


def test_a_step_that_a_reader_is_in_the_way_of_lets_the_others_go_on_and_comes_again(database, next_step) -> None:
    with psycopg.connect(database.url) as reader:
        reader.execute("SELECT count(*) FROM outbox")
        next_step.start()
        until(lambda: waits(database), LONG, "the step waits")
        reader.execute("SELECT count(*) FROM deliveries")  # the step's lock on it is given up
        assert NAME not in steps(database)
    next_step.join(LONG)
    assert NAME in steps(database)
