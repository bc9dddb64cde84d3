"""The server: waitress in this process. Webhooks are answered from its loop, without a thread each; the rest has lanes.

Rule: no kind of request can make another kind wait, and stopping answers what has come in. waitress is pinned, because
its connection is subclassed here; `tests/web/test_server.py` holds it to what we rely on.
"""

from __future__ import annotations

import logging
import resource
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from socket import socket as Socket
from typing import TYPE_CHECKING, Any, Protocol

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from bridge.log import get_log
from bridge.web.answers import Reply
from bridge.web.body import LIMIT
from bridge.web.channel import Channel

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

AT_ONCE = 64  # connections accepted in one turn of the loop
OVER = 16  # connections above the limit that may stand open within one turn; few against the spare files
TOGETHER = 16  # webhooks handed to the store as one: measured best between the cost of each and waiting for the disk
SPARE_FILES = 100  # for the store, the vendors and bodies on disk
SMALL = 64 * 1024  # bytes of a body that the loop may look at itself
WEBHOOKS = ("/webhooks/", "/integration/")
THREADS = {"doors": 16, "rest": 8, "pulse": 1}
SETTINGS = {
    "cleanup_interval": 1,
    "max_request_body_size": LIMIT + 64 * 1024,  # chunks cost a little more than they carry
    "max_request_header_size": 16 * 1024,
    "asyncore_use_poll": True,
    "ident": None,
    "clear_untrusted_proxy_headers": False,  # `clients.py` judges them
}


