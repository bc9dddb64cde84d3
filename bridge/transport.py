"""The only outgoing socket. Every call has one deadline for all of it, is made once, and ends as a value: a `Response`,
or a `NoAnswer` that says whether a byte of the request may have left.
"""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Mapping
from http import client
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, RequestException
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    EmptyPoolError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from bridge import __version__
from bridge.errors import ConfigError
from bridge.model import Answer, NoAnswer, Request, Response

CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 20.0  # the longest gap between two pieces of an answer
CONNECT_TRIES = 3  # for the connection only; a request is never repeated here
BODY_CAP = 5 * 1024 * 1024  # after decompression
PIECE = 64 * 1024
ALWAYS = {"User-Agent": f"rootly-pagertree-bridge/{__version__}", "Accept-Encoding": "gzip, deflate"}


class _Attempt(threading.local):
    """What this thread is doing: when it must end (monotonic seconds), and whether a byte of the request left."""

    ends = 0.0
    left = False

    def remaining(self, at_most: float) -> float:
        """Seconds that the next step may take. Raises `TimeoutError` when the deadline is over."""
        remaining = self.ends - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("deadline")
        return min(remaining, at_most)


_attempt = _Attempt()


class _Reader(io.RawIOBase):
    """An answer's bytes, each wait cut at the deadline: a server that sends a byte a second cannot hold us."""

    def __init__(self, buffered: Any, sock: Any) -> None:
        self._buffered, self._sock = buffered, sock
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._sock.settimeout(_attempt.remaining(SILENCE_SECONDS))
        count: int | None = self._buffered.raw.readinto(buffer)
        self.ended = count == 0
        return count

    def close(self) -> None:
        self._buffered.close()
        super().close()


class _TimedResponse(client.HTTPResponse):
    """An answer that is read by the attempt's deadline, from its first byte on."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._reader = _Reader(self.fp, sock)
        self.fp = io.BufferedReader(self._reader, PIECE)

    def begin(self) -> None:
        """Headers that end with the connection are half an answer; the library would take them for a whole one."""
        super().begin()
        if self._reader.ended:
            raise client.IncompleteRead(b"")


class _Timed(HTTPConnection):
    """A connection that keeps to the attempt's deadline and tells it when the first byte leaves."""

    response_class = _TimedResponse

    def _new_conn(self) -> Any:
        for tries_left in reversed(range(CONNECT_TRIES)):
            self.timeout = _attempt.remaining(CONNECT_SECONDS)
            try:
                return super()._new_conn()
            except ConnectTimeoutError:
                if not tries_left:
                    raise
        raise AssertionError("the last try returns or raises")

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        _attempt.left = True
        super().send(data)


class _TimedTLS(HTTPSConnection, _Timed):
    """The same over TLS: its handshake is part of connecting, so nothing of the request has left by then."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Timed

    def _get_conn(self, timeout: float | None = None) -> Any:
        return super()._get_conn(_attempt.remaining(timeout or SILENCE_SECONDS))


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTLS

    def _get_conn(self, timeout: float | None = None) -> Any:
        return super()._get_conn(_attempt.remaining(timeout or SILENCE_SECONDS))


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
        self._adapter.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TLSPool}

    def send(self, request: Request) -> Answer:
        """One try, no longer than `request.seconds` in all."""
        _attempt.ends, _attempt.left = time.monotonic() + request.seconds, False
        try:
            return self._exchange(_prepared(request))
        except _TooLarge:
            reason = f"the answer is larger than {BODY_CAP // 1024**2} MiB"
        except (RequestException, HTTPError, client.HTTPException, UnicodeError, OSError) as fault:
            reason = _what_went_wrong(fault)
        return NoAnswer(_attempt.left, f"{_host(request.url)}: {reason}")

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


def _what_went_wrong(fault: BaseException) -> str:
    """In words without the address, which may be a credential."""
    for kind, words in _WORDS:
        if any(isinstance(cause, kind) for cause in _causes(fault)):
            return words
    return f"the connection broke ({type(fault).__name__})"


_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (NameResolutionError, "its name was not found"),
    (ConnectionRefusedError, "refused the connection"),
    (SSLError, "TLS failed: its certificate or protocol was not accepted"),
    (EmptyPoolError, "no connection was free in time"),
    (client.IncompleteRead, "the answer was cut short"),
    (client.RemoteDisconnected, "closed the connection without an answer"),
    (ConnectionResetError, "the connection was reset"),
    (DecodeError, "the answer could not be unpacked"),
    (NewConnectionError, "could not be reached"),
    (ConnectTimeoutError, "no connection in time"),
    (ReadTimeoutError, "no whole answer in time"),
    (TimeoutError, "no whole answer in time"),
    (ValueError, "the address or a header holds what cannot be sent"),
)


def _causes(fault: BaseException | None) -> list[BaseException]:
    """The fault and all that it came from; libraries carry causes in arguments, `reason` and `__context__`."""
    found: list[BaseException] = []
    waiting = [fault]
    while waiting:
        if (cause := waiting.pop()) is None or cause in found:
            continue
        found.append(cause)
        inner = [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
        waiting += [i for i in inner if isinstance(i, BaseException)]
    return found
