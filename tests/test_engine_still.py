"""The engine room when PostgreSQL stands still without hanging up, as a machine does whose disk is stuck."""

from contextlib import closing

import pytest

from bridge.engine import line
from bridge.engine.room import EngineRoom
from tests.between import Between
from tests.e2e.harness import until
from tests.postgres import Database


@pytest.mark.timeout(120)
def test_it_moves_to_the_server_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "STILL", 3.0)
    ran: list[tuple[str, int]] = []
    with closing(Database(empty=True)) as database, Between(database.server.port) as between:
        room = EngineRoom(between.url(database.name), {"a": 1.0}, lambda *slot: ran.append(slot), lambda _lane: None)
        room.start()
        until(lambda: len(ran) >= 2 and room.wakes.heard, 40, "at work")
        between.hold()
        had = len(ran)
        until(lambda: len(ran) >= had + 2 and room.wakes.heard, 60, "at work again")
        assert room.silent() < 30
        room.stop()
