from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import Client

from bridge.app import Parts
from bridge.web.front import Front, create_app
from tests.web.doors import Running, parts_in


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    parts = parts_in(tmp_path)
    yield parts
    parts.transport.close()
    parts.store.close()


@pytest.fixture
def front(parts: Parts) -> Front:
    return create_app(parts)


@pytest.fixture
def client(front: Front) -> Client:
    return Client(front)


@pytest.fixture
def running(front: Front) -> Iterator[Running]:
    running = Running(front)
    yield running
    running.stop()
