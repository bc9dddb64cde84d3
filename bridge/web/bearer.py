"""Bearer tokens of `/api/v1`: who asks, and whether it may. Those of the configuration, and those that the bridge made.

Rule: all tokens are compared in constant time by their digests; a missing and a wrong one are answered alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

from bridge.core.access import SCOPES, may
from bridge.log import get_log
from bridge.web.answers import Refusal
from bridge.web.clients import Failures, Network, client_of, turned_away

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["SCOPES", "Bearer", "Token", "token"]
log = get_log(__name__)


@dataclass(frozen=True, slots=True)
class Token:
    name: str  # stands in the audit
    digest: bytes
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        return may(self.scopes, scope)


def token(name: str, secret: str, scopes: Iterable[str]) -> Token:
    return Token(name, sha256(secret.encode()).digest(), frozenset(scopes))


class Bearer:
    """The guard of every door of the API. `made`: finds a token that the bridge has made, by its whole text."""

    def __init__(
        self,
        tokens: Iterable[Token],
        failures: Failures,
        trusted: tuple[Network, ...],
        made: Callable[[str], Token | None],
    ) -> None:
        self._tokens = tuple(tokens)
        self._failures = failures
        self._trusted = trusted
        self._made = made

    def known(self, environ: WSGIEnvironment) -> Token | None:
        """Raises `Unavailable` when the store has to be asked and does not answer."""
        kind, _, secret = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        digest = sha256(secret.strip().encode("latin-1", "replace")).digest()
        matches = [token for token in self._tokens if compare_digest(token.digest, digest)]
        return matches[0] if matches else self._made(secret.strip())

    def admit(self, environ: WSGIEnvironment, scope: str) -> str:
        """The name of the token. Raises 401, 403 naming the scope, or 429 after too many failures."""
        found = self.known(environ)
        if found is None:
            raise turned_away(self._failures, client_of(environ, self._trusted), "Bearer", "no such token")
        if not found.may(scope):
            log.warning("api.denied", token=found.name, scope=scope)
            raise _insufficient(scope)
        return found.name


def _insufficient(scope: str) -> Refusal:
    challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
    message = f"This token lacks the scope {scope!r}."
    return Refusal(403, "insufficient_scope", message, (("WWW-Authenticate", challenge),))
