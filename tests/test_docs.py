"""What the documentation says is true: keys, defaults, commands, metrics, tests, links, versions, packages."""

import ast
import dataclasses
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click
import pytest
import yaml
from packaging.requirements import Requirement
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from bridge import __version__
from bridge.cli import cli
from bridge.config import Config, load_config
from bridge.config_integrations import read_integrations
from bridge.core.routes import parse_route
from bridge.known import TOOLS
from bridge.metrics import METRICS
from bridge.sandbox import pagertree_world, rootly_records
from bridge.sandbox.faults import Effect
from bridge.systems.integrations import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PAGES = {path.name: path.read_text() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))}
PLACES = ("bridge", "assets", "tests", "benchmarks", "docs", "deploy", ".ci/run")
MADE = {"__pycache__", ".pytest_cache"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
POSTGRES, OTEL = (PROJECT["project"]["optional-dependencies"][name] for name in ("postgres", "otel"))
DEVELOPING = PROJECT["dependency-groups"]["dev"]
SECRETS = {name: "0123456789abcdef" * 2 + name for name in ("pagertree", "rootly", "hook-p", "hook-r")}
MINIMAL: dict[str, Any] = {
    "pagertree": {"api_key": SECRETS["pagertree"], "webhook": {"secrets": [SECRETS["hook-p"]]}},
    "rootly": {"api_key": SECRETS["rootly"], "webhook": {"secrets": [SECRETS["hook-r"]]}},
    "routes": [{"match": {"always": True}, "actions": [{"type": "assign", "receiver": ["tem_oncall"]}]}],
}


def rows(page: str, heading: str, place: int = 0) -> list[list[str]]:
    """The cells of the table that begins with this heading; of several, the one at `place`."""
    lines = PAGES[page].split(heading)[place + 1].splitlines()[2:]
    table = lines[: next((n for n, line in enumerate(lines) if not line.startswith("|")), len(lines))]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGES[page], re.DOTALL)


# -- configuration -----------------------------------------------------------------------------------------------------

KEYS = {row[0].strip("` "): row[1].strip("` ") for row in rows("configuration.md", "| key | default |")}


def loaded(folder: Path, content: dict[str, Any]) -> Config:
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(content))
    return load_config(file, {})


def keys_of(section: object, name: str) -> Iterator[str]:
    if not isinstance(section, BaseModel):
        yield name
        return
    for key, value in section:
        yield from keys_of(value, f"{name}.{key}")


def test_the_table_lists_every_key(tmp_path: Path) -> None:
    config = loaded(tmp_path, MINIMAL)
    sections = [field.name for field in dataclasses.fields(config) if field.name != "warnings"]
    assert set(KEYS) == {key for name in sections for key in keys_of(getattr(config, name), name)}


def test_the_table_shows_the_real_defaults(tmp_path: Path) -> None:
    content = yaml.safe_load(yaml.safe_dump(MINIMAL))
    for key, default in KEYS.items():
        *path, last = key.split(".")
        place = content
        for part in path:
            place = place.setdefault(part, {})
        if default != "—":
            place[last] = yaml.safe_load(default)
    assert loaded(tmp_path, content) == loaded(tmp_path, MINIMAL)


def test_the_readme_asks_for_what_has_no_default() -> None:
    assert [row[0].strip("` ") for row in rows("README.md", "| key | what it is |")] == [
        key for key, default in KEYS.items() if default == "—"
    ]


def test_the_routes_that_are_shown_can_be_read() -> None:
    shown = [yaml.safe_load(block) for block in blocks("configuration.md", "yaml")]
    routes = [route for block in shown for route in block.get("routes", ())]
    assert [parse_route(route, "routes")[1] for route in routes] == [()] * 3


def test_the_table_of_integrations_lists_every_key_with_its_default() -> None:
    table = "| key | default | what it does |"
    listed = {row[0].strip("` ").partition("[].")[2]: row[1] for row in rows("configuration.md", table, 1)}
    defaults = {name: field.get_default(call_default_factory=True) for name, field in Settings.model_fields.items()}
    shown = {name: "—" if default is PydanticUndefined else default for name, default in defaults.items()}
    read = {name: yaml.safe_load(cell.strip("` ")) if cell != "—" else cell for name, cell in listed.items()}
    assert read == {name: list(value) if isinstance(value, tuple) else value for name, value in shown.items()}


def test_the_integrations_that_are_shown_can_be_read() -> None:
    shown = [yaml.safe_load(block) for block in blocks("configuration.md", "yaml")]
    entries = [entry for block in shown for entry in block.get("integrations", ())]
    assert [read_integrations([entry], TOOLS)[1] for entry in entries] == [{}]


def test_the_matrix_names_keys_that_there_are() -> None:
    named = set(re.findall(r"⚙ `(\w+)`", PAGES["matrix.md"]))
    assert named <= {key.removeprefix("sync.") for key in KEYS}
    assert len(named) > 10


# -- commands ----------------------------------------------------------------------------------------------------------


