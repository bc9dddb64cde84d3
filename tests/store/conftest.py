"""One suite over every engine: `storage` is the place, `store` the store opened there."""

from __future__ import annotations

import pytest

from tests.store.engines import ENGINES, Time


@pytest.fixture
def time():
    return Time()


@pytest.fixture(params=ENGINES, ids=[engine.__name__ for engine in ENGINES])
def storage(request, tmp_path, time):
    """Opens, closes and opens again the same store."""
    place = request.param(tmp_path, time)
    yield place
    place.close()


@pytest.fixture
def store(storage):
    return storage.open()
