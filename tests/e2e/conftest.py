"""Scenes for the stories: two simulated systems, one bridge, everything fresh."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import Scene, open_scene


@pytest.fixture
def set_scene(tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    """Opens scenes whose configuration differs; each is closed after the test."""
    opened: list[Scene] = []

    def open_one(**sections: Any) -> Scene:
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        opened.append(open_scene(folder, **sections))
        return opened[-1]

    yield open_one
    for scene in opened:
        scene.close()


@pytest.fixture
def scene(set_scene: Callable[..., Scene]) -> Scene:
    return set_scene()
