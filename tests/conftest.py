"""`pytest --vectors FILE` runs the examples of that file against the tools, and nothing else: see docs/vectors.md."""

import gc
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bridge.sandbox import vectors_option
from tests.kept import keep_addresses, keep_pages

PLAYER = Path(__file__).parent / "systems" / "test_vectors.py"


keep_addresses()
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


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    beside = collection_path not in (PLAYER, *PLAYER.parents)
    return True if beside and config.getoption("vectors") else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("vectors"):
        items[:] = [item for item in items if "vector" in getattr(item, "fixturenames", ())]
