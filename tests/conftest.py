"""`pytest --vectors FILE` runs the examples of that file against the tools, and nothing else: see docs/vectors.md."""

import gc
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from bridge.sandbox import vectors_option
from tests.kept import keep_addresses, keep_configurations, keep_pages

PLAYER = Path(__file__).parent / "systems" / "test_vectors.py"
QUICK = 0.2  # seconds


keep_addresses()
keep_configurations()
keep_pages()


def pytest_addoption(parser: pytest.Parser) -> None:
    with suppress(ValueError):  # the installed bridge has registered it already
        vectors_option.pytest_addoption(parser)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays until the end: to look for garbage in it again and again costs much, and finds none."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Between two processes each report costs as much as a small test: of what went well and quickly before and after
    a test nothing is told."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed or report.duration > QUICK:
            item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    beside = collection_path not in (PLAYER, *PLAYER.parents)
    return True if beside and config.getoption("vectors") else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("vectors"):
        items[:] = [item for item in items if "vector" in getattr(item, "fixturenames", ())]
