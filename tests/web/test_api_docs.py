"""`docs/api.md` says what the table of doors says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.systems.page_fields import Page
from bridge.web.openapi import path_of, refusals_of
from bridge.web.refusals import EVERYWHERE
from bridge.web.table import DOORS

TEXT = (Path(__file__).parent.parent.parent / "docs" / "api.md").read_text()
SHOWN = {(door.method, path_of(door.rule).replace("{id}", "<id>")): door for door in DOORS}


def rows(heading: str) -> list[list[str]]:
    """The cells of all tables that begin with this line."""
    parts = TEXT.split(heading)[1:]
    lines = [line for part in parts for line in part.split("\n\n")[0].splitlines()[2:]]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_table_of_all_doors_is_that_of_the_bridge():
    listed = [(cell.strip("`"), scope, summary) for cell, scope, summary in rows("| request | scope | what it does |")]
    assert listed == [(" ".join(name), door.scope or "—", door.summary) for name, door in SHOWN.items()]


def test_every_request_that_is_named_is_a_door():
    named = re.findall(r"`(GET|POST|PATCH|DELETE) (/[^`?]*)", TEXT)
    assert set(named) <= set(SHOWN)
    assert len(named) > len(SHOWN)


def test_the_fields_of_a_page_are_all_there():
    named = {name for row in rows("| field | what it is |") for name in re.findall(r"`(\w+)`", row[0])}
    assert named == set(Page.model_fields)


@pytest.mark.parametrize("row", rows("| status | error | why |"), ids=lambda row: f"{row[0]} {row[1]}"[:40])
def test_refusals_that_are_named_are_those_of_some_door(row: list[str]):
    known = {(one.status, one.code) for door in DOORS for one in (*refusals_of(door), *EVERYWHERE)}
    known.add((405, "method_not_allowed"))
    statuses, codes = re.findall(r"\d{3}", row[0]), re.findall(r"`(\w+)`", row[1])
    assert all(any((int(status), code) in known for status in statuses) for code in codes)
