"""Bad days of a PostgreSQL under bridges that take posts all the while: what was answered 200 is there, once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import pytest
import requests

from bridge.sandbox.stage import Stage
from bridge.store.postgres import open_postgres_readonly
from tests.e2e.harness import Seen, fast_stage, until, write_configuration
from tests.e2e.processes import Served, free_port, served
from tests.postgres import Database, Server, needed, pooler
from tests.standby import Standby, is_in_step, lose, waited_for

TOOL = {"id": "int_1", "name": "Tool", "type": "webhook", "urgency": "high", "destinations": ["On-call"]}
BEFORE, AFTER = 15, 30  # posts taken before the bad moment, and with those after it


@dataclass(slots=True)
class Sender:
    """Posts trouble after trouble to the bridges in turn, each again until it is taken."""

    bridges: list[Served]
    taken: list[int] = field(default_factory=list)
    refusals: set[tuple[int, bool]] = field(default_factory=set)  # status, and whether it says when to come again
    over: Event = field(default_factory=Event)

    def run(self) -> None:
        while not self.over.is_set():
            number = len(self.taken) + 1
            if self._post(self.bridges[number % len(self.bridges)], number):
                self.taken.append(number)
            else:
                self.over.wait(0.05)

    def _post(self, bridge: Served, number: int) -> bool:
        body = {"event_type": "create", "Id": f"t{number}", "Title": f"Trouble {number}"}
        answer = requests.post(f"{bridge.url}/integration/int_1", json=body, timeout=20)
        if answer.status_code != 200:
            self.refusals.add((answer.status_code, "Retry-After" in answer.headers))
        return answer.status_code == 200


@contextmanager
def world(folder: Path, store: str, count: int = 1) -> Iterator[tuple[Stage, Sender]]:
    """Bridges on that store at work, and a sender who has begun."""
    with closing(fast_stage()) as stage, served_all(folder, count) as bridges:
        for one in bridges:
            file = write_configuration(stage, one.folder, port=one.port, integrations=[TOOL])
            file.write_text(json.dumps(json.loads(file.read_text()) | {"store": store}))
            one.start("--log-level", "warning")
        stage.send_webhooks_to(bridges[0].ready().url)
        sender = Sender([one.ready() for one in bridges])
        thread = Thread(target=sender.run)
        thread.start()
        try:
            yield stage, sender
        finally:
            sender.over.set()
            thread.join(25)


@contextmanager
def served_all(folder: Path, count: int) -> Iterator[list[Served]]:
    if not count:
        yield []
        return
    (own := folder / str(count)).mkdir(parents=True)
    with served(own, free_port()) as one, served_all(folder, count - 1) as others:
        yield [one, *others]


def play(stage: Stage, sender: Sender, url: str, bad_moment: Callable[[], None]) -> None:
    """What was taken before, during and after it has made its alert, once."""
    until(lambda: len(sender.taken) >= BEFORE, 30, lambda: sender.refusals)
    bad_moment()
    until(lambda: len(sender.taken) >= AFTER, 45, lambda: sender.refusals)
    sender.over.set()
    wanted = sorted(f"int_1:t{number}#1" for number in sender.taken)
    until(lambda: set(wanted) <= {*marks(stage)}, 45, lambda: sorted({*wanted} - {*marks(stage)}))
    made = marks(stage)  # once: what the sender was at when it was told to stop may still come
    assert len(made) == len({*made}), "no alert is there twice"
    assert sender.refusals <= {(503, True)}
    assert "SQLite" not in sender.bridges[0].log(), "what ails an engine that is not used is no news"
    with closing(open_postgres_readonly(url)) as readers:
        assert readers.verify() == ()


def marks(stage: Stage) -> list[str]:
    alerts: list[Seen] = stage.pagertree.system.state()["alerts"]
    return [alert["thirdparty_id"] for alert in alerts]


@pytest.fixture
def primary() -> Iterator[Server]:
    needed()
    server = Server()
    yield server
    server.end()


@pytest.fixture
def standby(primary: Server) -> Iterator[Standby]:
    server = Standby(primary)
    yield server
    server.end()


@pytest.mark.timeout(150)
def test_what_was_taken_survives_the_loss_of_the_primary(tmp_path: Path, primary: Server, standby: Standby) -> None:
    name = primary.database()
    until(lambda: standby.say(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"), 20)
    waited_for(primary)
    until(lambda: is_in_step(primary), 20)
    hosts = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"

    def take_over() -> None:
        lose(primary)
        standby.promote()

    with world(tmp_path, f"postgresql://bridge@{hosts}/{name}?target_session_attrs=read-write") as (stage, sender):
        play(stage, sender, standby.url(name), take_over)


@pytest.mark.timeout(150)
def test_through_a_pooler_that_loses_its_connections_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    with closing(Database(empty=True)) as database, ExitStack() as opened:
        between = opened.enter_context(pooler(database.server))
        stage, sender = opened.enter_context(world(tmp_path, between.url(database.name), count=2))
        play(stage, sender, database.url, database.hang_up)
