"""One Chromium and two bridges for all of it: a night to look at, which stays as it is, and a day where people act.

Debian's chromium. Where it is missing the tests are left out, as `tests/programs.py` says.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.opening import came, launched, leave, logged_in
from tests.browser.watching import Watch, Window
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


@contextmanager
def _window(browser: Browser, scene: Scene) -> Iterator[Window]:
    context, watch = came(browser, scene.bridge.url), Watch(scene.bridge.url)
    watch.over(context)
    page = context.new_page()
    yield Window(page, watch, logged_in(page))
    leave(context)


@pytest.fixture(scope="session")
def day_window(chromium: Browser, scene: Scene) -> Iterator[Window]:
    with _window(chromium, scene) as window:
        yield window


@pytest.fixture(scope="session")
def night_window(chromium: Browser, night: Scene) -> Iterator[Window]:
    with _window(chromium, night) as window:
        yield window


@pytest.fixture
def ada(day_window: Window) -> Iterator[tuple[Page, Watch]]:
    """Somebody who has logged in, and what the browser notices meanwhile."""
    with day_window.taken(known=True) as seen:
        yield seen


@pytest.fixture
def stranger(day_window: Window) -> Iterator[tuple[Page, Watch]]:
    with day_window.taken(known=False) as seen:
        yield seen


@pytest.fixture(scope="module")
def reader(night_window: Window) -> Iterator[tuple[Page, Watch]]:
    """Somebody who looks at what the night has left."""
    with night_window.taken(known=True) as seen:
        yield seen
