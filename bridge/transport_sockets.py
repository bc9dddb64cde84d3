"""Connections that keep to one deadline for a whole call, and tell whether a byte of the request left."""

from __future__ import annotations

import io
import threading
import time
from http import client
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError

CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 20.0  # the longest gap between two pieces of an answer
CONNECT_TRIES = 3  # for the connection only; a request is never repeated here
PIECE = 64 * 1024


class Attempt(threading.local):
    """What this thread is doing: when it must end (monotonic seconds), and whether a byte of the request left."""

    ends = 0.0
    left = False

    def remaining(self, at_most: float) -> float:
        """Seconds that the next step may take. Raises `TimeoutError` when the deadline is over."""
        remaining = self.ends - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("deadline")
        return min(remaining, at_most)


attempt = Attempt()


class _Reader(io.RawIOBase):
    """An answer's bytes, each wait cut at the deadline: a server that sends a byte a second cannot hold us."""

    def __init__(self, buffered: Any, sock: Any) -> None:
        self._buffered, self._sock = buffered, sock
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._sock.settimeout(attempt.remaining(SILENCE_SECONDS))
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
            self.timeout = attempt.remaining(CONNECT_SECONDS)
            try:
                return super()._new_conn()
            except ConnectTimeoutError:
                if not tries_left:
                    raise
        raise AssertionError("the last try returns or raises")

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        attempt.left = True
        super().send(data)


class _TimedTLS(HTTPSConnection, _Timed):
    """The same over TLS: its handshake is part of connecting, so nothing of the request has left by then."""


class PlainPool(HTTPConnectionPool):
    ConnectionCls = _Timed

    def _get_conn(self, timeout: float | None = None) -> Any:
        return super()._get_conn(attempt.remaining(timeout or SILENCE_SECONDS))


class TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTLS

    def _get_conn(self, timeout: float | None = None) -> Any:
        return super()._get_conn(attempt.remaining(timeout or SILENCE_SECONDS))
