"""What `bridge` says of itself, and how it says that something is wrong."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from bridge import __version__
from bridge.cli import COMMANDS, cli
from tests.cli.terminal import run
from tests.forks import ROOT

TOP = click.Context(cli)


def commands() -> list[tuple[str, ...]]:
    """Every command by its path."""
    found: list[tuple[str, ...]] = []
    for name in COMMANDS:
        command = cli.get_command(TOP, name)
        inner = list(command.commands) if isinstance(command, click.Group) else []
        found += [(name,), *((name, word) for word in inner)]
    return found


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]):
    result = run(*path, "--help")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) > 4


def test_the_overview_says_of_each_command_what_the_command_says():
    first = {name: cli.get_command(TOP, name).get_short_help_str(200) for name in COMMANDS}
    assert first == {name: told for name, (_, told) in COMMANDS.items()}


@pytest.mark.parametrize(
    "path", [p for p in commands() if p[0] not in ("demo", "sandbox") and len(p) > 1], ids=" ".join
)
def test_every_command_with_data_takes_a_configuration(path: tuple[str, ...]):
    assert "--config" in run(*path, "--help").stdout


def test_the_overview_waits_for_nothing_heavy():
    heavy = "{'pydantic', 'flask', 'rich', 'sqlite_utils', 'requests', 'yaml'}"
    called = "from bridge.cli import cli; cli(['--help'], standalone_mode=False)"
    program = f"import sys; {called}; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert done.stdout.endswith("set()\n"), done.stdout + done.stderr


def test_the_version_is_told():
    assert run("--version").stdout == f"bridge, version {__version__}\n"


def test_an_unknown_command_is_wrong_usage():
    assert run("unknown").exit_code == 2


@pytest.mark.parametrize("command", ["serve", "links list", "calls list", "resync", "db verify", "send rootly"])
def test_every_fault_of_the_configuration_is_a_sentence_and_the_code_is_78(tmp_path: Path, command: str):
    path = tmp_path / "config.yaml"
    path.write_text("server: {port: high}\nroutes: []\ncolour: red\n")
    result = run(*command.split(), "--config", path)
    assert result.exit_code == 78
    assert {line.partition(":")[0] for line in result.stderr.splitlines()} >= {"server.port", "routes", "colour"}


def test_the_configuration_may_be_named_by_the_environment(tmp_path: Path):
    missing = tmp_path / "none.yaml"
    result = run("links", "list", env={"BRIDGE_CONFIG": str(missing)})
    assert (result.exit_code, str(missing) in result.stderr) == (78, True)


def test_a_database_that_was_never_made_is_told(tmp_path: Path):
    path = tmp_path / "config.yaml"
    path.write_text(
        "pagertree: {api_key: abcdefgh, webhook: {secrets: [0123456789abcdefgh]}}\n"
        "rootly: {api_key: ijklmnop, webhook: {secrets: [0123456789ijklmnop]}}\n"
        "routes: [{match: {always: true}, actions: [{type: assign, receiver: [a]}]}]\n"
    )
    result = run("links", "list", "--config", path)
    assert (result.exit_code, "bridge.db is not there" in result.stderr) == (78, True)
