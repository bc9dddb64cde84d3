"""Every example in a docstring is true."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for room in ("bridge", "benchmarks", "simulation")
    for path in ROOT.glob(f"{room}/**/*.py")
    if "    >>> " in path.read_text()
)


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_every_example_in_a_docstring_is_true(module: str) -> None:
    result = doctest.testmod(import_module(module))
    assert (result.failed, result.attempted > 0) == (0, True)
