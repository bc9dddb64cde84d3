"""Every row of a bad day answers for itself: `bridge deliveries show` and `bridge links show`, as text and as JSON.

What they must say is read from the tables, not from the code that says it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from bridge.cli import cli
from bridge.store import stories
from simulation.virtual import Place, replaced
from tests.machines.explained.day import bad_day
from tests.machines.orders.machine import silent
from tests.machines.tally import Budget, Tally

PROMISES = ("P2",)
NIGHTLY = 4_000  # rows
DEEDS = 8  # of each spell of a day
SQUEEZED = str.maketrans("", "", " \n")  # a table breaks long lines wherever it has to


def answer_dropped() -> list[Place]:
    """What a system last answered is not told."""
    return [(stories, "standing", lambda call, *_: f"{call['state']}, {call['attempts']}")]


def wait_unexplained() -> list[Place]:
    """A call that waits for another one, for a person or for a system is just called owed."""
    told = stories.standing
    return [(stories, "standing", lambda call, *rest: "owed" if call["state"] == "owed" else told(call, *rest))]


def cause_unknown() -> list[Place]:
    """A delivery does not say why it did what it did."""
    return [(stories, "outlook", lambda delivery: delivery["verdict"])]


SWITCHES: dict[str, Callable[[], list[Place]]] = {
    switch.__name__: switch for switch in (answer_dropped, wait_unexplained, cause_unknown)
}
SABOTAGES: Mapping[str, str] = {name: (switch.__doc__ or "").strip() for name, switch in SWITCHES.items()}

KINDS = {"deliveries": "verdict, attempts > 0", "links": "held, apart, status"}
ONE_OF_EACH = "SELECT MIN(id) AS least FROM {} GROUP BY {}"
LEAST_SHOWN = 10  # letters of what is cut
Row = dict[str, Any]


@dataclass(slots=True)
class Night:
    """Somebody was woken, and asks about one row after the other."""

    config: Path
    book: sqlite3.Connection
    tally: Tally = field(default_factory=Tally)

    def rows(self) -> Iterator[tuple[str, Row]]:
        """One of every kind first, so that a short night asks about each."""
        found = [(table, row) for table in KINDS for row in self.all(f"SELECT * FROM {table} ORDER BY id")]
        first = {kind["least"] for table, kinds in KINDS.items() for kind in self.all(ONE_OF_EACH.format(table, kinds))}
        yield from sorted(found, key=lambda one: one[1]["id"] not in first)

    def all(self, sql: str, **values: object) -> list[Row]:
        return [dict(row) for row in self.book.execute(sql, values)]

    def ask(self, table: str, row: Row) -> None:
        text, shown = self._shown(table, row["id"])
        wanted = self._of_delivery(row) if table == "deliveries" else self._of_link(row)
        missing = [word for word in wanted if not _says(text, word.translate(SQUEEZED))]
        missing += [word for word in wanted if word not in shown]
        self.tally.broken += [f"`bridge {table} show {row['id']}` does not say: {word}" for word in missing[:1]]
        self.tally.cases += 1
        self.tally.counts[table] += 1
        self.tally.counts["facts"] += len(wanted)

    def _shown(self, table: str, key: str) -> tuple[str, str]:
        words = [table, "show", key, "--config", str(self.config)]
        text, whole = (CliRunner().invoke(cli, more) for more in (words, [*words, "--json"]))
        assert (text.exit_code, whole.exit_code) == (0, 0), f"{text.output} {whole.output}"
        return text.output.translate(SQUEEZED), " ".join(_texts(json.loads(whole.output)))

    # -- what must be said

    def _of_delivery(self, row: Row) -> list[str]:
        calls = self.all("SELECT * FROM outbox WHERE delivery = :id", id=row["id"])
        told = [fact for call in calls for fact in (call["id"], *self._of_call(call))]
        links = [trace["link"] for trace in self.all("SELECT link FROM traces WHERE delivery = :id", id=row["id"])]
        return [row["verdict"], *_outlook(row), *links, *told]

    def _of_link(self, row: Row) -> list[str]:
        calls = self.all("SELECT * FROM outbox WHERE link = :id", id=row["id"])
        came = "SELECT * FROM deliveries WHERE id IN (SELECT delivery FROM traces WHERE link = :id)"
        told = [fact for call in calls for fact in (call["id"], *self._of_call(call))]
        told += [fact for one in self.all(came, id=row["id"]) for fact in (one["id"], *_outlook(one))]
        told += [row["held_by"]] if row["held"] else []
        done = self.all("SELECT detail FROM audit WHERE subject = :id", id=row["id"])
        return [*told, *(entry["detail"] for entry in done)]

    def _of_call(self, call: Row) -> list[str]:
        """Its state, what came back last, how often it was tried, and what it waits for."""
        count = call["attempts"]
        tries = ["tried once" if count == 1 else f"tried {count} times"] if count else []
        match call["state"]:
            case "owed":
                return [call["state"], *tries, call["reason"], *self._waits(call)]
            case "dead":
                return [call["state"], *tries, call["reason"], f"bridge calls retry {call['id']}"]
            case "shadow":
                return [call["state"], "never leaves"]
        return [call["state"], *tries, call["reason"]]

    def _waits(self, call: Row) -> list[str]:
        doubt = ["it may have had its effect"] if call["unsure"] else []
        link = self.all("SELECT * FROM links WHERE id = :id", id=call["link"])[0]
        closed = self.all("SELECT * FROM circuits WHERE target = :target AND open = 1", target=call["target"])
        if call["under_way"]:
            return [*doubt, "under way since"]
        if link["held"]:
            return [*doubt, f"{link['held_by']} paused the link"]
        if call["blocked"]:
            first = self.all(BEFORE, **{name: call[name] for name in ("link", "target", "id")})
            return [*doubt, f"waits for call {first[0]['id']}"]
        if closed:
            return [*doubt, closed[0]["reason"], _moment(closed[0]["probe_at"])]
        return [*doubt, f"due at {_moment(call['due_at'])}"]


BEFORE = """
SELECT id FROM outbox WHERE link = :link AND target = :target AND state = 'owed' AND id < :id
    AND kind IN ('create', 'advance') ORDER BY id
