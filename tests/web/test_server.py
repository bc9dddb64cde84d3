"""The server against clients that are slow, rude, many, or all of it. Raw sockets, loopback only."""

import json
import os
import select
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event, Thread
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge.app import Parts
from bridge.web import body, server
from bridge.web.front import Front, create_app
from bridge.web.server import Limits
from tests.web.doors import Running, incident, request, signed

HEAD = b"POST /webhooks/rootly HTTP/1.1\r\nHost: bridge\r\n"


def connect(running: Running, seconds: float = 10) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), seconds)


def answer_of(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """One answer, not a byte more: status, headers by lower-case name, body. Status 0: the end came without one."""
    with connection.makefile("rb", buffering=0) as wire:
        first, *lines = list(iter(lambda: wire.readline().strip().decode(), "")) or ["HTTP/1.1 0"]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        content, length = b"", int(headers.get("content-length", 0))
        while len(content) < length:
            content += wire.read(length - len(content))
    return int(first.split()[1]), headers, content


def ask(running: Running, data: bytes) -> tuple[int, dict[str, str], bytes]:
    with closing(connect(running)) as connection:
        connection.sendall(data)
        return answer_of(connection)


def webhook() -> bytes:
    content = incident()
    return request(content, signed(content))


def test_a_webhook_over_the_wire_is_stored(running: Running, parts: Parts):
    status, headers, content = ask(running, webhook())
    assert (status, json.loads(content)["status"]) == (200, "accepted")
    with parts.store.reports() as reports:
        assert reports.delivery(json.loads(content)["delivery"]) is not None
    assert "server" not in headers


def test_a_connection_is_kept_for_the_next_webhook(running: Running):
    with closing(connect(running)) as connection:
        for _ in range(3):
            connection.sendall(webhook())
            assert answer_of(connection)[0] == 200


def test_requests_sent_without_waiting_are_answered_in_order(running: Running):
    same = incident()
    with closing(connect(running)) as connection:
        connection.sendall(request(same, signed(same)) + b"GET /healthz HTTP/1.1\r\nHost: b\r\n\r\n" + webhook())
        assert json.loads(answer_of(connection)[2])["status"] == "accepted"
        assert answer_of(connection)[2] == b"ok\n"
        assert json.loads(answer_of(connection)[2])["status"] == "accepted"


def test_a_large_webhook_is_stored_too(running: Running):
    content = incident(text="x" * 500_000)
    assert ask(running, request(content, signed(content)))[0] == 200


def test_a_chunked_webhook_is_stored_too(running: Running):
    content = incident()
    headers = "".join(f"{name}: {value}\r\n" for name, value in signed(content).items()).encode()
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)
    assert ask(running, HEAD + headers + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)[0] == 200


