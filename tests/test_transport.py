"""What the one outgoing socket promises, against real servers that misbehave."""

import gzip
import json
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.errors import ConfigError
from bridge.model import NoAnswer, Request, Response
from bridge.transport import BODY_CAP, Transport, origin

Behaviour = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def read_request(connection: socket.socket) -> bytes:
    """Headers and the announced body; empty when the client went away."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (piece := connection.recv(65536)):
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    announced = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    while len(body) < sum(announced):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


class Server:
    """Accepts connections and lets `behaviour` have each; counts them and keeps what was asked."""

    def __init__(self, behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._behaviour, self._tls = behaviour, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                while data := read_request(connection):
                    self.requests.append(data)
                    self._behaviour(connection)
        except OSError:
            return

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> Server:
        servers.append(Server(behaviour, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def answers(*pieces: bytes, pause: float = 0.0) -> Behaviour:
    def behaviour(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)

    return behaviour


def hang_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def transport_to(url: str, **options: object) -> Transport:
    return Transport(frozenset({origin(url)}), **options)


def post(server: Server, seconds: float = 5.0, path: str = "/alerts") -> Response | NoAnswer:
    return transport_to(server.url).send(Request("POST", server.url + path, body={"a": 1}, seconds=seconds))


def test_an_answer_has_its_status_its_lower_case_headers_and_its_bytes(serve) -> None:
    server = serve(answers(b"HTTP/1.1 422 No\r\nX-Thing: Yes\r\nContent-Length: 2\r\n\r\nno"))
    assert post(server) == Response(422, {"x-thing": "Yes", "content-length": "2"}, b"no")


def test_a_request_carries_its_json_its_headers_its_parameters_and_our_name(serve) -> None:
    server = serve(answers(OK))
    headers = {"Authorization": "Bearer k", "Content-Type": "application/vnd.api+json"}
    transport_to(server.url).send(Request("POST", server.url + "/a", headers, {"q": "ü &"}, {"title": "é"}))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a?q=%C3%BC+%26 HTTP/1.1")
    assert b"Authorization: Bearer k" in head
    assert b"Content-Type: application/vnd.api+json" in head
    assert b"User-Agent: rootly-pagertree-bridge/" in head
    assert json.loads(body) == {"title": "é"}


def test_a_get_has_no_body_and_says_so_by_silence(serve) -> None:
    server = serve(answers(OK))
    transport_to(server.url).send(Request("GET", server.url + "/"))
    assert b"ontent-" not in server.requests[0]


def test_connections_are_kept_and_used_again(serve) -> None:
    server = serve(answers(OK))
    transport = transport_to(server.url)
    for _ in range(5):
        assert transport.send(Request("POST", server.url, body={})).ok
    assert (len(server.requests), server.connections) == (5, 1)


def test_a_refused_connection_had_no_effect() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    answer = transport_to(url).send(Request("POST", url, body={}))
    assert answer == NoAnswer(False, "127.0.0.1: refused the connection")


def test_a_name_that_does_not_exist_had_no_effect() -> None:
    url = "http://nobody.invalid"
    answer = transport_to(url).send(Request("POST", url, body={}))
    assert answer == NoAnswer(False, "nobody.invalid: its name was not found")


def test_a_connection_that_never_comes_about_had_no_effect_and_ends_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        others = [_start_connecting(full.getsockname()) for _ in range(4)]
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        began = time.monotonic()
        answer = transport_to(url).send(Request("POST", url, body={}, seconds=0.5))
        for other in others:
            other.close()
    assert isinstance(answer, NoAnswer)
    assert not answer.sent
    assert time.monotonic() - began < 2


def _start_connecting(address: tuple[str, int]) -> socket.socket:
    other = socket.socket()
    other.setblocking(False)
    other.connect_ex(address)
    return other


HALF = [b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 200 OK\r\nX-A: b\r\n", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 20"]


@pytest.mark.parametrize("behaviour", [reset, hang_up, *map(answers, HALF)])
def test_a_connection_that_breaks_after_the_request_leaves_us_not_knowing_and_is_not_repeated(serve, behaviour) -> None:
    server = serve(lambda connection: (behaviour(connection), connection.close()))
    answer = post(server)
    assert isinstance(answer, NoAnswer)
    assert answer.sent
    assert len(server.requests) == 1


def test_half_an_answer_is_no_answer(serve) -> None:
    server = serve(lambda c: (c.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{"), hang_up(c)))
    assert post(server) == NoAnswer(True, "127.0.0.1: the answer was cut short")


def test_a_chunked_answer_that_is_cut_is_no_answer(serve) -> None:
    server = serve(lambda c: (c.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), hang_up(c)))
    answer = post(server)
    assert isinstance(answer, NoAnswer)
    assert answer.sent


def test_a_server_that_closed_a_kept_connection_leaves_us_not_knowing(serve) -> None:
    """It may have read the request before it closed, so a POST is never silently sent again."""
    requests = iter([answers(OK), reset, reset])
    server = serve(lambda connection: next(requests)(connection))
    transport = transport_to(server.url)
    assert transport.send(Request("POST", server.url, body={})).ok
    second = transport.send(Request("POST", server.url, body={}))
    assert isinstance(second, NoAnswer)
    assert second.sent
    assert len(server.requests) == 2


DRIP = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"] + [b"x"] * 1000
SLOW_HEADERS = [b"HTTP/1.1 200 OK\r\n"] + [b"a"] * 1000
CONTINUES = [b"HTTP/1.1 100 Continue\r\n\r\n"] * 1000


@pytest.mark.parametrize("pieces", [DRIP, SLOW_HEADERS, CONTINUES], ids=["body", "headers", "continues"])
def test_an_answer_that_drips_is_cut_at_the_deadline(serve, pieces) -> None:
    server = serve(answers(*pieces, pause=0.02))
    began = time.monotonic()
    assert post(server, seconds=0.4) == NoAnswer(True, "127.0.0.1: no whole answer in time")
    assert 0.35 < time.monotonic() - began < 1.5


def test_silence_is_cut_at_the_deadline(serve) -> None:
    server = serve(answers(pause=3))
    began = time.monotonic()
    assert post(server, seconds=0.3) == NoAnswer(True, "127.0.0.1: no whole answer in time")
    assert time.monotonic() - began < 1.5


def test_a_connection_whose_answer_was_cut_is_not_used_again(serve) -> None:
    late = answers(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"too late!", pause=0.5)
    requests = iter([late, answers(OK)])
    server = serve(lambda connection: next(requests)(connection))
    transport = transport_to(server.url)
    assert isinstance(transport.send(Request("POST", server.url, body={}, seconds=0.2)), NoAnswer)
    assert transport.send(Request("POST", server.url, body={})) == Response(200, {"content-length": "2"}, b"{}")


def test_a_gzip_answer_is_unpacked(serve) -> None:
    packed = gzip.compress(b'{"data": []}')
    server = serve(answers(_gzip_head(packed) + packed))
    assert post(server).body == b'{"data": []}'


def test_a_gzip_bomb_is_dropped_at_the_cap(serve) -> None:
    packed = gzip.compress(bytes(60 * 1024 * 1024), compresslevel=1)
    server = serve(answers(_gzip_head(packed) + packed))
    answer = post(server, seconds=10)
    assert answer == NoAnswer(True, "127.0.0.1: the answer is larger than 5 MiB")


def test_an_answer_over_the_cap_gives_its_place_in_the_pool_back(serve) -> None:
    large = answers(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (2 * BODY_CAP), bytes(2 * BODY_CAP))
    behaviours = iter([large, answers(OK)])
    server = serve(lambda connection: next(behaviours)(connection))
    transport = transport_to(server.url, workers=1)
    kept = transport.send(Request("GET", server.url))
    assert (kept.sent, transport.send(Request("GET", server.url, seconds=3)).ok) == (True, True)


def test_an_answer_that_is_not_the_gzip_it_claims_is_no_answer(serve) -> None:
    server = serve(answers(_gzip_head(b"nope") + b"nope"))
    assert post(server) == NoAnswer(True, "127.0.0.1: the answer could not be unpacked")


def _gzip_head(packed: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)


def test_an_answer_of_exactly_the_cap_is_taken_whole(serve) -> None:
    server = serve(answers(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BODY_CAP, bytes(BODY_CAP)))
    assert len(post(server, seconds=10).body) == BODY_CAP


def test_a_redirect_is_an_answer_and_is_not_followed(serve) -> None:
    elsewhere = serve(answers(OK))
    moved = b"HTTP/1.1 302 Found\r\nLocation: %s/\r\nContent-Length: 0\r\n\r\n" % elsewhere.url.encode()
    answer = post(serve(answers(moved)))
    assert answer.status == 302
    assert elsewhere.connections == 0


def test_a_cookie_is_not_kept(serve) -> None:
    server = serve(answers(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"))
    transport = transport_to(server.url)
    for _ in range(2):
        transport.send(Request("GET", server.url))
    assert b"Cookie" not in server.requests[1]


def test_the_proxy_of_the_environment_is_not_used(serve, monkeypatch) -> None:
    proxy, server = serve(answers(OK)), serve(answers(OK))
    monkeypatch.setenv("http_proxy", proxy.url)
    assert post(server).ok
    assert proxy.connections == 0


@pytest.mark.parametrize("trick", ["{elsewhere}/", "http://{allowed}@{other}/", "file:///etc/hostname", "{up}/"])
def test_only_the_configured_hosts_are_called(serve, trick) -> None:
    allowed, elsewhere = serve(answers(OK)), serve(answers(OK))
    names = {"elsewhere": elsewhere.url, "allowed": allowed.url[7:], "other": elsewhere.url[7:]}
    url = trick.format(up=allowed.url.replace("http:", "https:"), **names)
    answer = transport_to(allowed.url).send(Request("GET", url))
    assert answer == NoAnswer(False, "host not allowed: only the configured systems are called")
    assert elsewhere.connections == 0


@pytest.mark.parametrize("url", ["http://[::1", "/v1/alerts?page=2", "http://127.0.0.1:99999/", ""])
def test_an_address_that_is_none_had_no_effect(url) -> None:
    """The next page of a list is an address that a vendor wrote."""
    answer = transport_to("http://127.0.0.1:1").send(Request("GET", url))
    assert isinstance(answer, NoAnswer)
    assert not answer.sent


def test_a_key_that_no_header_can_carry_had_no_effect(serve) -> None:
    server = serve(answers(OK))
    answer = transport_to(server.url).send(Request("GET", server.url, {"Authorization": "Bearer ключ"}))
    assert answer == NoAnswer(False, "127.0.0.1: the address or a header holds what cannot be sent")


def test_the_address_is_never_in_the_reason(serve) -> None:
    server = serve(hang_up)
    answer = post(server, path="/integration/int_Credential")
    assert "int_Credential" not in repr(answer)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1 in one PEM file."""
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test"
    command += f" -addext subjectAltName=IP:127.0.0.1 -keyout {folder}/key.pem -out {folder}/cert.pem"
    subprocess.run(command.split(), check=True, capture_output=True)
    return folder


