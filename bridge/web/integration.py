"""`POST /integration/<id>`: PagerTree's own path and code table, so that a tool moves over by changing the host.

Rule: a request is counted against its integration's limit only once its token was right.
https://pagertree.com/docs/integrations
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from ulid import ULID

from bridge.budgets import Budgets
from bridge.errors import Unverified
from bridge.flows import receive
from bridge.flows.receive import Arriving
from bridge.model import Hook
from bridge.systems.integrations import ARRIVAL
from bridge.web import answers, body
from bridge.web.answers import Refusal
from bridge.web.clients import Failures, Network, client_of, neighbourhood

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from _typeshed.wsgi import WSGIEnvironment

    from bridge.app import Parts

PREFIX = "/integration/"


class Doors:
    """The doors of all integrations. `hook_of` reads a request's body, headers and query."""

    def __init__(self, parts: Parts, failures: Failures, trusted: tuple[Network, ...]) -> None:
        self._parts = parts
        self._failures = failures
        self._trusted = trusted
        self._settings: Mapping[str, bool] = {one.id: one.enabled for one in parts.config.integrations}
        # Each bridge counts by itself: what only shares a limit must not make a webhook wait for another machine.
        self._limits = Budgets({one.id: one.requests_per_minute for one in parts.config.integrations})

    def __contains__(self, id_: str) -> bool:
        return id_ in self._settings

    def admit(self, environ: WSGIEnvironment, id_: str, hook_of: Callable[[], Hook]) -> Arriving:
        if id_ not in self._settings:
            raise answers.not_found("There is no such integration here.")
        if environ["REQUEST_METHOD"] != "POST":
            raise answers.not_allowed("POST")
        if not self._settings[id_]:
            raise Refusal(405, "disabled", "This integration is disabled.", (("Allow", ""),))
        body.check_encoding(environ)
        arriving = self._verified(environ, id_, hook_of())
        if seconds := self._limits.wait(id_):
            raise _too_many(ceil(seconds))
        return arriving

    def _verified(self, environ: WSGIEnvironment, id_: str, hook: Hook) -> Arriving:
        """Every request is a delivery of its own, also one that is the same to the byte."""
        own = Hook(hook.body, {**hook.headers, ARRIVAL: str(ULID())}, hook.query)
        try:
            return receive.admit(self._parts, id_, own)
        except Unverified as fault:
            client = client_of(environ, self._trusted)
            if seconds := self._failures.count(neighbourhood(client)):
                raise answers.too_many_failures(seconds) from None
            raise Refusal(403, "forbidden", "The token is missing or wrong.", (), fault.reason) from None


def _too_many(seconds: int) -> Refusal:
    message = "This integration takes no more requests for now."
    return Refusal(429, "too_many_requests", message, (("Retry-After", str(seconds)),))
