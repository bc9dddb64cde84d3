"""The commit tier of the document against the doors: few requests to each, and two breaks that it must notice."""

from pathlib import Path

import pytest

from bridge.web.inside import inside
from tests.machines.schema import machine as schema
from tests.machines.schema.world import remember
from tests.machines.tally import Budget

pytestmark = pytest.mark.timeout(300)  # a busy machine is slow


def test_every_door_answers_as_the_document_says(tmp_path: Path):
    tally = schema.run(tmp_path, Budget(cases=150))
    print(tally.line)
    assert tally.broken == []
    assert tally.counts["2xx"] > 20
    assert tally.counts["4xx"] > 20


@pytest.mark.parametrize("switch", ["field_added", "scope_unasked"])
def test_a_door_that_does_otherwise_is_noticed(tmp_path: Path, switch: str):
    assert schema.run(tmp_path, Budget(cases=250), switch).broken


def test_a_fault_of_ours_is_told_with_its_place():
    faults: list[str] = []
    app = inside([])
    app.add_url_rule("/broken", view_func=lambda: 1 // 0)
    remember(app, faults)
    assert app.test_client().get("/broken").status_code == 500
    assert "ZeroDivisionError" in faults[0]
    assert "test_schema.py" in faults[0]
