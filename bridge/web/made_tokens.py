"""Tokens that the bridge has made, as its doors look them up.

Rule: the store is asked at most once in two seconds, however often somebody knocks and with what; so long a token may
work after it was revoked on another replica.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from hmac import compare_digest
from typing import TYPE_CHECKING

from bridge.core.access import USED_EVERY, ApiToken, digest_of, split
from bridge.errors import BridgeError, Unavailable
from bridge.web.bearer import Token

if TYPE_CHECKING:
    from bridge.app import Parts

REMEMBERED = 2.0  # seconds


class MadeTokens:
    def __init__(self, parts: Parts, monotonic: Callable[[], float]) -> None:
        self._parts, self._monotonic = parts, monotonic
        self._guard = threading.Lock()
        self._live: Mapping[str, ApiToken] = {}
        self._fault = ""  # why the store could not be asked
        self._until = float("-inf")
        self._used: dict[str, float] = {}  # when the use of which was written down

    def find(self, text: str) -> Token | None:
        """Raises `Unavailable` when the store cannot be asked."""
        parts = split(text)
        found = self._tokens().get(parts[0]) if parts else None
        if parts is None or found is None or not compare_digest(found.digest, digest_of(parts[1])):
            return None
        if found.state(self._parts.clock()) != "live":
            return None
        self._note(found)
        return Token(found.actor, bytes.fromhex(found.digest), frozenset(found.scopes))

    def _tokens(self) -> Mapping[str, ApiToken]:
        with self._guard:
            if self._monotonic() >= self._until:
                self._ask()
                self._until = self._monotonic() + REMEMBERED
            if self._fault:
                raise Unavailable(self._fault)
            return self._live

    def _ask(self) -> None:
        """A store that does not answer is not asked by everybody who waits, one after another."""
        try:
            with self._parts.store.reports() as reports:
                self._live = {token.id: token for token in reports.tokens() if token.revoked_at is None}
            self._fault = ""
        except BridgeError as fault:
            self._fault = str(fault)

    def _note(self, token: ApiToken) -> None:
        """Once a minute at most, and nobody waits for it."""
        now = self._monotonic()
        with self._guard:
            if now - self._used.get(token.id, float("-inf")) < USED_EVERY.total_seconds():
                return
            self._used[token.id] = now
        self._parts.store.submit(lambda tx: tx.use_token(token.id))
