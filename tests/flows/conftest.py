"""A bridge worked by hand between the two simulated systems."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.histories import Lab, open_lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with open_lab(tmp_path) as one:
        yield one
