"""Programs that tests need and not every machine has: without one its tests are skipped with one loud line; with
BRIDGE_TESTS=all they fail instead, but for those that BRIDGE_WITHOUT names."""

from __future__ import annotations

import os
import warnings
from functools import cache
from typing import NoReturn

import pytest


def go_without(program: str, package: str) -> NoReturn:
    """`package`: Debian's, which has it."""
    missing = f"{program} is not installed here: its tests are left out (Debian: apt-get install {package})"
    if os.environ.get("BRIDGE_TESTS") == "all" and program not in os.environ.get("BRIDGE_WITHOUT", "").split():
        pytest.fail(missing)
    _say_once(missing)
    pytest.skip(missing)


@cache
def _say_once(missing: str) -> None:
    warnings.warn(pytest.PytestWarning(missing), stacklevel=3)
