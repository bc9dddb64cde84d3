"""Sends webhooks from background threads the way a vendor does: retried on anything but 2xx, in no promised order.

Rule: `send` never blocks and never fails; what became of it stands in the log.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import requests

from bridge.sandbox.timers import Queue, seeded

Headers = Mapping[str, str] | Callable[[bytes], Mapping[str, str]]
"""Fixed headers, or a function of the body that is asked at each attempt (a signature with the time in it)."""

LOG_LENGTH = 100_000


@dataclass(slots=True)
class WebhookSwitches:
    """Chances are from 0 to 1. `retries` come after the first attempt; waits double from `base_seconds`.

    While `paused` everything is held; it leaves afterwards in the order given, or shuffled.
    """

    duplicate: float = 0.0
    reorder: float = 0.0
    reorder_seconds: float = 0.3
    loss: float = 0.0
    delay_seconds: float = 0.0
    paused: bool = False
    shuffle: bool = False
    retries: int = 14
    base_seconds: float = 1.0
    timeout_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, without the query (it may be secret). `status` None: no answer; `number` 0: `loss` swallowed it."""

    path: str
    label: str
    number: int
    status: int | None
    at: float


@dataclass(frozen=True, slots=True)
class _Parcel:
    url: str
    headers: Headers
    body: bytes
    label: str
    number: int = 1


class Sender:
    def __init__(self, switches: WebhookSwitches | None = None, seed: int = 0, workers: int = 4) -> None:
        self.switches = switches or WebhookSwitches()
        self._chance = seeded(seed)
        self._queue: Queue[_Parcel] = Queue()
        self._held: list[_Parcel] = []
        self._unfinished = 0
        self._changed = threading.Condition()
        self._log: deque[Attempt] = deque(maxlen=LOG_LENGTH)
        self._workers = workers
        self._started = False

    def send(self, url: str, headers: Headers, body: bytes, label: str = "") -> None:
        """Queue one webhook. `label` (an event type) only appears in the log."""
        parcel = _Parcel(url, headers, body, label)
        with self._changed:
            self._start_once()
            if self._chance.random() < self.switches.loss:
                self._note(parcel, 0, None)
                return
            copies = 2 if self._chance.random() < self.switches.duplicate else 1
            self._unfinished += copies
            for _ in range(copies):
                self._hold_or_queue(parcel)

    def change(self, **changes: object) -> None:
        """Set switches by name; what was held leaves once nothing is paused. Raises AttributeError on unknown names."""
        with self._changed:
            for name, value in changes.items():
                setattr(self.switches, name, value)
            if not self.switches.paused:
                self._release()

    def drain(self, timeout: float) -> bool:
        """Wait until everything has been delivered or given up; False if `timeout` seconds did not suffice."""
        with self._changed:
            return self._changed.wait_for(lambda: self._unfinished == 0, timeout)

    def log(self) -> list[Attempt]:
        with self._changed:
            return list(self._log)

    def waiting(self) -> int:
        """How many are held, queued, being sent or waiting for a retry."""
        with self._changed:
            return self._unfinished

    def close(self) -> None:
        """Stop sending; what has not left is forgotten."""
        self._queue.close()

    def _start_once(self) -> None:
        if not self._started:
            self._started = True
            for number in range(self._workers):
                threading.Thread(target=self._run, name=f"sandbox-webhooks-{number}", daemon=True).start()

    def _hold_or_queue(self, parcel: _Parcel) -> None:
        if self.switches.paused:
            self._held.append(parcel)
            return
        late = self.switches.reorder_seconds if self._chance.random() < self.switches.reorder else 0.0
        self._queue.put(parcel, self.switches.delay_seconds + late)

    def _release(self) -> None:
        held, self._held = self._held, []
        if self.switches.shuffle:
            self._chance.shuffle(held)
        for parcel in held:
            self._queue.put(parcel)

    def _run(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.headers.clear()
            while (parcel := self._queue.get()) is not None:
                self._finish(parcel, self._deliver(session, parcel))

    def _deliver(self, session: requests.Session, parcel: _Parcel) -> int | None:
        headers = parcel.headers(parcel.body) if callable(parcel.headers) else parcel.headers
        wait = self.switches.timeout_seconds
        try:
            answer = session.post(parcel.url, parcel.body, headers=dict(headers), timeout=wait, allow_redirects=False)
        except (requests.RequestException, OSError):
            return None
        return answer.status_code

    def _finish(self, parcel: _Parcel, status: int | None) -> None:
        with self._changed:
            self._note(parcel, parcel.number, status)
            delivered = status is not None and 200 <= status < 300
            if delivered or parcel.number > self.switches.retries:
                self._unfinished -= 1
                self._changed.notify_all()
            else:
                wait = self.switches.base_seconds * 2 ** (parcel.number - 1)
                self._queue.put(replace(parcel, number=parcel.number + 1), wait)

    def _note(self, parcel: _Parcel, number: int, status: int | None) -> None:
        self._log.append(Attempt(urlsplit(parcel.url).path, parcel.label, number, status, time.time()))