SMUGGLED = {
    "a length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "the same length twice": b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a length with a sign": b"Content-Length: +5\r\n\r\nhello",
    "a list of lengths": b"Content-Length: 5, 5\r\n\r\nhello",
    "a coding we do not know": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding before chunked": b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "identity": b"Transfer-Encoding: identity\r\n\r\nhello",
    "a space before the colon": b"Content-Length : 5\r\n\r\nhello",
    "a tab before chunked's end": b"Transfer-Encoding: chunked\x0b\r\n\r\n0\r\n\r\n",
    "a folded coding": b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a bare line feed": b"X: 1\nContent-Length: 5\r\n\r\nhello",
    "a bare carriage return": b"X: 1\rContent-Length: 5\r\n\r\nhello",
    "a broken chunk": b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("headers", SMUGGLED.values(), ids=SMUGGLED.keys())
def test_what_could_be_read_in_two_ways_is_refused_and_the_connection_closed(running: Running, headers: bytes):
    with closing(connect(running)) as connection:
        connection.sendall(HEAD + headers)
        status, told, content = answer_of(connection)
        assert (status, json.loads(content)["error"], told["connection"]) == (400, "bad_request", "close")
        assert connection.recv(1) == b""


def test_chunks_are_refused_in_http_1_0(running: Running):
    assert ask(running, b"POST /webhooks/rootly HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")[0] == 400


def test_a_header_with_an_underscore_is_no_header_with_a_dash(running: Running):
    content = incident()
    forged = {name.replace("-", "_"): value for name, value in signed(content).items() if name != "Content-Type"}
    assert ask(running, request(content, forged))[0] == 401


def test_a_body_announced_too_large_is_refused_before_it_is_sent(running: Running):
    status, headers, content = ask(running, HEAD + b"Content-Length: 1048577\r\n\r\n")
    assert (status, json.loads(content)["error"]) == (413, "too_large")
    assert headers["x-request-id"] == json.loads(content)["request_id"]


def test_a_sender_who_asks_before_sending_too_much_is_told_no(running: Running):
    asking = b"Expect: 100-continue\r\nX-Request-Id: mine\r\nContent-Length: 2000000\r\n\r\n"
    status, headers, _ = ask(running, HEAD + asking)
    assert (status, headers["x-request-id"]) == (413, "mine")


def test_a_sender_of_too_much_still_gets_to_read_why(running: Running):
    assert ask(running, HEAD + b"Content-Length: 3000000\r\n\r\n" + b"x" * 3_000_000)[0] == 413


def test_refused_senders_who_slam_the_door_leave_no_fault_behind(running: Running, caplog: pytest.LogCaptureFixture):
    for _ in range(100):
        connection = connect(running)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # its end is a reset
        connection.sendall(HEAD + b"Content-Length: 3000000\r\n\r\n")
        connection.close()
    assert ask(running, webhook())[0] == 200
    assert [record for record in caplog.records if "exception" in record.getMessage()] == []


def test_chunks_without_end_are_refused(running: Running):
    with closing(connect(running)) as connection:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(body.LIMIT // 65536 + 2):
            connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        assert answer_of(connection)[0] == 413


def test_headers_too_large_are_refused(running: Running):
    assert ask(running, HEAD + b"X: " + b"y" * 20_000 + b"\r\n\r\n")[0] == 431


def test_a_body_cut_short_is_told_so(running: Running):
    with closing(connect(running)) as connection:
        connection.sendall(HEAD + b"Content-Length: 50\r\n\r\nhello")
        connection.shutdown(socket.SHUT_WR)
        status, _, content = answer_of(connection)
    assert (status, json.loads(content)["error"]) == (400, "incomplete_body")


@pytest.fixture
def impatient(front: Front) -> Iterator[Running]:
    running = Running(front, Limits(patience=0.3, idle=0.3, connections=20))
    yield running
    running.stop()


@pytest.mark.parametrize("begun", [b"POST /webh", HEAD, HEAD + b"Content-Length: 50\r\n\r\nhello"])
def test_a_request_that_does_not_come_whole_in_time_is_told_so(impatient: Running, begun: bytes):
    status, _, content = ask(impatient, begun)
    assert (status, json.loads(content)["error"]) == (408, "timeout")


def test_what_was_refused_before_a_door_saw_it_stands_in_the_log(impatient: Running):
    with capture_logs() as lines:
        ask(
            impatient,
            b"POST /webhooks/rootly?secret=s3cret HTTP/1.1\r\nX-Request-Id: mine\r\nContent-Length: 50\r\n\r\nhello",
        )
    (line,) = [line for line in lines if line["event"] == "request.refused"]
    assert (line["code"], line["path"], line["request_id"]) == ("timeout", "/webhooks/rootly", "mine")
    assert "s3cret" not in str(lines)


def test_a_length_of_more_digits_than_python_reads_is_refused(running: Running):
    assert ask(running, HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n")[0] == 400


def test_dripping_does_not_buy_time(impatient: Running):
    with closing(connect(impatient)) as connection:
        connection.sendall(HEAD + b"Content-Length: 5000\r\n\r\n")
        began = time.monotonic()
        while not select.select([connection], [], [], 0.05)[0] and time.monotonic() < began + 8:
            connection.sendall(b"x")
        assert answer_of(connection)[0] == 408


def test_a_connection_without_a_request_is_ended(impatient: Running):
    with closing(connect(impatient)) as connection:
        assert connection.recv(1) == b""


def test_more_idle_connections_than_there_is_room_for_delay_nobody(front: Front):
    running = Running(front, Limits(connections=20))
    idle = [connect(running) for _ in range(100)]
    assert ask(running, webhook())[0] == 200
    for connection in idle:
        connection.close()
    running.stop()


def test_news_of_a_connection_that_made_room_is_not_taken_for_that_of_the_next(front: Front):
    """The next one may get its file number within the same turn of the loop."""
    served = server.serve(front, "127.0.0.1", 0, Limits(connections=12))
    turn, port = served._listener.turn, ("127.0.0.1", served.port)
    old = [socket.create_connection(port) for _ in range(8)]
    while len(served._listener.active_channels) < len(old):
        turn()
    new = [socket.create_connection(port, 10) for _ in range(3)]
    for connection in old:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # its end is a reset
        connection.close()
    taken = [os.dup(0) for _ in old]  # our own ends' numbers, which the server would get first
    for connection in new:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n")
    deadline = time.monotonic() + 20
    while served._listener.active_channels and time.monotonic() < deadline:
        turn()
    assert [answer_of(connection)[0] for connection in new] == [200, 200, 200]
    for connection in new:
        connection.close()
    for number in taken:
        os.close(number)
    served._listener.drain()


@pytest.fixture(params=["idle", "half headers", "half bodies"])
def rude(request: pytest.FixtureRequest, running: Running) -> Iterator[list[socket.socket]]:
    """Two hundred connections that begin and never end."""
    said = {"idle": b"", "half headers": b"POST /webhooks/ro", "half bodies": HEAD + b"Content-Length: 900\r\n\r\n{"}
    connections = [connect(running) for _ in range(200)]
    for connection in connections:
        connection.sendall(said[request.param])
    yield connections
    for connection in connections:
        connection.close()


def test_rude_clients_delay_nobody(running: Running, rude: list[socket.socket]):
    began = time.monotonic()
    assert ask(running, b"GET /healthz HTTP/1.1\r\nHost: b\r\n\r\n")[0] == 200
    healthy = time.monotonic()
    assert ask(running, webhook())[0] == 200
    assert healthy - began < 1
    assert time.monotonic() - healthy < 2


def test_a_store_that_stands_still_does_not_stop_the_pulse(running: Running, parts: Parts):
    held, done = Event(), Event()
    parts.store.submit(lambda _tx: (held.set(), done.wait(20)))
    held.wait(5)
    with ThreadPoolExecutor(40) as senders:
        waiting = [senders.submit(ask, running, webhook()) for _ in range(40)]
        began = time.monotonic()
        assert ask(running, b"GET /healthz HTTP/1.1\r\nHost: b\r\n\r\n")[0] == 200
        assert time.monotonic() - began < 1
        done.set()
        assert {future.result()[0] for future in waiting} == {200}


def test_a_webhook_that_the_store_does_not_take_in_time_is_told_to_come_again(parts: Parts):
    running = Running(create_app(parts, patience=0.1))
    held, done = Event(), Event()
    parts.store.submit(lambda _tx: (held.set(), done.wait(20)))
    held.wait(5)
    status, headers, _ = ask(running, webhook())
    done.set()
    assert (status, headers["retry-after"]) == (503, "30")
    running.stop()


def test_a_commit_after_the_end_wakes_nobody(parts: Parts):
    running = Running(create_app(parts, patience=0.1))
    held, done = Event(), Event()
    parts.store.submit(lambda _tx: (held.set(), done.wait(20)))
    held.wait(5)
    assert ask(running, webhook())[0] == 503
    running.stop()
    done.set()
    parts.store.write(lambda _tx: None)
    with parts.store.reports() as reports:
        assert len(reports.deliveries({}, 10)) == 1


def test_a_fault_costs_one_connection_and_not_the_server():
    class Broken:
        def begin(self, _environs: Any) -> Any:
            raise RuntimeError("broken")

        def __call__(self, _environ: Any, start_response: Any) -> list[bytes]:
            start_response("200 OK", [("Content-Length", "4")])
            return [b"done"]

    running = Running(Broken())
    assert ask(running, webhook())[0] == 0
    assert ask(running, b"GET / HTTP/1.1\r\nHost: b\r\n\r\n")[0] == 200
    running.stop()


def test_two_hundred_connections_at_once_are_all_served(running: Running, parts: Parts):
    """A server that waits busily for its own workers answers a tenth of this in the time."""

    def send(_number: int) -> set[str]:
        with closing(connect(running, 30)) as connection:
            return {_deliver(connection) for _ in range(5)}

    with ThreadPoolExecutor(200) as senders:
        ids = set().union(*senders.map(send, range(200), timeout=40))
    with parts.store.reports() as reports:
        assert ids == {row["id"] for row in reports.deliveries({}, 2000)}
    assert len(ids) == 1000


def _deliver(connection: socket.socket) -> str:
    connection.sendall(webhook())
    status, _, content = answer_of(connection)
    assert status == 200
    return str(json.loads(content)["delivery"])


def slow_app(begun: Event, go_on: Event) -> Any:
    def app(_environ: Any, start_response: Any) -> list[bytes]:
        begun.set()
        go_on.wait(5)
        start_response("200 OK", [("Content-Length", "4")])
        return [b"done"]

    return app


def test_stopping_answers_what_has_come_in_and_takes_nothing_new():
    begun, go_on = Event(), Event()
    running = Running(slow_app(begun, go_on))
    with closing(connect(running)) as idle, closing(connect(running)) as connection:
        connection.sendall(b"GET /x HTTP/1.1\r\nHost: b\r\n\r\n")
        begun.wait(5)
        stopper = Thread(target=running.stop)
        stopper.start()
        assert idle.recv(1) == b""
        with pytest.raises(OSError):
            connect(running, 1)
        go_on.set()
        status, headers, content = answer_of(connection)
        assert (status, content, headers["connection"]) == (200, b"done", "close")
        stopper.join(10)


def test_stopping_twice_or_late_does_no_harm():
    running = Running(slow_app(Event(), Event()))
    running.stop()
    running.stop()


def test_a_large_answer_arrives_whole():
    def app(_environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Length", str(20_000_000))])
        yield from (b"x" * 1_000_000 for _ in range(20))

    running = Running(app)
    status, _, content = ask(running, b"GET / HTTP/1.1\r\nHost: b\r\n\r\n")
    running.stop()
    assert (status, len(content)) == (200, 20_000_000)


def test_an_address_that_is_taken_is_told(running: Running, front: Front):
    with pytest.raises(OSError, match="in use"):
        server.serve(front, "127.0.0.1", running.port)
