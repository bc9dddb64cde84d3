"""What is stored comes back as it was, but for secrets, and ids only grow."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import pytest
from ulid import ULID

from bridge.model import Advance, Create, Draft, Note, Receiver, Recheck, Status, Trouble, Update
from bridge.store.codec import dump_command, dump_trouble, kind_of, load_command, load_trouble, once_of
from bridge.store.ids import Ids, encode

DRAFT = Draft("T", "D", "high", "SEV-1", True, "m", ("a", "b"), {"k": "é\u0000"}, "u", "x", (Receiver("tem_1"),), "r")
COMMANDS = [
    (Create("pagertree", "m#1", DRAFT), "create:pagertree:m#1"),
    (Update("rootly", "m", {"title": "t", "tags": ["a"], "labels": {"k": "v"}}), None),
    (Advance("rootly", "m", Status.RESOLVED, "why", cascade=True), None),
    (Note("rootly", "m", "text", "key"), "note:rootly:m:key"),
    (Recheck("pagertree", "m"), "recheck:pagertree:m"),
]


@pytest.mark.parametrize(("command", "once"), COMMANDS, ids=lambda value: type(value).__name__)
def test_a_command_comes_back_as_it_was(command, once):
    assert load_command(kind_of(command), dump_command(command)) == command
    assert once_of(command) == once


def test_the_token_of_an_integration_is_not_stored():
    door = Receiver("int_1", "s3cret", integration=True)
    stored = dump_command(Create("pagertree", "m", Draft("T", receivers=(door,))))
    assert "s3cret" not in stored
    assert load_command("create", stored).draft.receivers == (Receiver("int_1", None, integration=True),)


def test_a_trouble_comes_back_as_it_was():
    began = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    facts = {"incident": {"services": [{"name": "db"}], "n": 1.5, "none": None}}
    trouble = Trouble("T", None, "low", "high", "u", "#1", began, "test", True, ("t",), {"l": "v"}, facts)
    assert load_trouble(dump_trouble(trouble)) == trouble


def test_ids_are_ulids_of_their_time():
    now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert ULID.from_str(Ids().next(now.timestamp())).datetime == now
    for _ in range(100):
        number = secrets.randbits(128)
        assert encode(number) == str(ULID.from_int(number))


def test_ids_grow_within_a_moment_and_when_the_clock_goes_back():
    ids = Ids()
    times = [100.0, 100.0, 100.0005, 99.0, 101.0, 5.0]
    given = [ids.next(at) for at in times]
    assert given == sorted(set(given))
    assert Ids(given[-1]).next(1.0) > given[-1]
