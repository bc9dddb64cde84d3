"""The only outgoing socket. Every call has one deadline for all of it, is made once, and ends as a value: a `Response`,
or a `NoAnswer` that says whether a byte of the request may have left.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from http import client
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, RequestException
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from bridge import __version__
from bridge.errors import ConfigError
from bridge.model import Answer, NoAnswer, Request, Response
from bridge.transport_faults import in_words
from bridge.transport_sockets import CONNECT_SECONDS, PIECE, SILENCE_SECONDS, PlainPool, TLSPool, attempt

BODY_CAP = 5 * 1024 * 1024  # after decompression
ALWAYS = {"User-Agent": f"rootly-pagertree-bridge/{__version__}", "Accept-Encoding": "gzip, deflate"}


def origin(url: str) -> str:
    """`scheme://host:port`, the port always written.

    >>> origin("https://API.rootly.com/v1/alerts")
    'https://api.rootly.com:443'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


class Transport:
    """Calls to the `allowed` origins. What pays for a call, and what an answer teaches, is `bridge.budgets`.

    No redirect is followed, no cookie kept, no proxy or netrc of the environment used: an adapter is called, not a
    session, which leaves nothing to switch off.
    """

    def __init__(self, allowed: frozenset[str], workers: int = 16, ca_bundle: Path | None = None) -> None:
        if ca_bundle and not ca_bundle.is_file():
            raise ConfigError((f"BRIDGE_CA_BUNDLE: there is no file {ca_bundle}; name a file of PEM certificates",))
        self._allowed = allowed
        self._verify: bool | str = str(ca_bundle) if ca_bundle else True
        self._adapter = HTTPAdapter(pool_connections=8, pool_maxsize=workers, pool_block=True)
        self._adapter.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": TLSPool}

    def send(self, request: Request) -> Answer:
        """One try, no longer than `request.seconds` in all."""
        attempt.ends, attempt.left = time.monotonic() + request.seconds, False
        try:
            return self._exchange(_prepared(request))
        except _TooLarge:
            reason = f"the answer is larger than {BODY_CAP // 1024**2} MiB"
        except (RequestException, HTTPError, client.HTTPException, UnicodeError, OSError) as fault:
            reason = in_words(fault)
        return NoAnswer(attempt.left, f"{_host(request.url)}: {reason}")

    def close(self) -> None:
        """End every kept connection."""
        self._adapter.close()

    def _exchange(self, prepared: PreparedRequest) -> Answer:
        if origin(prepared.url or "") not in self._allowed:
            return NoAnswer(sent=False, reason="host not allowed: only the configured systems are called")
        timeout = (CONNECT_SECONDS, SILENCE_SECONDS)
        answer = self._adapter.send(prepared, stream=True, timeout=timeout, verify=self._verify)
        try:
            body = _read(answer.raw)
        except BaseException:
            answer.raw.close()  # what is left of it would be read as the next answer
            answer.raw.release_conn()  # its place in the pool, for a new connection
            raise
        return Response(answer.status_code, {name.lower(): text for name, text in answer.headers.items()}, body)


class _TooLarge(Exception):
    """The body is over the cap."""


def _host(url: str) -> str:
    """For people; the rest of an address may be a credential."""
    try:
        return urlsplit(url).hostname or "no host"
    except ValueError:
        return "no host"


def _prepared(request: Request) -> PreparedRequest:
    prepared = PreparedRequest()
    headers = {**ALWAYS, **request.headers}
    body = None
    if request.body is not None:
        body = json.dumps(request.body, separators=(",", ":"), allow_nan=False).encode()
        headers = {"Content-Type": "application/json"} | headers
    prepared.prepare(request.method, request.url, headers, data=body, params=_texts(request.params))
    return prepared


def _texts(params: Mapping[str, str]) -> list[tuple[str | bytes, str]]:
    return list(params.items())


def _read(raw: Any) -> bytes:
    """The whole body, unpacked. Raises `_TooLarge` as soon as it is over the cap."""
    pieces, size = [], 0
    while piece := raw.read(PIECE, decode_content=True):
        pieces.append(piece)
        size += len(piece)
        if size > BODY_CAP:
            raise _TooLarge
    return b"".join(pieces)
