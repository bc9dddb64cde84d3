"""How commands talk to a running bridge: its `/api/v1`, with a token of the configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.cli.ending import Unreachable
from bridge.config import Config
from bridge.core.access import may
from bridge.errors import BridgeError, ConfigError
from bridge.model import NoAnswer, Request, Response
from bridge.transport import Transport, origin

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - a server that listens everywhere also listens here


class Refused(BridgeError):
    """The running bridge said no; `status` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Client:
    url: str
    token: str
    transport: Transport

    def get(self, path: str) -> dict[str, Any]:
        return self._ask(Request("GET", self._to(path), self._headers()))

    def post(self, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        return self._ask(Request("POST", self._to(path), self._headers(), body=body))

    def delete(self, path: str) -> dict[str, Any]:
        return self._ask(Request("DELETE", self._to(path), self._headers()))

    def _ask(self, request: Request) -> dict[str, Any]:
        """Raises `Refused` or `Unreachable`."""
        answer = self.transport.send(request)
        if isinstance(answer, NoAnswer):
            told = f"The bridge that holds the store does not answer at {self.url}: {answer.reason}"
            raise Unreachable(told, answer.sent)
        said = _read(answer)
        if not answer.ok or not isinstance(said, dict):
            raise Refused(answer.status, _message(said, answer.status))
        return said

    def _to(self, path: str) -> str:
        return f"{self.url}/api/v1/{path}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def client_of(config: Config, scope: str = "operate") -> Client:
    """Raises `ConfigError` when the configuration has no token that may do that, or no address."""
    url = address_of(config)
    return Client(url, _token(config, scope), Transport(frozenset({origin(url)})))


def address_of(config: Config) -> str:
    if config.server.port == 0:
        raise ConfigError(("server.port: is 0, so nobody knows where the bridge listens; give it a number",))
    host = ANYWHERE.get(config.server.host, config.server.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{config.server.port}"


def _token(config: Config, scope: str) -> str:
    for token in config.api.tokens:
        if may(token.scopes, scope):
            return token.token.get_secret_value()
    raise ConfigError((f"api.tokens: has none with the scope {scope}, and the running bridge wants one; add it",))


def _read(answer: Response) -> object:
    try:
        return json.loads(answer.body)
    except ValueError:
        return None


def _message(said: object, status: int) -> str:
    if isinstance(said, dict) and isinstance(said.get("message"), str):
        return str(said["message"])
    return f"The answer is no bridge's (status {status}): is server.port the port of this bridge?"
