"""Incidents told to several bridges at once, as Rootly would tell them."""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.latency import incident, webhook

SENDERS = 8


def send_all(urls: Sequence[str], count: int) -> list[str]:
    """As fast as they are taken, each to the next bridge. Returns the incidents."""
    incidents = [incident() for _ in range(count)]
    with ThreadPoolExecutor(SENDERS) as hands:
        for _ in hands.map(lambda number: _send(urls, incidents[number::SENDERS], number), range(SENDERS)):
            pass
    return incidents


def _send(urls: Sequence[str], incidents: Sequence[str], first: int) -> None:
    clients = [_client(url) for url in urls]
    for number, uuid in enumerate(incidents, first):
        client = clients[number % len(clients)]
        body, headers = webhook(uuid)
        client.request("POST", "/webhooks/rootly", body, headers)
        answer = client.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
    for client in clients:
        client.close()


def _client(url: str) -> http.client.HTTPConnection:
    host, _, port = url.removeprefix("http://").partition(":")
    return http.client.HTTPConnection(host, int(port), timeout=30)
