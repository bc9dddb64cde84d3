"""The shared base of the sandbox: its server, its faults and its sender of webhooks."""

import json
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from threading import Event, Thread
from typing import Any

import pytest
import requests
from flask import Flask, request

from bridge.sandbox.faults import Fault, Faults
from bridge.sandbox.serving import Running, serve
from bridge.sandbox.webhooks import Sender, WebhookSwitches


class Counter:
    """A vendor with one call, which has one effect."""

    def __init__(self) -> None:
        self.effects = 0
        self.faults = Faults(seed=1)
        app = Flask(__name__)
        app.add_url_rule("/count", view_func=self.count, methods=["GET", "POST"])
        app.add_url_rule("/_sandbox/count", endpoint="control", view_func=self.count)
        self.running: Running = serve(self.faults.middleware(app.wsgi_app))
        self.url = self.running.url + "/count"

    def count(self) -> dict[str, int]:
        self.effects += 1
        return {"count": self.effects}


@pytest.fixture
def counter() -> Iterator[Counter]:
    vendor = Counter()
    yield vendor
    vendor.faults.close()
    vendor.running.close()


def within(seconds: float, claim: Any) -> bool:
    end = time.monotonic() + seconds
    while not claim() and time.monotonic() < end:
        time.sleep(0.005)
    return bool(claim())


def test_one_connection_carries_many_requests_with_bodies(counter: Counter) -> None:
    connection = HTTPConnection("127.0.0.1", counter.running.port, timeout=5)
    connection.connect()
    connection.auto_open = 0  # a second connection would be an error
    for number in range(1, 21):
        connection.request("POST", "/count", b"x" * 70_000)
        assert json.loads(connection.getresponse().read()) == {"count": number}
    connection.close()


def test_a_closed_server_ends_kept_alive_connections_too(counter: Counter) -> None:
    with requests.Session() as session:
        session.get(counter.url, timeout=5)
        counter.running.close()
        with pytest.raises(requests.ConnectionError):
            session.get(counter.url, timeout=5)


def test_a_server_comes_back_on_the_port_it_had(counter: Counter) -> None:
    requests.get(counter.url, timeout=5)
    counter.running.close()
    again = serve(Flask(__name__), port=counter.running.port)
    assert requests.get(again.url, timeout=5).status_code == 404
    again.close()


def test_drop_before_hangs_up_without_an_answer_and_without_the_effect(counter: Counter) -> None:
    counter.faults.add(Fault(effect="drop_before"))
    with pytest.raises(requests.ConnectionError):
        requests.post(counter.url, timeout=5)
    assert counter.effects == 0


def test_drop_after_hangs_up_without_an_answer_but_with_the_effect(counter: Counter) -> None:
    counter.faults.add(Fault(effect="drop_after"))
    with pytest.raises(requests.ConnectionError):
        requests.post(counter.url, timeout=5)
    assert counter.effects == 1


def test_a_late_effect_comes_after_the_connection_was_dropped(counter: Counter) -> None:
    counter.faults.add(Fault(effect="late", seconds=0.1))
    with pytest.raises(requests.ConnectionError):
        requests.post(counter.url, timeout=5)
    assert counter.effects == 0
    assert within(3, lambda: counter.effects == 1)


def test_garbage_has_its_effect_and_answers_html_with_200(counter: Counter) -> None:
    counter.faults.add(Fault(effect="garbage"))
    answer = requests.post(counter.url, timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"][:9], counter.effects) == (200, "text/html", 1)
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_delay_answers_after_its_seconds(counter: Counter) -> None:
    counter.faults.add(Fault(effect="delay", seconds=0.15))
    with pytest.raises(requests.ReadTimeout):
        requests.get(counter.url, timeout=0.05)
    started = time.monotonic()
    assert requests.get(counter.url, timeout=5).status_code == 200
    assert time.monotonic() - started >= 0.15


def test_status_answers_with_its_headers_and_verbatim_body_and_without_effect(counter: Counter) -> None:
    counter.faults.add(Fault(status=429, headers={"Retry-After": "7"}, body="slow down"))
    answer = requests.post(counter.url, timeout=5)
    assert (answer.status_code, answer.headers["Retry-After"], answer.text) == (429, "7", "slow down")
    assert counter.effects == 0


def test_status_without_a_body_speaks_the_vendors_error_shape(counter: Counter) -> None:
    counter.faults.add(Fault(status=503))
    expected = {"errors": [{"message": "Service Unavailable"}], "code": 503}
    assert requests.get(counter.url, timeout=5).json() == expected


def test_a_fault_is_used_up_after_its_times(counter: Counter) -> None:
    counter.faults.add(Fault(status=500, times=2))
    assert [requests.get(counter.url, timeout=5).status_code for _ in range(3)] == [500, 500, 200]
    assert counter.faults.list() == {}


def test_a_fault_touches_only_its_method_and_its_whole_path(counter: Counter) -> None:
    counter.faults.add(Fault(method="POST", path="/count"))
    counter.faults.add(Fault(path="/coun"))
    assert requests.get(counter.url, timeout=5).status_code == 200
    assert requests.post(counter.url, timeout=5).status_code == 500


def test_faults_leave_the_control_paths_alone(counter: Counter) -> None:
    counter.faults.add(Fault(effect="drop_before"))
    assert requests.get(counter.running.url + "/_sandbox/count", timeout=5).status_code == 200


def test_a_rate_is_a_chance_that_repeats_itself_with_its_seed(counter: Counter) -> None:
    def pattern() -> list[int]:
        counter.faults = faults = Faults(seed=4)
        faults.add(Fault(rate=0.5))
        running = serve(faults.middleware(Flask(__name__).wsgi_app))
        seen = [requests.get(running.url, timeout=5).status_code for _ in range(12)]
        running.close()
        return seen

    first = pattern()
    assert first == pattern()
    assert set(first) == {500, 404}


def test_an_unknown_effect_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ValueError, match=r"effect: 'explode' is none of status, drop_before"):
        Fault(effect="explode")  # type: ignore[arg-type]


