from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.app import Parts
from bridge.web.front import Front, create_app
from tests.web.console.browser import AFRESH, Browser, Clock, parts_with_console


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """One bridge for all stories of a file; `afresh` keeps them apart."""
    parts = replace(parts_with_console(tmp_path_factory.mktemp("console")), clock=Clock())
    yield parts
    parts.transport.close()
    parts.store.close()


@pytest.fixture(scope="module")
def front(parts: Parts) -> Front:
    return create_app(parts)


@pytest.fixture(autouse=True)
def afresh(parts: Parts) -> None:
    """Nobody is logged in, nobody has failed, and it is now."""
    parts.clock.ahead = timedelta(0)
    for_ever = parts.clock() + timedelta(days=1)
    parts.store.write(lambda tx: (tx.prune_access(for_ever, for_ever, for_ever), tx.audit("test", AFRESH, "")))


@pytest.fixture
def stranger(front: Front) -> Browser:
    """Somebody who has not logged in."""
    return Browser(front)


@pytest.fixture
def ada(front: Front) -> Browser:
    """Somebody who has."""
    browser = Browser(front)
    assert browser.log_in().status_code == 303
    return browser
