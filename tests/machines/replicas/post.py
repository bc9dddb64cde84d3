"""Stands before the replicas: every webhook goes to two of them by chance, at once or one after the other."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock

import urllib3

from tests.e2e.post import Door, Letter

PATIENCE = 10.0  # seconds for one answer: a stopped replica gives none
HANDS = 16


@dataclass(slots=True)
class Balancer(Door):
    """Keeps the id of whatever was accepted; what no replica takes is refused, and its sender comes again."""

    urls: Sequence[str]
    chance: random.Random
    accepted: set[str] = field(default_factory=set)
    told_twice: int = 0
    differing: list[str] = field(default_factory=list)  # one webhook, two deliveries
    out: set[str] = field(default_factory=set)  # replicas that get nothing
    _watched: str = ""
    _seen: Event = field(default_factory=Event)
    _hands: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(HANDS))
    _lines: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(maxsize=HANDS, retries=False))
    _lock: Lock = field(default_factory=Lock)

    def close(self) -> None:
        Door.close(self)
        self._hands.shutdown(wait=False, cancel_futures=True)
        self._lines.clear()

    def wait_for(self, url: str, seconds: float) -> bool:
        """Whether that replica accepts one within so many seconds. Comes back at once when it does."""
        self._seen.clear()
        self._watched = url
        return self._seen.wait(seconds)

    def deliver(self, letter: Letter) -> tuple[str, bytes]:
        taken = self._twice(letter)
        self._write_down(*taken)
        kept = taken[0] or taken[1]
        return "200 OK" if kept else "502 Bad Gateway", json.dumps({"delivery": kept}).encode()

    def _twice(self, letter: Letter) -> tuple[str | None, str | None]:
        first_ways, second_ways, at_once = self._by_chance()
        if not at_once:
            return self._taken(letter, first_ways), self._taken(letter, second_ways)
        other = self._hands.submit(self._taken, letter, second_ways)
        return self._taken(letter, first_ways), other.result()

    def _by_chance(self) -> tuple[Iterator[str], Iterator[str], bool]:
        with self._lock:
            urls = [url for url in self.urls if url not in self.out]
            ways = [iter(self.chance.sample(urls, len(urls))) for _ in range(2)]
            return ways[0], ways[1], self.chance.random() < 0.5

    def _taken(self, letter: Letter, ways: Iterator[str]) -> str | None:
        """The id that the first replica that took it gave it."""
        for url in ways:
            try:
                answer = self._lines.request(
                    "POST", f"{url}{letter.path}", body=letter.body, headers=letter.headers, timeout=PATIENCE
                )
            except urllib3.exceptions.HTTPError:
                continue
            if answer.status == 200:
                if url == self._watched:
                    self._seen.set()
                return str(answer.json()["delivery"])
        return None

    def _write_down(self, first: str | None, second: str | None) -> None:
        with self._lock:
            self.accepted |= {kept for kept in (first, second) if kept}
            self.told_twice += bool(first and second)
            if first and second and first != second:
                self.differing.append(f"{first} and {second}")
