"""Stands before the bridges: passes every webhook on to one that takes it, and remembers which delivery it became."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

import requests

from tests.e2e.post import Door, Letter

PATIENCE = 20.0  # seconds for one answer
KEPT = 200  # letters that can be sent once more


@dataclass(slots=True)
class Post(Door):
    """What nobody takes is answered 502, and its sender comes again."""

    to: Sequence[str]  # who is down is passed over
    ids: dict[str, str] = field(default_factory=dict)  # by letter, those that were answered 2xx
    letters: list[Letter] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)  # one letter, two deliveries
    refused: int = 0
    _lock: Lock = field(default_factory=Lock)

    @property
    def accepted(self) -> set[str]:
        with self._lock:
            return set(self.ids.values())

    def again(self) -> int:
        """Everything that is still at hand is sent once more. Returns how much that was."""
        with self._lock:
            letters = list(self.letters)
        for letter in letters:
            self._send(letter)
        return len(letters)

    def deliver(self, letter: Letter) -> tuple[str, bytes]:
        return "200 OK" if self._send(letter) else "502 Bad Gateway", b""

    def _send(self, letter: Letter) -> bool:
        delivery = next(filter(None, (_taken(url, letter) for url in self.to)), None)
        with self._lock:
            if delivery is None:
                self.refused += 1
            else:
                self._write_down(letter, delivery)
        return delivery is not None

    def _write_down(self, letter: Letter, delivery: str) -> None:
        before = self.ids.setdefault(letter.name, delivery)
        if before != delivery:
            self.differing.append(f"{before} and {delivery}")
        if len(self.letters) < KEPT:
            self.letters.append(letter)


def _taken(url: str, letter: Letter) -> str | None:
    """The delivery that it became there. None: it is to come again."""
    try:
        answer = requests.post(f"{url}{letter.path}", letter.body, headers=letter.headers, timeout=PATIENCE)
    except requests.RequestException:
        return None
    return str(json.loads(answer.content)["delivery"]) if answer.ok else None
