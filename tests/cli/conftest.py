from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.sandbox.stage import open_stage
from tests.cli.terminal import World, world_in


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for all tests of a file, with its bridge at work."""
    stage = open_stage()
    world = world_in(tmp_path_factory.mktemp("world"), stage)
    world.start()
    yield world
    world.stop()
    stage.close()


@pytest.fixture
def still(tmp_path: Path) -> Iterator[World]:
    """One of its own, where nobody has started the bridge."""
    stage = open_stage()
    world = world_in(tmp_path, stage)
    yield world
    world.stop()
    stage.close()
