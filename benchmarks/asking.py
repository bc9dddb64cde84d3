"""Who looks at the console meanwhile: a person who has logged in, asks page after page, or leaves pages open."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from benchmarks.running import TOKEN

EVERY = 2.0  # seconds between two polls of an open page: `every 2s` in the templates
AT_HOME = {"Sec-Fetch-Site": "same-origin"}  # what a browser says of a form of the page's own
RESTED = 10.0  # seconds after which a connection is made anew: the server hangs up after 20
HANDS = 8  # threads that keep all the open pages up to date


@dataclass(slots=True)
class Client:
    """One kept-alive connection with a session's cookie, and how long each question took."""

    host: str
    cookie: str = ""
    seconds: dict[str, list[float]] = field(default_factory=dict)
    _line: http.client.HTTPConnection = field(init=False)
    _used: float = 0.0

    def __post_init__(self) -> None:
        self._line = http.client.HTTPConnection(self.host, timeout=60)

    def log_in(self, username: str, password: str) -> None:
        """Raises `AssertionError` when it is not let in."""
        form = urlencode({"username": username, "password": password, "next": "/"})
        kind = {"Content-Type": "application/x-www-form-urlencoded", **AT_HOME}
        self._line.request("POST", "/login", form, kind)
        answer = self._line.getresponse()
        answer.read()
        assert answer.status == 303, answer.status
        self.cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]

    def ask(self, path: str, more: Mapping[str, str] = {}) -> bytes:
        """Raises `AssertionError` for any answer but 200."""
        if time.monotonic() - self._used > RESTED:
            self._line.close()
        began = time.perf_counter()
        self._line.request("GET", path, headers={**TOKEN, "Cookie": self.cookie, **more})
        answer = self._line.getresponse()
        body = answer.read()
        self.seconds.setdefault(path, []).append(time.perf_counter() - began)
        self._used = time.monotonic()
        assert answer.status == 200, f"{path}: {answer.status}"
        return body

    def close(self) -> None:
        self._line.close()


def ask_all(clients: Sequence[Client], paths: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """Each path so often by each client, all clients at once; seconds by path."""

    def go(place: int, client: Client) -> None:
        start = place * len(paths) // len(clients)
        for _ in range(rounds):
            for path in (*paths[start:], *paths[:start]):
                client.ask(path)

    for client in clients:
        client.seconds.clear()
    _together([lambda p=place, c=client: go(p, c) for place, client in enumerate(clients)])
    return {path: [taken for client in clients for taken in client.seconds[path]] for path in paths}


def keep_open(url: str, cookie: str, paths: Sequence[str], pages: int, seconds: float) -> int:
    """So many open pages, the paths in turn, each polling as htmx does; how many polls were answered."""
    ends, answered = time.monotonic() + seconds, [0] * HANDS

    def hand(number: int) -> None:
        mine = [(EVERY * n / pages, paths[n % len(paths)]) for n in range(number, pages, HANDS)]
        client, began = Client(urlsplit(url).netloc, cookie), time.monotonic()
        turn = 0
        while mine:
            for offset, path in mine:
                wait = began + turn * EVERY + offset - time.monotonic()
                if time.monotonic() + max(0.0, wait) > ends:
                    client.close()
                    return
                time.sleep(max(0.0, wait))
                client.ask(path, {"HX-Request": "true"})
                answered[number] += 1
            turn += 1

    _together([lambda n=number: hand(n) for number in range(min(HANDS, pages))])
    time.sleep(max(0.0, ends - time.monotonic()))
    return sum(answered)


def _together(works: Sequence[Callable[[], None]]) -> None:
    """Raises what the first of them that fails raises."""
    with ThreadPoolExecutor(len(works) or 1) as threads:
        for done in [threads.submit(work) for work in works]:
            done.result()
