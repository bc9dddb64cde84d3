"""The option `--vectors FILE` of pytest, registered where the bridge is installed: a `conftest.py` is read too late for
a FILE that stands outside the checkout. What it does is in `tests/conftest.py`; docs/vectors.md has the format.
"""

from __future__ import annotations

from typing import Protocol


class Parser(Protocol):
    """As much of pytest's as is used here: a bridge at work has no pytest."""

    def addoption(self, *names: str, **attributes: str) -> None: ...


def pytest_addoption(parser: Parser) -> None:
    told = "run the examples of this file (docs/vectors.md) instead of the suite; may be repeated"
    parser.addoption("--vectors", action="append", metavar="FILE", help=told)
