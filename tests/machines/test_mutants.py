"""The machine that changes our judgement: it changes what everybody uses, and notices tests that notice nothing."""

import ast
from pathlib import Path

import pytest

from bridge.core import lanes
from bridge.core.lanes import lane_of
from bridge.model import Advance, Lane, Status
from tests.machines.mutants import machine as mutants
from tests.machines.mutants.applied import apply
from tests.machines.mutants.changes import changes
from tests.machines.tally import Budget

RESOLVE = Advance("pagertree", "rootly:1#1", Status.RESOLVED)


def names(source: str) -> list[str]:
    return [change.name for change in changes(ast.parse(source), "m")]


def test_a_boundary_is_moved_and_turned_round() -> None:
    assert names("def f(a, b):\n    return a < b")[1:] == ["m.f: a < b -> a <= b", "m.f: a < b -> a >= b"]


def test_each_half_of_a_condition_is_left_out() -> None:
    assert names("x = a and b") == ["m: a and b -> a or b", "m: a and b -> b", "m: a and b -> a"]


def test_a_sentence_for_people_is_left_alone_and_a_word_is_not() -> None:
    assert names("x = 'the incident is over'") == []
    assert names("x = 'resolved'") == ["m: 'resolved' -> ''"]


def test_two_changes_of_the_same_words_have_two_names() -> None:
    assert names("x = f('a')\ny = f('a')") == ["m: 'a' -> ''", "m: 'a' -> '' (2)"]


def test_a_changed_function_is_met_by_those_who_imported_it_before() -> None:
    honest = ast.parse(Path(lanes.__file__).read_text())
    tree = ast.parse(Path(lanes.__file__).read_text())
    wrong = next(c for c in changes(tree, "lanes") if c.name == "lanes.lane_of: return Lane.RESOLVES -> return None")
    try:
        wrong.act()
        apply(tree, lanes)
        assert lane_of(RESOLVE) is None
    finally:
        apply(honest, lanes)
    assert lane_of(RESOLVE) is Lane.RESOLVES


@pytest.mark.timeout(180)
def test_the_storm_breakers_tests_notice_most_mistakes_and_a_tenth_of_them_does_not(tmp_path: Path) -> None:
    tests = ["tests/core/test_storm.py", "tests/core/test_storm_edges.py"]
    honest = mutants.run(tmp_path, Budget(), only=["storm"], tests=tests)
    deaf = mutants.run(tmp_path, Budget(), "deaf", only=["storm"], tests=tests)
    print(honest.line, deaf.line)
    assert honest.cases > 0
    assert not honest.broken
    assert deaf.broken
