"""Somebody who has logged in and looks, at a bridge that asks nobody; and texts as nobody should show them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bridge.app import Parts
from bridge.web.front import create_app
from tests.flows.supposing import bridge_on
from tests.web.console.browser import NAME, QUICK, Browser

HOSTILE = "<script>alert(1)</script><b>\"'\x1b[31m\u202eabc\u2066" + "x" * 10_000
ADA = {"username": NAME, "password_hash": QUICK}


@contextmanager
def looking(folder: Path, **sections: Any) -> Iterator[tuple[Browser, Parts]]:
    with bridge_on("sqlite:///bridge.db", folder, console=ADA, **sections) as parts:
        browser = Browser(create_app(parts))
        assert browser.log_in().status_code == 303
        yield browser, parts


def assert_harmless(text: str) -> None:
    """Nothing of `HOSTILE` is obeyed by a browser, or turns a line round."""
    assert "<script>alert" not in text
    assert not set("\x1b\u202e\u2066") & set(text)
