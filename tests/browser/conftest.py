"""One Chromium and two bridges for all of it: a night to look at, which stays as it is, and a day where people act.

Debian's chromium. Where it is missing the tests are left out, as `tests/programs.py` says.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.opening import DESKTOP, Look, came, entered, launched, leave
from tests.browser.watching import Watch, watched
from tests.browser.world import open_day, open_world
from tests.e2e.harness import Scene
from tests.programs import go_without


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        go_without("chromium", "chromium")
    with sync_playwright() as playwright, launched(playwright, path) as browser:
        yield browser


@pytest.fixture(scope="session")
def night(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """To be looked at only."""
    scene = open_world(tmp_path_factory.mktemp("night"))
    yield scene
    scene.close()


@pytest.fixture(scope="session")
def scene(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """To act in: each story brings its own trouble."""
    scene = open_day(tmp_path_factory.mktemp("day"))
    yield scene
    scene.close()


def _opened(browser: Browser, scene: Scene, known: bool, look: Look = DESKTOP) -> Iterator[tuple[Page, Watch]]:
    context = came(browser, scene.bridge.url, look, entered(browser, scene.bridge.url) if known else None)
    with watched(context, scene.bridge.url) as watch:
        yield context.new_page(), watch
    leave(context)


@pytest.fixture
def ada(chromium: Browser, scene: Scene) -> Iterator[tuple[Page, Watch]]:
    """Somebody who has logged in, and what the browser notices meanwhile."""
    yield from _opened(chromium, scene, known=True)


@pytest.fixture
def stranger(chromium: Browser, scene: Scene) -> Iterator[tuple[Page, Watch]]:
    yield from _opened(chromium, scene, known=False)


@pytest.fixture(scope="module")
def reader(chromium: Browser, night: Scene) -> Iterator[tuple[Page, Watch]]:
    """Somebody who looks at what the night has left."""
    yield from _opened(chromium, night, known=True)
