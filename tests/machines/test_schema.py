"""The commit tier of the document against the doors: few requests to each, and two breaks that it must notice."""

from pathlib import Path

import pytest

from tests.machines.schema import machine as schema
from tests.machines.tally import Budget

pytestmark = pytest.mark.timeout(300)  # a busy machine is slow


def test_every_door_answers_as_the_document_says(tmp_path: Path):
    tally = schema.run(tmp_path, Budget(cases=250))
    print(tally.line)
    assert tally.broken == []
    assert tally.counts["2xx"] > 20
    assert tally.counts["4xx"] > 20


@pytest.mark.parametrize("switch", ["field_added", "scope_unasked"])
def test_a_door_that_does_otherwise_is_noticed(tmp_path: Path, switch: str):
    assert schema.run(tmp_path, Budget(cases=250), switch).broken