log = get_log(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient the server is."""

    patience: float = 10.0  # seconds in which a request must have come whole
    idle: float = 130.0  # seconds that a connection may stand open without one: longer than senders and proxies keep it
    drain: float = 10.0  # seconds to answer what has come in when stopping
    connections: int = 1000


class Pending(Protocol):
    """A request whose answer waits for something that is not a thread."""

    @property
    def patience(self) -> float:
        """Seconds it may take."""

    @property
    def promise(self) -> Future[Any] | None:
        """What is waited for. None: nothing."""

    def finish(self, patience: float, /) -> Reply:
        """The answer; a refusal where `promise` is not kept within so many seconds."""


Begin = Callable[[list["WSGIEnvironment"]], Sequence[Pending]]


def lane_of(path: str) -> str:
    if path.startswith(WEBHOOKS):
        return "doors"
    return "pulse" if path == "/healthz" else "rest"


class Listener(TcpWSGIServer):
    """The listening socket and the loop over all connections."""

    channel_class = Channel
    socket: Socket
    trigger: Any
    effective_port: str
    _map: dict[int, Any]
    active_channels: dict[int, Channel]  # type: ignore[assignment]  # the stubs name the value's type only
    stopping = False
    _look_due = False

    def __init__(self, app: WSGIApplication, adj: Adjustments, limits: Limits, begin: Begin | None) -> None:
        self._limits = limits
        self._begin = begin
        self._ready: deque[Channel] = deque()
        self._kept: deque[tuple[Channel, Pending]] = deque()
        self._awake = False
        self._waking, self._gone = threading.Lock(), False
        self._lanes = {name: _lane(count) for name, count in THREADS.items()}
        where: Any = adj.listen[0]
        super().__init__(app, {}, adj=adj, sockinfo=where, dispatcher=self._lanes["rest"])

    def add_task(self, task: Any) -> None:
        request = task.requests[0]
        small = not request.error and request.body_bytes_received <= SMALL
        if self._begin and small and request.path.startswith(WEBHOOKS):
            self._ready.append(task)
        else:
            self._lanes[lane_of(request.path)].add_task(task)

    def wake_for(self, channel: Channel, pending: Pending) -> None:
        """From any thread: the promise is kept. One wake-up serves a whole batch."""
        self._kept.append((channel, pending))
        if not self._awake:
            self._awake = True
            self.pull_trigger()

    def turn(self) -> None:
        """One round of the loop: whatever is ready, at most a quarter of a second."""
        wasyncore.poll2(0.25, self._map)
        while self._begin and self._ready:
            together = [self._ready.popleft() for _ in range(min(len(self._ready), TOGETHER))]
            _survive(together, partial(self._begin_all, together, self._begin))
        self._awake = False
        while self._kept:
            channel, pending = self._kept.popleft()
            _survive([channel], partial(channel.complete, pending))
        if self._look_due:
            self.look(time.time())

    def _begin_all(self, channels: list[Channel], begin: Begin) -> None:
        pendings = begin([channel.environ() for channel in channels])
        for channel, pending in zip(channels, pendings, strict=True):
            channel.wait_for(pending)

    def handle_accept(self) -> None:
        """All who knock, not one a turn: with many connections at work a turn is long. Room is made afterwards: who got
        the file number of one closed in this turn would be closed by what the loop still has to tell of that one."""
        for _ in range(AT_ONCE):
            before = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == before or len(self._map) >= self.adj.connection_limit + OVER:
                break
        for _ in range(len(self._map) - self.adj.connection_limit + 2):
            self._make_room()

    def _make_room(self) -> None:
        """Full: the connection that has kept us waiting longest goes, whether idle or dripping."""
        waiting = [channel for channel in self.active_channels.values() if not channel.busy]
        if waiting:
            min(waiting, key=lambda channel: channel.waiting_since).handle_close()

    def maintenance(self, _now: float) -> None:
        """Only noted: waitress asks for it within a round, and what that still has to tell names connections by number:
        of one that is closed now it would hit the next."""
        self._look_due = True

    def look(self, now: float) -> None:
        """At all who keep us waiting, or an answer."""
        self._look_due = False
        for channel in list(self.active_channels.values()):
            _survive([channel], partial(channel.expire, now, self._limits.patience, self._limits.idle))

    def drain(self) -> None:
        """Take no more connections, answer what has come in, close."""
        self.stopping, self.accepting = True, False
        self.handle_accept()  # who has connected may have sent already
        wasyncore.dispatcher.del_channel(self)
        self.socket.close()
        deadline = time.time() + self._limits.drain
        while self._hang_up_idle() and time.time() < deadline:
            self.turn()
            self.look(time.time())
        for channel in list(self.active_channels.values()):
            channel.handle_close()
        self._dismiss()

    def _hang_up_idle(self) -> bool:
        """Whether anybody is left who still waits for an answer."""
        for channel in list(self.active_channels.values()):
            if not (channel.busy or channel.begun or channel.close_when_flushed) and channel.silent:
                channel.handle_close()
        return bool(self.active_channels)

    def _dismiss(self) -> None:
        for lane in self._lanes.values():
            lane.shutdown(timeout=1)
        with self._waking:
            self._gone = True
            self.trigger.close()

    def pull_trigger(self) -> None:
        """Wake the loop. A thread or a COMMIT that comes late must not write to a file number that is another's now."""
        with self._waking:
            if not self._gone:
                self.trigger.pull_trigger()


def _survive(channels: Sequence[Channel], act: Callable[[], None]) -> None:
    """A fault costs the connections it happened on, never the loop."""
    try:
        act()
    except Exception:
        log.exception("connection.fault")
        for channel in channels:
            channel.handle_close()


def _lane(threads: int) -> ThreadedTaskDispatcher:
    lane = ThreadedTaskDispatcher()
    lane.set_thread_count(threads)
    return lane


class Server:
    """Listens from the moment it is made; `run` serves until `stop` is called from anywhere."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._asked_to_stop = False

    @property
    def port(self) -> int:
        return int(self._listener.effective_port)

    def run(self) -> None:
        """Serve; returns after `stop`, when what had come in is answered, 10 s later at most."""
        while not self._asked_to_stop:
            self._listener.turn()
        self._listener.drain()

    def stop(self) -> None:
        """Ask `run` to end. Safe in a signal handler; does not wait."""
        if not self._asked_to_stop:
            self._asked_to_stop = True
            self._listener.pull_trigger()


def serve(app: WSGIApplication, host: str, port: int, limits: Limits | None = None) -> Server:
    """Port 0 takes a free one. Raises OSError when the address is taken.

    An application with a `begin` is asked through it for what need not block a thread: the webhooks.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a short queue is no news
    limits = limits or Limits()
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    most = limits.connections if files < 0 else max(10, min(limits.connections, files - SPARE_FILES))
    adjustments = Adjustments(host=host, port=port, connection_limit=most, **SETTINGS)
    return Server(Listener(app, adjustments, limits, getattr(app, "begin", None)))