def commands(group: click.Command, name: str = "bridge") -> Iterator[tuple[str, click.Command]]:
    if not isinstance(group, click.Group):
        yield name, group
        return
    for word in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), word)
        assert command is not None
        yield from commands(command, f"{name} {word}")


COMMANDS = dict(commands(cli))


def test_every_command_is_documented_and_has_help() -> None:
    listed = [row[0].strip("` ") for row in rows("operating.md", "| command | what it does |")]
    assert sorted(listed) == sorted(COMMANDS)
    assert all(command.help for command in COMMANDS.values())


@pytest.mark.parametrize("page", sorted(PAGES))
def test_commands_that_are_shown_exist_with_their_options(page: str) -> None:
    spans = re.findall(r"`(bridge [a-z][^`]*)`", PAGES[page])
    lines = [line for block in blocks(page, "sh") for line in block.splitlines() if line.startswith("bridge ")]
    for shown in (*spans, *lines):
        command = next((found for name, found in COMMANDS.items() if f"{shown} ".startswith(f"{name} ")), None)
        assert command or any(name.startswith(f"{shown} ") for name in COMMANDS) or "setup" in shown, shown
        options = {option for parameter in command.params for option in parameter.opts} if command else set()
        assert {word for word in shlex.split(shown) if word.startswith("--")} <= options, shown


# -- everything else that is named -------------------------------------------------------------------------------------


def test_every_metric_is_documented_and_nothing_else() -> None:
    assert {row[0].strip("` ") for row in rows("metrics.md", "| metric | labels |")} == set(METRICS)
    assert set(re.findall(r"\bbridge_[a-z_]+", "".join(PAGES.values()))) <= set(METRICS)


def test_tests_that_are_named_exist() -> None:
    functions = {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    named = set(re.findall(r"`(test_\w+)`", PAGES["promises.md"]))
    assert named <= functions
    assert named


def test_switches_that_are_named_exist() -> None:
    switches = (*dataclasses.fields(pagertree_world.Switches), *dataclasses.fields(rootly_records.Switches))
    cells = [row[3] for row in (*rows("remote-facts.md", "| question |"), *rows("remote-facts.md", "## Rootly\n\n"))]
    named = {word for cell in cells for word in re.findall(r"`(\w+)`", cell)}
    assert named <= {switch.name for switch in switches} | set(get_args(Effect))


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")], ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https:)([^)#]*)#?([^)]*)\)", path.read_text()):
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), target
        assert not anchor or anchor in anchors(there.read_text()), anchor


def test_every_decision_has_a_date_and_a_status_and_says_what_lost() -> None:
    records = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [record.name[:4] for record in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    for record in records:
        text = record.read_text()
        assert re.search(r"^Date: \d{4}-\d\d-\d\d\. Status: (accepted|superseded by \d{4})\.$", text, re.MULTILINE)
        assert all(f"**{part}.**" in text for part in ("Context", "Options that lost", "Choice", "Consequences"))


# -- versions and packages ---------------------------------------------------------------------------------------------


def test_there_is_one_version() -> None:
    newest = re.findall(r"^## \[(\d.*?)\]", PAGES["CHANGELOG.md"], re.MULTILINE)[0]
    assert {PROJECT["project"]["version"], __version__, newest} == {"0.1.0"}


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("requirements.lock", PROJECT["project"]["dependencies"]),
        ("requirements-postgres.lock", PROJECT["project"]["dependencies"] + POSTGRES),
        ("requirements-image.lock", [*PROJECT["project"]["dependencies"], *POSTGRES, *OTEL]),
        ("requirements-dev.lock", [*PROJECT["project"]["dependencies"], *POSTGRES, *OTEL, *DEVELOPING]),
    ],
)
def test_what_is_locked_fits_what_is_asked_for(file: str, wanted: list[str]) -> None:
    text = (ROOT / file).read_text()
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(locked[requirement.name]), requirement
    assert text.count("==") == len(re.findall(r"== ?\S+.*\\\n    --hash=sha256:", text)) + text.count("== '")


def test_ci_runs_the_readmes_own_line() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    pattern = re.search(r"grep -E '(.+)' README.md", script)
    assert pattern is not None
    lines = [line for line in README.splitlines() if re.search(pattern[1], line)]
    assert lines == [block.strip() for block in blocks("README.md", "sh") if "requirements-dev" in block][:1]
    assert subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=False).returncode == 0


def test_nothing_names_a_machine_or_where_its_packages_come_from() -> None:
    words = [r"/(wor[k]|op[t]|roo[t]|tm[p])/", r"[p]ypi\.org|[p]ythonhosted|[n]pmjs|[i]ndex-url|[f]ind-links"]
    top = [path for path in ROOT.iterdir() if path.is_file() and path.name not in ("uv.lock", ".env", ".git")]
    deep = [path for place in PLACES for path in ((ROOT / place).rglob("*") if "." not in place else [ROOT / place])]
    files = [path for path in (*top, *deep) if path.is_file() and not MADE & set(path.parts)]
    found = {path.name for path in files if re.search("|".join(words), path.read_text(errors="replace"))}
    assert len(files) > 100
    assert not found
