"""Actions of routes as people may write them wrong: each fault is told where it is, and nothing crashes."""

from __future__ import annotations

import pytest

from bridge.core.routes import parse_route


def faults(*actions: object) -> list[str]:
    _, found = parse_route({"match": {"always": True}, "actions": list(actions)}, "routes.0")
    return [str(fault) for fault in found]


@pytest.mark.parametrize("given", ["assign", {"type": "ignore"}, None, 7])
def test_actions_are_a_list(given: object) -> None:
    _, found = parse_route({"match": {"always": True}, "actions": given}, "routes.0")
    assert any("needs a list of actions" in str(fault) for fault in found)


@pytest.mark.parametrize("given", ["title", ["title"], 7, {}])
def test_what_is_set_is_a_mapping(given: object) -> None:
    assert any("needs a mapping" in fault for fault in faults({"type": "setval", "map": given}))


def test_keys_of_any_kind_are_told() -> None:
    assert len(faults({"type": "setval", "map": {1: "a", "b": "c", "title": "T"}})) == 2
    assert len(faults({"type": "ignore", 1: "a", "b": "c"})) == 2


def test_a_text_that_says_nothing_is_a_fault_and_none_is_as_good_as_no_key() -> None:
    assert any("not empty" in fault for fault in faults({"type": "ignore", "reason": ""}))
    assert any("not empty" in fault for fault in faults({"type": "ignore", "reason": 7}))
    assert faults({"type": "ignore", "reason": None}) == []
    assert faults({"type": "ignore"}) == []