def _tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


def test_a_certificate_that_nobody_vouches_for_ends_the_call_before_it_began(serve, certificate) -> None:
    server = serve(answers(OK), _tls(certificate))
    answer = post(server)
    assert answer == NoAnswer(False, "127.0.0.1: TLS failed: its certificate or protocol was not accepted")
    assert server.requests == []


def test_a_bundle_of_our_own_vouches_for_a_certificate(serve, certificate) -> None:
    server = serve(answers(OK), _tls(certificate))
    transport = transport_to(server.url, ca_bundle=certificate / "cert.pem")
    assert transport.send(Request("POST", server.url, body={})).ok


def test_an_answer_over_tls_that_drips_is_cut_too(serve, certificate) -> None:
    server = serve(answers(*DRIP, pause=0.02), _tls(certificate))
    transport = transport_to(server.url, ca_bundle=certificate / "cert.pem")
    answer = transport.send(Request("POST", server.url, body={}, seconds=0.5))
    assert answer == NoAnswer(True, "127.0.0.1: no whole answer in time")


def test_a_bundle_that_is_not_there_is_said_at_the_start(tmp_path) -> None:
    with pytest.raises(ConfigError, match="BRIDGE_CA_BUNDLE: there is no file"):
        transport_to("https://api.rootly.com", ca_bundle=tmp_path / "none.pem")


def test_a_full_pool_makes_a_call_wait_no_longer_than_its_deadline(serve) -> None:
    server = serve(lambda connection: (time.sleep(0.6), connection.sendall(OK)))
    transport = transport_to(server.url, workers=1)
    slow = threading.Thread(target=transport.send, args=(Request("GET", server.url + "/slow", seconds=3),))
    slow.start()
    _until(lambda: server.requests)
    answer = transport.send(Request("GET", server.url, seconds=0.2))
    slow.join(5)
    assert answer == NoAnswer(False, "127.0.0.1: no connection was free in time")


def _until(holds: Callable[[], object]) -> None:
    ends = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < ends, "it never came about"
        time.sleep(0.005)


def test_many_threads_share_one_transport_and_get_their_own_answers(serve) -> None:
    server = serve(lambda c: c.sendall(OK))
    transport = transport_to(server.url, workers=4)
    found: list[object] = []
    calls = [
        threading.Thread(target=lambda: found.append(transport.send(Request("GET", server.url)).ok)) for _ in "x" * 32
    ]
    for call in calls:
        call.start()
    for call in calls:
        call.join(10)
    assert found == [True] * 32
    assert server.connections <= 4
