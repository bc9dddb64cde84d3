"""The yardstick of (c): a few threads, each with a bare `requests.Session`, sending given calls one after the other.

Run as a process of its own: a file of calls (JSON: method, URL, headers, body) and the number of threads.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import requests

Call = tuple[str, str, dict[str, str], Any]


def run(calls: list[Call], threads: int) -> None:
    workers = [Thread(target=_send, args=(calls[place::threads],)) for place in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def _send(calls: list[Call]) -> None:
    with requests.Session() as session:
        for method, url, headers, body in calls:
            session.request(method, url, headers=headers, json=body, timeout=30).raise_for_status()


if __name__ == "__main__":
    run(json.loads(Path(sys.argv[1]).read_text()), int(sys.argv[2]))