class Listener:
    """A receiver of webhooks that answers what it is told."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[int] = []
        app = Flask(__name__)
        app.add_url_rule("/hook", view_func=self.hook, methods=["POST"])
        self.running = serve(app)
        self.url = self.running.url + "/hook?secret=s3"

    def hook(self) -> tuple[str, int]:
        self.bodies.append(request.get_data())
        self.headers.append(dict(request.headers))
        return "", self.answers.pop(0) if self.answers else 200


@pytest.fixture
def listener() -> Iterator[Listener]:
    receiver = Listener()
    yield receiver
    receiver.running.close()


@pytest.fixture
def sender() -> Iterator[Sender]:
    sending = Sender(WebhookSwitches(base_seconds=0.01, retries=3), workers=1)
    yield sending
    sending.close()


def test_a_webhook_is_retried_on_anything_but_2xx(sender: Sender, listener: Listener) -> None:
    listener.answers = [500, 302, 404]
    sender.send(listener.url, {}, b"one")
    assert sender.drain(5)
    assert [(attempt.number, attempt.status) for attempt in sender.log()] == [(1, 500), (2, 302), (3, 404), (4, 200)]


def test_a_webhook_is_given_up_after_its_retries(sender: Sender, listener: Listener) -> None:
    listener.answers = [500] * 9
    sender.send(listener.url, {}, b"one")
    assert sender.drain(5)
    assert len(listener.bodies) == 4


def test_no_answer_at_all_is_retried_and_the_log_keeps_the_path_only(sender: Sender, listener: Listener) -> None:
    listener.running.close()
    sender.send(listener.url, {}, b"one", label="alert.open")
    assert sender.drain(5)
    assert {(attempt.path, attempt.label, attempt.status) for attempt in sender.log()} == {
        ("/hook", "alert.open", None)
    }


def test_headers_can_be_made_anew_at_each_attempt(sender: Sender, listener: Listener) -> None:
    listener.answers = [500]
    sender.send(listener.url, lambda body: {"X-Count": str(len(listener.bodies)), "X-Size": str(len(body))}, b"four")
    assert sender.drain(5)
    assert [(each["X-Count"], each["X-Size"]) for each in listener.headers] == [("0", "4"), ("1", "4")]


def test_paused_webhooks_leave_later_in_the_order_given(sender: Sender, listener: Listener) -> None:
    sender.change(paused=True)
    for name in b"abcdef":
        sender.send(listener.url, {}, bytes([name]))
    assert not sender.drain(0.05)
    sender.change(paused=False)
    assert sender.drain(5)
    assert b"".join(listener.bodies) == b"abcdef"


def test_paused_webhooks_can_leave_shuffled(sender: Sender, listener: Listener) -> None:
    sender.change(paused=True, shuffle=True)
    for name in b"abcdefgh":
        sender.send(listener.url, {}, bytes([name]))
    sender.change(paused=False)
    assert sender.drain(5)
    assert b"".join(sorted(listener.bodies)) == b"abcdefgh" != b"".join(listener.bodies)


def test_duplicates_come_twice_and_lost_ones_never(sender: Sender, listener: Listener) -> None:
    sender.change(duplicate=1.0)
    sender.send(listener.url, {}, b"twice")
    sender.change(duplicate=0.0, loss=1.0)
    sender.send(listener.url, {}, b"never")
    assert sender.drain(5)
    assert listener.bodies == [b"twice", b"twice"]


def test_reordered_webhooks_are_overtaken(sender: Sender, listener: Listener) -> None:
    sender.change(reorder=1.0, reorder_seconds=0.1)
    sender.send(listener.url, {}, b"first")
    sender.change(reorder=0.0)
    sender.send(listener.url, {}, b"second")
    assert sender.drain(5)
    assert listener.bodies == [b"second", b"first"]


def test_sending_does_not_wait_for_a_slow_receiver(sender: Sender) -> None:
    answered = Event()
    app = Flask(__name__)
    app.add_url_rule("/slow", view_func=lambda: ("", 200 if answered.wait(5) else 500), methods=["POST"])
    running = serve(app)
    sender.send(running.url + "/slow", {}, b"")
    assert sender.waiting() == 1
    Thread(target=answered.set).start()
    assert sender.drain(5)
    running.close()
