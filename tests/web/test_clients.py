"""Whose request it is, and how often it may fail."""

from typing import Any

import pytest

from bridge.web.clients import Failures, client_of, is_local, neighbourhood, networks

TRUSTED = networks(["10.0.0.0/8", "fd00::/8"])


def client(peer: str, forwarded: str | None = None) -> str:
    environ: dict[str, Any] = {"REMOTE_ADDR": peer}
    if forwarded is not None:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    return str(client_of(environ, TRUSTED))


def test_without_a_proxy_the_peer_is_the_client():
    assert client("192.0.2.1") == "192.0.2.1"


def test_a_stranger_cannot_speak_for_another():
    assert client("192.0.2.1", "198.51.100.7") == "192.0.2.1"


def test_a_trusted_proxy_speaks_for_its_client():
    assert client("10.0.0.1", "198.51.100.7") == "198.51.100.7"


def test_the_right_most_untrusted_hop_counts_not_what_the_client_invented():
    assert client("10.0.0.1", "127.0.0.1, 198.51.100.7, 10.0.0.2") == "198.51.100.7"


@pytest.mark.parametrize("garbage", ["", "unknown", "1.2.3.4:80", "198.51.100.7, x"])
def test_what_is_no_address_is_not_believed(garbage: str):
    assert client("10.0.0.1", garbage) == "10.0.0.1"


def test_an_ipv4_address_in_ipv6_dress_is_the_same_client():
    assert client("::ffff:192.0.2.1") == "192.0.2.1"


def test_a_request_from_this_machine_is_local():
    assert is_local({"REMOTE_ADDR": "127.0.0.1"}, TRUSTED)
    assert is_local({"REMOTE_ADDR": "::1"}, TRUSTED)
    assert not is_local({"REMOTE_ADDR": "192.0.2.1"}, TRUSTED)


@pytest.mark.parametrize("header", ["HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP"])
def test_what_a_proxy_on_this_machine_passes_on_is_not_local(header: str):
    assert not is_local({"REMOTE_ADDR": "127.0.0.1", header: "127.0.0.1"}, ())


def test_a_trusted_proxy_on_this_machine_tells_who_is_local():
    trusted = networks(["127.0.0.1/32"])
    assert not is_local({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.1"}, trusted)


def test_twenty_failures_a_minute_are_told_and_then_none():
    failures = Failures(lambda: 0.0)
    assert [failures.count("a") for _ in range(20)] == [0] * 20
    assert failures.count("a") == 3  # one more is allowed every three seconds
    assert failures.count("b") == 0


def test_failures_are_forgotten_with_time():
    now = [0.0]
    failures = Failures(lambda: now[0])
    while not failures.count("a"):
        pass
    now[0] += 3.1
    assert failures.count("a") == 0
    assert failures.count("a") > 0


def test_a_subscriber_with_many_ipv6_addresses_is_one():
    def of(peer: str) -> str:
        return neighbourhood(client_of({"REMOTE_ADDR": peer}, ()))

    assert of("2001:db8::1") == of("2001:db8::ffff") != of("2001:db8:0:1::1")


def test_remembering_strangers_takes_bounded_memory():
    failures = Failures(lambda: 0.0, per_minute=1, remembered=2)
    assert [failures.count(who) for who in ("a", "b", "c")] == [0, 0, 0]
    assert failures.count("c") > 0
    assert failures.count("a") == 0  # long forgotten
