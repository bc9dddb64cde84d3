"""A connection that is kept open: the quiet on it counts against nobody who comes back to it.

The loop is turned by hand and the quiet is told to the connection, so that nothing here depends on time.
"""

import select
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from bridge.web import server
from bridge.web.channel import Channel
from bridge.web.front import Front
from bridge.web.server import Limits, Listener
from tests.web.doors import incident, request, signed
from tests.web.test_server import answer_of


@pytest.fixture
def listener(front: Front) -> Iterator[Listener]:
    served = server.serve(front, "127.0.0.1", 0, Limits(patience=10, idle=100, drain=10))
    yield served._listener
    if not served._listener.stopping:
        served._listener.drain()


@pytest.fixture
def kept(listener: Listener) -> Iterator[socket.socket]:
    """One webhook has been answered on it."""
    with knock(listener) as connection:
        connection.sendall(b"".join(webhook()))
        assert answered(listener, connection) == 200
        turned(listener, lambda: not channel_of(listener, connection).busy)
        yield connection


def knock(listener: Listener) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(listener.effective_port)), 10)


def webhook() -> tuple[bytes, bytes]:
    """Its head and its body: most senders write one after the other."""
    content = incident()
    whole = request(content, signed(content))
    return whole[: -len(content)], content


def turned(listener: Listener, condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        listener.turn()


def answered(listener: Listener, connection: socket.socket) -> int:
    turned(listener, lambda: select.select([connection], [], [], 0)[0])
    return answer_of(connection)[0]


def channel_of(listener: Listener, connection: socket.socket) -> Channel:
    return next(one for one in listener.active_channels.values() if one.addr == connection.getsockname())


def quiet(channel: Channel, seconds: float) -> Channel:
    """So long nothing has happened on it."""
    channel.waiting_since -= seconds
    channel.last_activity -= seconds
    return channel


def test_a_webhook_that_begins_after_a_long_quiet_has_all_the_time_to_come_whole(listener: Listener, kept) -> None:
    head, content = webhook()
    channel = quiet(channel_of(listener, kept), 60)
    kept.sendall(head)
    turned(listener, lambda: channel.begun)
    listener.look(time.time())
    kept.sendall(content)
    assert answered(listener, kept) == 200


def test_its_time_is_counted_from_its_first_byte(listener: Listener, kept) -> None:
    channel = quiet(channel_of(listener, kept), 60)
    kept.sendall(webhook()[0])
    turned(listener, lambda: channel.begun)
    kept.sendall(b"{")
    listener.turn()
    listener.look(time.time() + 11)
    assert answered(listener, kept) == 408


def test_a_webhook_that_has_come_when_its_connection_was_to_be_ended_is_answered(listener: Listener, kept) -> None:
    quiet(channel_of(listener, kept), 200)
    kept.sendall(b"".join(webhook()))
    listener.look(time.time())
    assert answered(listener, kept) == 200


def test_whoever_has_just_begun_does_not_make_room_for_others(listener: Listener, kept) -> None:
    channel = quiet(channel_of(listener, kept), 60)
    with knock(listener) as other:
        turned(listener, lambda: len(listener.active_channels) == 2)
        kept.sendall(webhook()[0])
        turned(listener, lambda: channel.begun)
        listener._make_room()
        assert other.recv(1) == b""
    assert list(listener.active_channels.values()) == [channel]


def test_a_webhook_that_has_come_when_the_server_stops_is_answered(listener: Listener, kept) -> None:
    kept.sendall(b"".join(webhook()))
    listener.drain()
    assert answer_of(kept)[0] == 200


def test_who_has_connected_when_the_server_stops_is_answered(listener: Listener) -> None:
    with knock(listener) as connection:
        connection.sendall(b"".join(webhook()))
        listener.drain()
        assert answer_of(connection)[0] == 200
