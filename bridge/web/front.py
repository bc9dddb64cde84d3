"""The front door: webhooks go the short way, everything else into Flask."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bridge.flows.receive import PATIENCE
from bridge.web import api, audit, docs, health, pages, trying
from bridge.web import tokens as made
from bridge.web.bearer import Bearer, token
from bridge.web.clients import Failures, networks
from bridge.web.console.desk import Desk
from bridge.web.console.guard import Guard
from bridge.web.hooks import PREFIX, Hooks, Waiting
from bridge.web.inside import inside
from bridge.web.integration import PREFIX as INTEGRATION
from bridge.web.made_tokens import MadeTokens

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from bridge.app import Parts

PREFIXES = (PREFIX, INTEGRATION)


class Front:
    """The whole WSGI application. Set `stopping` when the server is to end: `/readyz` says so from then on."""

    def __init__(self, parts: Parts, patience: float) -> None:
        self.stopping = threading.Event()
        trusted, failures = networks(parts.config.server.trusted_proxies), Failures(time.monotonic)
        tokens = [token(t.name, t.token.get_secret_value(), t.scopes) for t in parts.config.api.tokens]
        bearer = Bearer(tokens, failures, trusted, MadeTokens(parts, time.monotonic).find)
        readiness = health.Readiness(parts, parts.config.folder, self.stopping.is_set)
        self._hooks = Hooks(parts, failures, trusted, patience)
        doors = (
            health.blueprint(parts, readiness, bearer, trusted),
            api.blueprint(parts, bearer),
            trying.blueprint(parts, bearer),
            made.blueprint(parts, bearer),
            audit.blueprint(parts, bearer),
        )
        desk = Desk(parts, Guard(parts))
        self.flask = inside([*doors, pages.blueprint(parts, bearer), docs.blueprint(), desk.blueprint()], trusted)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["PATH_INFO"] = environ["PATH_INFO"] or "/"  # an address may end with its host
        application = self._hooks if environ["PATH_INFO"].startswith(PREFIXES) else self.flask
        return application(environ, start_response)

    def begin(self, environs: Sequence[WSGIEnvironment]) -> list[Waiting]:
        """The short way, for a server that asks before it spends threads; webhooks only."""
        return self._hooks.begin(environs)


def create_app(parts: Parts, patience: float = PATIENCE) -> Front:
    """`patience`: seconds that a webhook may wait for its COMMIT before its sender is told to come again."""
    return Front(parts, patience)
