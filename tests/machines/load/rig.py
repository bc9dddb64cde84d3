"""A real bridge, two simulated systems and a sender, each a process of its own, and what is true of them afterwards."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.e2e.harness import until
from tests.e2e.processes import Served, free_port, served
from tests.machines.load import bridge as load_bridge
from tests.machines.load.posts import DOOR, Post, mixed, others, read_posts, signals, write_posts
from tests.machines.load.sender import Order, Sent, send
from tests.machines.load.vendors import QUERY, SECRETS, Vendor, vendors

BACKLOG = """
SELECT (SELECT count(*) FROM deliveries WHERE verdict = 'waiting')
    + (SELECT count(*) FROM outbox WHERE state = 'owed' AND kind <> 'recheck')
"""
ENDED = "SELECT id FROM deliveries WHERE verdict <> 'waiting' AND reason <> ''"
TOKEN = "a-token-of-the-rig-0123456789"
SELDOM = {"poll": "1h", "resync": "1d"}


@dataclass(slots=True)
class Rig:
    folder: Path
    bridge: Served
    pagertree: Vendor
    rootly: Vendor
    sabotage: str = ""
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def vendors(self) -> tuple[Vendor, Vendor]:
        return self.pagertree, self.rootly

    def start(self) -> None:
        load_bridge.start(self.bridge, self.sabotage)

    # -- what is sent

    def troubles(self, number: int) -> list[Post]:
        """New ones, a third of each kind; those of the two systems stand there already."""
        each = -(-number // 3)
        files = [self._file("posts"), self._file("posts")]
        for one, file in zip(self.vendors, files, strict=True):
            one.do("tell", url="")
            one.do("prepare", count=each, file=str(file))
            one.do("tell", url=self.bridge.url)
        return mixed(*map(read_posts, files), signals(each))[:number]

    def harmless(self, number: int) -> Iterator[Post]:
        return others(number, QUERY)

    def send(self, posts: Iterable[Post], rate: float) -> Sent:
        """`rate` 0: all at once."""
        file, answers = self._file("posts"), self._file("answers")
        marks = write_posts(file, posts)
        return send(Order(str(file), str(answers), self.bridge.port, SECRETS["rootly"], rate, len(marks)), marks)

    def _file(self, what: str) -> Path:
        return self.folder / f"{what}-{next(self._numbers)}.json"

    # -- what the bridge has still to do, and what became of what was sent

    def backlog(self) -> int:
        """Deliveries not judged and calls not made."""
        return int(self._rows(BACKLOG)[0][0])

    def settled(self, seconds: float) -> float:
        """How many seconds it took until nothing was owed. AssertionError when it takes longer than that."""
        began = time.monotonic()
        until(lambda: self.backlog() == 0, seconds, lambda: f"{self.backlog()} deliveries and calls are left")
        took = time.monotonic() - began
        for one in self.vendors:
            one.quiet()
        until(lambda: self.backlog() == 0, seconds, lambda: f"{self.backlog()} deliveries and calls are left")
        return took

    def wrong(self, sent: Sent) -> list[str]:
        """Ids that were accepted and did not come to their end, and marks that do not stand exactly once far away."""
        ended = {row[0] for row in self._rows(ENDED)}
        lost = [one for one in sent.accepted if one and one not in ended]
        marks = self.pagertree.do("held") | self.rootly.do("held")
        missing, doubled = ([m for m in sent.told if not marks.get(m)], [m for m in sent.told if marks.get(m, 0) > 1])
        return [
            *_said("accepted deliveries have no end with a reason", lost),
            *_said("accepted troubles stand nowhere at the far side", missing),
            *_said("troubles stand more than once at the far side", doubled),
        ]

    def _rows(self, sql: str) -> list[Any]:
        with closing(sqlite3.connect(f"file:{self.bridge.database}?mode=ro", uri=True, timeout=10)) as db:
            return db.execute(sql).fetchall()


def _said(what: str, ids: Sequence[str]) -> Iterator[str]:
    if ids:
        yield f"{len(ids)} {what}: {', '.join(ids[:3])}"


@contextmanager
def open_rig(folder: Path, sabotage: str = "", **sections: Any) -> Iterator[Rig]:
    """`sections` differ from the plain configuration; `pagertree` and `rootly` are merged over it."""
    with ExitStack() as after:
        pagertree, rootly = after.enter_context(vendors())
        port = free_port()
        _configure(folder, port, pagertree, rootly, sections)
        rig = Rig(folder, after.enter_context(served(folder, port)), pagertree, rootly, sabotage)
        rig.start()
        yield rig


def _configure(folder: Path, port: int, pagertree: Vendor, rootly: Vendor, sections: dict[str, Any]) -> None:
    """JSON is YAML."""
    plain: dict[str, Any] = {
        "server": {"host": "127.0.0.1", "port": port},
        "store": "sqlite:///bridge.db",
        "pagertree": pagertree.section | sections.pop("pagertree", {}),
        "rootly": rootly.section | sections.pop("rootly", {}),
        "routes": [{"match": {"always": True}, "actions": [{"type": "assign", "receiver": ["On-call"]}]}],
        "integrations": [DOOR],
        "jobs": SELDOM,
        "api": {"tokens": [{"name": "rig", "token": TOKEN, "scopes": ["read", "operate"]}]},
    }
    path = folder / "config.yaml"
    path.write_text(json.dumps(plain | sections))
    path.chmod(0o600)
