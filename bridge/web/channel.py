"""waitress' connection, so that slow senders, cut bodies and its own busy waiting hurt nobody else.

Rule: whatever the server refuses before a door sees it is answered in the same form as a door's refusal.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from socket import MSG_PEEK, SHUT_WR
from socket import socket as Socket
from typing import TYPE_CHECKING, Any

from waitress.channel import HTTPChannel

from bridge.log import get_log
from bridge.web import body
from bridge.web.answers import Refusal, Reply
from bridge.web.parsing import Parser
from bridge.web.tasks import Refusing, Task

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from bridge.web.server import Listener, Pending

LINGER = 2.0  # seconds that a refused sender has to stop sending and read why

log = get_log(__name__)


class Channel(HTTPChannel):
    """One connection."""

    server: Listener
    socket: Socket
    requests_lock: threading.Lock
    _flush_exception: Callable[..., Any]
    _flush_some: Callable[..., bool]
    task_class = Task
    error_task_class = Refusing
    parser_class = Parser
    request: Parser | None
    requests: list[Parser]
    reply: Reply | None = None  # the answer, where it was found without a thread of its own
    pending: Pending | None = None  # what that answer waits for
    refused = False  # the last answer refused a request that may still be on its way
    lingering_until = 0.0  # we have said our last word and wait for the sender's
    waiting_since = 0.0  # since when it keeps us waiting: for a request, or for the rest of one that has begun

    def __init__(self, *args: Any, **named: Any) -> None:
        self.waiting_since = time.time()
        super().__init__(*args, **named)

    @property
    def busy(self) -> bool:
        """An answer is owed to a request that came whole, or is on its way out."""
        return bool(self.requests) or bool(self.total_outbufs_len)

    @property
    def begun(self) -> bool:
        return self.request is not None and bool(self.request.headers_finished or self.request.header_plus)

    @property
    def silent(self) -> bool:
        """Nothing lies unread on it: who ends it then cuts no request off that has come already."""
        try:
            return not self.socket.recv(1, MSG_PEEK)
        except OSError:  # nothing, or it is broken
            return True

    def readable(self) -> bool:
        return bool(self.lingering_until) or super().readable()

    def writable(self) -> bool:
        """Not while a worker is writing: it flushes by itself, and polling for it would starve all workers."""
        working = self.requests and not (self.will_close or self.close_when_flushed)
        if working and self.total_outbufs_len < self.adj.outbuf_high_watermark:
            return False
        return bool(super().writable())

    def handle_read(self) -> None:
        try:
            data = self.socket.recv(self.adj.recv_bytes)
        except BlockingIOError:
            return
        except OSError:
            self.handle_close()
            return
        if data:
            self._take(data)
        elif self.request is not None and self.request.headers_finished and not self.lingering_until:
            self.refuse(body.incomplete())
        else:
            self.handle_close()

    def _take(self, data: bytes) -> None:
        """The quiet before a request counts against none: its time begins with its first byte."""
        if self.lingering_until:
            return
        self.last_activity, before = time.time(), self.begun
        self.received(data)
        if self.begun and not before:
            self.waiting_since = self.last_activity

    def handle_write(self) -> None:
        """Close a refused connection softly: a sender who is still sending would else lose the answer to a reset."""
        if self.refused and self.close_when_flushed and not self.will_close:
            self._flush_exception(self._flush_some)
            if self.connected and not self.total_outbufs_len and not self.will_close:  # a reset may have ended it
                self.close_when_flushed = False
                self._linger()
            return
        super().handle_write()

    def _linger(self) -> None:
        try:
            self.socket.shutdown(SHUT_WR)
        except OSError:
            self.handle_close()
            return
        self.lingering_until = time.time() + LINGER

    def environ(self) -> WSGIEnvironment:
        """Of the request whose turn it is."""
        request: Any = self.requests[0]
        return Task(self, request).get_environment()

    def wait_for(self, pending: Pending) -> None:
        """In the loop, without a thread: `complete` follows."""
        self.pending = pending
        if pending.promise is None:
            self.complete(pending)
        else:
            pending.promise.add_done_callback(lambda _: self.server.wake_for(self, pending))

    def complete(self, pending: Pending) -> None:
        """Answer, unless the wait for it was given up before."""
        if self.pending is pending:
            self.pending = None
            self.reply = pending.finish(0)
            self.service()

    def service(self) -> None:
        super().service()
        self.waiting_since = time.time()

    def expire(self, now: float, patience: float, idle: float) -> None:
        """Between two rounds of the loop: no answer is waited for, no request and no connection left open, for ever."""
        if self.lingering_until:
            self.will_close = self.will_close or now > self.lingering_until
        elif self.pending is not None:
            if now - self.last_activity > self.pending.patience:
                self.complete(self.pending)
        elif self.begun and not self.busy:
            if now - self.waiting_since > patience:
                self.refuse(body.timed_out())
        elif not self.requests and now - self.last_activity > idle and self.silent:
            self.handle_close()

    def refuse(self, refusal: Refusal) -> None:
        """Answer a request that never came whole."""
        with self.requests_lock:
            request, self.request = self.request, None
            if request is None:
                return
            request.give_up(refusal)
            self.requests.append(request)
        self.server.add_task(self)
