"""`/healthz`: the process answers. `/readyz`: it can take webhooks. `/metrics`: for those who may know.

Rule: a stranger learns one word and never why; the reason is in our log.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as TooLong
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from bridge import metrics
from bridge.errors import BridgeError
from bridge.log import get_log
from bridge.web import answers
from bridge.web.clients import Network, is_local
from bridge.web.door import add
from bridge.web.table import BY_NAME

if TYPE_CHECKING:
    from bridge.app import Parts
    from bridge.store.contract import Transaction
    from bridge.web.bearer import Bearer

FREE_BYTES = 64 * 1024 * 1024
PATIENCE = 2.0  # seconds the store may take
REMEMBERED = 2.0  # seconds that a verdict stands, so that asking often costs little

log = get_log(__name__)


class Readiness:
    """Judges whether a webhook sent now would be kept."""

    def __init__(
        self, parts: Parts, folder: Path | None, stopping: Callable[[], bool], needed: int = FREE_BYTES
    ) -> None:
        self._parts = parts
        self._folder = folder  # where the store's file is; None: on a server, which sees to its own disk
        self._needed = needed
        self._stopping = stopping
        self._guard = threading.Lock()
        self._word, self._until = "", 0.0

    def word(self) -> str:
        """ready, degraded (a vendor's circuit is open; webhooks are kept) or unready."""
        if self._stopping():
            return "unready"
        with self._guard:
            if time.monotonic() >= self._until:
                self._word = self._judge()
                self._until = time.monotonic() + REMEMBERED
            return self._word

    def _judge(self) -> str:
        if self._folder is not None and shutil.disk_usage(self._folder).free < self._needed:
            log.error("ready.no", why=f"less than {self._needed >> 20} MiB are free on the store's disk")
            return "unready"
        try:
            held = self._parts.store.submit(self._try_to_write).result(PATIENCE)
        except (BridgeError, TooLong) as fault:
            log.error("ready.no", why=f"the store takes no write: {fault or 'it did not commit in time'}")
            return "unready"
        return "degraded" if held else "ready"

    def _try_to_write(self, tx: Transaction) -> bool:
        tx.set_fact("ready.checked_at", tx.now.isoformat())
        circuits = [tx.circuit(target) for target in self._parts.targets]
        return any(circuit is not None and circuit.open for circuit in circuits)


def blueprint(parts: Parts, readiness: Readiness, bearer: Bearer, trusted: tuple[Network, ...]) -> Blueprint:
    doors = Blueprint("health", __name__)

    def healthz() -> Response:
        return _word("ok", 200)

    def readyz() -> Response:
        word = readiness.word()
        return _word(word, 503 if word == "unready" else 200)

    def figures() -> Response:
        asker = bearer.known(request.environ)
        if not is_local(request.environ, trusted) and (asker is None or not asker.may("read")):
            raise answers.not_found()
        return Response(parts.metrics.render(), content_type=metrics.CONTENT_TYPE)

    for view in (healthz, readyz, figures):
        add(doors, BY_NAME[view.__name__], view)
    return doors


def _word(word: str, status: int) -> Response:
    return Response(word + "\n", status, content_type="text/plain; charset=utf-8")
