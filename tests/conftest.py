"""`pytest --vectors FILE` runs the examples of that file against the tools, and nothing else: see docs/vectors.md."""

from contextlib import suppress
from pathlib import Path

import pytest

from bridge.sandbox import vectors_option

PLAYER = Path(__file__).parent / "systems" / "test_vectors.py"


def pytest_addoption(parser: pytest.Parser) -> None:
    with suppress(ValueError):  # the installed bridge has registered it already
        vectors_option.pytest_addoption(parser)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    beside = collection_path not in (PLAYER, *PLAYER.parents)
    return True if beside and config.getoption("vectors") else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("vectors"):
        items[:] = [item for item in items if "vector" in getattr(item, "fixturenames", ())]
