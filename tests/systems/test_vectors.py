"""Examples of requests with what they must become: our own, or those of `pytest --vectors=FILE`."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge.known import TOOLS
from tests.systems.vectors import BadVectors, Vector, compared, load, play

ROOT = Path(__file__).parents[2]
OWN = sorted((ROOT / "tests" / "vectors").glob("*.json"))
GOOD: dict[str, Any] = {
    "name": "a good one",
    "type": "webhook",
    "body": {"event_type": "resolve", "id": 5},
    "expected": {"action": "resolve", "id": "5"},
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "vector" in metafunc.fixturenames:
        given = metafunc.config.getoption("vectors")
        found = [one for file in (map(Path, given) if given else OWN) for one in load(file)]
        metafunc.parametrize("vector", found, ids=[one.id for one in found])


def test_an_example_comes_out_as_it_says(vector: Vector) -> None:
    got = play(vector)
    if vector.refused:
        assert got is None
    elif vector.unreadable is not None:
        assert isinstance(got, str), got
        assert vector.unreadable in got
    else:
        assert isinstance(got, list), got or "the token is refused"
        wanted = vector.expected if isinstance(vector.expected, list) else [vector.expected]
        assert len(got) == len(wanted), got
        assert [compared(wish, one) for wish, one in zip(wanted, got, strict=True)] == wanted


def test_pagertrees_own_names_are_understood(tmp_path: Path) -> None:
    body = {"event_type": "create", "id": 5, "title": "T", "meta": {"incident": True, "incident_severity": "SEV-2"}}
    expected = {"thirdparty_id": 5, "incident_severity": "SEV-2", "incident_message": None}
    (vector,) = load(written(tmp_path, GOOD | {"body": body, "expected": expected}))
    test_an_example_comes_out_as_it_says(vector)
    assert vector.expected == {"id": "5", "severity": "SEV-2", "message": None}


def run(file: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--vectors={file}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=50, check=False)
    return done.returncode, done.stdout


def written(folder: Path, *examples: object) -> Path:
    file = folder / "more.json"
    file.write_text(json.dumps(examples))
    return file


def test_any_further_file_is_run_alone(tmp_path: Path) -> None:
    wrong = GOOD | {"name": "a wrong one", "expected": {"action": "create"}}
    code, said = run(written(tmp_path, GOOD, wrong))
    assert code == 1
    assert "1 failed, 1 passed" in said
    assert "more.json 2: a wrong one" in said


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"type": "carrier_pigeon"}, "type is one of webhook"),
        ({"bodi": {}}, "bodi is not known"),
        ({"expected": {"acton": "create"}}, "acton is not known"),
        ({"refused": True}, "one of expected, refused, unreadable"),
        ({"raw": "{}"}, "one of body, raw, form"),
    ],
)
def test_a_misspelt_example_is_told_by_its_name(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    with pytest.raises(BadVectors, match=rf"more\.json 1: a good one: .*{told}"):
        load(written(tmp_path, GOOD | change))


def test_the_documented_examples_come_out_as_they_say(tmp_path: Path) -> None:
    shown = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "vectors.md").read_text(), re.DOTALL)
    for block in shown:
        for one in load(written(tmp_path, *json.loads(block))):
            test_an_example_comes_out_as_it_says(one)
    assert len(shown) == 1


def test_what_is_not_as_wished_shows_as_it_is() -> None:
    got = {"id": "5", "fault": "title is missing", "tags": ["a"], "additional_data": [{"label": "x", "value": "1"}]}
    assert compared({"fault": True, "id": "6"}, got) == {"fault": True, "id": "5"}
    assert compared({"fault": "severity"}, got) == {"fault": "title is missing"}
    assert compared({"additional_data": [{"label": "x"}]}, got) == {"additional_data": [{"label": "x"}]}
    assert compared({"additional_data": []}, got) == {"additional_data": got["additional_data"]}


def test_our_own_examples_speak_of_the_tools_that_promise_them() -> None:
    own = {one.type for file in OWN for one in load(file)}
    assert {"webhook", "hetrix_tools"} <= own <= TOOLS.keys()
