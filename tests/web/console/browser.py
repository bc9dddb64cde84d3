"""A browser at the console's door: it keeps cookies, says where a request comes from, and finds the token in forms."""

import re
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from werkzeug.test import Client, TestResponse

from bridge.app import Parts, assemble, wall_clock
from bridge.config import load_config
from bridge.web.front import Front
from tests.web.doors import CONFIG

NAME, PASSWORD = "ada", "CANARY-kelp-noodle-orbit-fjord"
QUICK = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)  # as little as is accepted
CONSOLE = f"console: {{username: {NAME}, password_hash: '{QUICK}'}}\n"
AFRESH = "begins"  # what stands in the audit before each story
OURS = {"Sec-Fetch-Site": "same-origin"}


def parts_with_console(folder: Path, console: str = CONSOLE, config: str = CONFIG) -> Parts:
    (folder / "config.yaml").write_text(config + console)
    return assemble(load_config(folder / "config.yaml", {}))


def audit(parts: Parts) -> list[tuple[object, object, object]]:
    """What this story has left there, in order."""
    with parts.store.reports() as reports:
        newest = takewhile(lambda row: row["action"] != AFRESH, reports.audit(200))
        return [(row["actor"], row["action"], row["subject"]) for row in newest][::-1]


class Clock:
    """The wall clock, so much later."""

    ahead = timedelta(0)

    def __call__(self) -> datetime:
        return wall_clock() + self.ahead


class Browser:
    """Comes from this machine, by plain http, unless `headers` and `peer` say otherwise."""

    def __init__(self, front: Front, peer: str = "127.0.0.1", **headers: str) -> None:
        self.client = Client(front)
        self.headers = {**OURS, **{name.replace("_", "-"): value for name, value in headers.items()}}
        self.peer = {"REMOTE_ADDR": peer}

    def get(self, path: str, **headers: str) -> TestResponse:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers={**self.headers, **given}, environ_overrides=self.peer)

    def post(self, path: str, fields: dict[str, Any] | None = None, on: str = "") -> TestResponse:
        """`on`: the page whose form is sent, with the token that stands there."""
        token = {"csrf": self.token(on)} if on else {}
        sent = {**token, **(fields or {})}
        return self.client.post(path, data=sent, headers=self.headers, environ_overrides=self.peer)

    def token(self, page: str) -> str:
        found = re.search(r'name="csrf" value="(\w+)"', self.get(page).text)
        assert found, f"{page} has no form"
        return found[1]

    def log_in(
        self, name: str = NAME, password: str = PASSWORD, there: str = "/links", code: str | None = None
    ) -> TestResponse:
        """`code`: None where none is asked for."""
        asked = {"username": name, "password": password, "next": there}
        return self.post("/login", asked if code is None else asked | {"code": code})