"""


def _outlook(delivery: Row) -> list[str]:
    match delivery["verdict"]:
        case "waiting":
            return [delivery["reason"] or "not judged yet", _moment(delivery["due_at"])]
        case "quarantined":
            return [delivery["reason"], f"bridge replay {delivery['id']}"]
    return [delivery["reason"] or "a reason"]


def _says(text: str, word: str) -> bool:
    """The columns of a table are cut where they get long, with an ellipsis; the JSON has all of it."""
    return word in text or any(f"{word[:end]}…" in text for end in range(LEAST_SHOWN, len(word)))


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            yield from (text for inner in value.values() for text in _texts(inner))
        case list():
            yield from (text for inner in value for text in _texts(inner))


def run(folder: Path, budget: Budget, sabotage: str = "") -> Tally:
    """One day after another; sabotaged, until it is noticed."""
    tally, seed = Tally(), budget.seed
    with silent(), replaced(SWITCHES[sabotage]() if sabotage else ()):
        while budget.left(tally.cases) and not tally.broken:
            _night(folder, seed, budget, tally)
            seed += 1
    return tally


def _night(folder: Path, seed: int, budget: Budget, tally: Tally) -> None:
    config = bad_day(folder, seed, DEEDS)
    with closing(sqlite3.connect(folder / "bridge.db")) as book:
        book.row_factory = sqlite3.Row
        night = Night(config, book, tally)
        for table, row in night.rows():
            if not budget.left(tally.cases) or tally.broken:
                break
            night.ask(table, row)
    tally.counts["days"] += 1
    tally.broken[:] = [f"{fault} (day {seed})" for fault in tally.broken]
