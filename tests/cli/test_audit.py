"""The audit at the terminal: listed, exported, and verified against what other hands may have done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.store.opening import open_store
from tests.cli.terminal import World, read, run


@pytest.fixture(scope="module")
def audited(world: World) -> World:
    def work(tx) -> None:
        for number in range(5):
            tx.audit("ann" if number else "bob", "replay", f"d{number}", "\x1b[2Jodd")

    world.bridge.parts.store.write(work)
    return world


@pytest.fixture
def file(audited: World, tmp_path: Path) -> Path:
    """An export of all."""
    path = tmp_path / "audit.ndjson"
    path.write_text(audited.run("audit", "export").stdout)
    return path


def head_of(told) -> str:
    return f"{told['head']['seq']}:{told['head']['chain']}"


def test_who_did_what_is_listed_newest_first_and_by_filters(audited: World):
    items = audited.read("audit", "list", "--limit", 2)["items"]
    assert [row["subject"] for row in items] == ["d4", "d3"]
    assert [row["subject"] for row in audited.read("audit", "list", "--actor", "bob")["items"]] == ["d0"]
    assert "\x1b" not in audited.run("audit", "list").stdout


def test_an_export_is_a_line_for_each_entry_and_tells_its_head_besides(audited: World):
    result = audited.run("audit", "export", "--subject", "d3")
    (entry,) = [json.loads(line) for line in result.stdout.splitlines()]
    assert (entry["actor"], entry["detail"], result.stderr) == (
        "ann",
        "\x1b[2Jodd",
        f"{entry['seq']}:{entry['chain']}\n",
    )
    rest = audited.run("audit", "export", "--after", entry["seq"]).stdout.splitlines()
    assert json.loads(rest[0])["seq"] == entry["seq"] + 1


def test_the_database_is_verified_while_the_bridge_runs_and_its_head_is_printed(audited: World):
    told = audited.read("audit", "verify")
    assert (told["sound"], told["first"], told["last"]) == (True, 1, told["head"]["seq"])
    for head in (head_of(told), head_of(told)[:24]):
        result = audited.run("audit", "verify", "--head", head)
        assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, head_of(told))


@pytest.mark.parametrize(
    ("seq", "why"), [(900, "the newest entries were cut off"), (2, "another chain than the one that was noted")]
)
def test_a_head_that_is_not_found_is_told_with_code_1(audited: World, seq: int, why: str):
    result = audited.run("audit", "verify", "--head", f"{seq}:{'0' * 64}")
    assert (result.exit_code, why in result.stdout) == (1, True)


def test_what_is_no_head_is_wrong_usage(audited: World):
    assert audited.run("audit", "verify", "--head", "latest").exit_code == 2


def test_a_file_is_verified_without_a_bridge_wherever_it_begins(file: Path):
    whole = read("audit", "verify", "--file", file)
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[2:]))
    later = read("audit", "verify", "--file", file)
    assert (later["sound"], later["first"], later["head"]) == (True, whole["first"] + 2, whole["head"])
    before = json.loads(lines[1])
    assert run("audit", "verify", "--file", file, "--head", f"{before['seq']}:{before['chain']}").exit_code == 0


def test_a_line_that_was_changed_or_left_out_is_told_with_code_1(file: Path):
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines).replace("bob", "eve"))
    changed = run("audit", "verify", "--file", file)
    file.write_text("".join(lines[:1] + lines[2:]))
    lacking = run("audit", "verify", "--file", file)
    assert (changed.exit_code, "does not fit the audit's chain" in changed.stdout) == (1, True)
    assert (lacking.exit_code, "does not follow the one before it" in lacking.stdout) == (1, True)


@pytest.mark.parametrize(
    "line",
    ["", "{}", "[]", '{"seq": 1', '{"seq": true}', "\udcff", '{"seq": "1", "at": "", "actor": "", "action": ""}'],
)
def test_a_file_that_is_no_export_is_told_by_its_line(tmp_path: Path, line: str):
    (tmp_path / "odd").write_bytes(f"{line}\n".encode(errors="surrogateescape"))
    result = run("audit", "verify", "--file", tmp_path / "odd")
    assert (result.exit_code, "line 1 is no entry" in result.stderr) == (1, True)


def test_an_empty_audit_has_no_head_and_nothing_wrong(still: World):
    open_store(f"sqlite:///{still.config.parent}/bridge.db").close()
    assert still.read("audit", "verify") == {
        "sound": True, "first": 0, "last": 0, "sealed": 0, "head": None, "items": [],
    }  # fmt: skip
    result = still.run("audit", "verify")
    assert (result.exit_code, result.stdout) == (0, "There is no entry.\n")
