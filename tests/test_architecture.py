"""The house of DESIGN: imports point down only, and each floor keeps to its own tools."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = (
    ("errors", "model"),
    ("core",),
    ("systems", "store"),
    (
        "transport",
        "templates",
        "budgets",
        "circuits",
        "redact",
        "hashing",
        "guessing",
        "codes",
        "config",
        "log",
        "metrics",
        "tracing",
        "shelf",
        "unsaid",
        "replica",
        "known",
        "app",
    ),
    ("flows",),
    ("web", "pump", "schedule", "engine", "judges", "callers", "worker", "whole", "cli", "__main__"),
)
PARTS_OF = {f"config_{part}": "config" for part in ("checks", "console", "faults", "integrations", "sections", "text")}
PARTS_OF |= {"templates_engine": "templates", "tracing_otel": "tracing", "tracing_opening": "tracing"}
PARTS_OF |= {"tracing_sending": "tracing", "transport_sockets": "transport", "transport_faults": "transport"}
SIDE_HOUSE = "sandbox"  # simulated vendors: `bridge demo` and `bridge sandbox` start them, no lower floor knows them
OUTGOING = {"requests", "urllib3", "http.client", "urllib.request"}
DATABASES = {"sqlite3", "sqlite_utils"}
POSTGRES = {"psycopg", "psycopg_pool"}
ENGINE = {"procrastinate"}
TRACES = {"opentelemetry"}


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


FILES = {module_of(path): path for path in (ROOT / "bridge").rglob("*.py")}


def imports(module: str, typing: bool) -> Iterator[str]:
    """Everything it names in an import, also inside functions; with `typing` also for the type checker alone."""
    nodes = list(ast.walk(ast.parse(FILES[module].read_text())))
    asides = [node for node in nodes if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    unseen = set() if typing else {inner for node in asides for inner in ast.walk(node)}
    for node in nodes:
        if node in unseen:
            continue
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None, f"{module}: write imports in full"
            whole = [f"{node.module}.{name.name}" for name in node.names]
            yield from (name if name in FILES else node.module for name in whole)


def room(module: str) -> str:
    """`bridge.core.decide` stands in `core`."""
    name = module.split(".")[1]
    return PARTS_OF.get(name, name)


def floor(module: str) -> int:
    return next(height for height, rooms in enumerate(FLOORS) if room(module) in rooms)


@cache
def used(module: str) -> frozenset[str]:
    """Read when the first test asks: not whenever tests are collected."""
    return frozenset(imports(module, typing=True))


HOUSE = sorted(module for module in FILES if module != "bridge" and room(module) != SIDE_HOUSE)


def using(names: set[str]) -> set[str]:
    return {m for m in HOUSE if any(f"{one}.".startswith(f"{name}.") for one in used(m) for name in names)}


def test_every_module_has_its_place_in_the_house() -> None:
    assert {room(module) for module in HOUSE} == {name for rooms in FLOORS for name in rooms}


@pytest.mark.parametrize("module", HOUSE)
def test_imports_point_down_only(module: str) -> None:
    upwards = [name for name in used(module) if name in HOUSE and floor(name) > floor(module)]
    assert not upwards


def test_no_imports_go_round_in_a_circle() -> None:
    TopologicalSorter({module: set(imports(module, typing=False)) - {"bridge"} for module in FILES}).prepare()


def test_judgement_needs_nothing_but_the_standard_library() -> None:
    below = [module for module in HOUSE if floor(module) <= 1]
    foreign = {name for module in below for name in used(module) if name.split(".")[0] != "bridge"}
    assert {name.split(".")[0] for name in foreign} <= sys.stdlib_module_names


def test_dialects_know_no_store_and_the_store_knows_no_dialect() -> None:
    known = {(room(module), room(name)) for module in HOUSE for name in used(module) & set(HOUSE)}
    assert known.isdisjoint({("systems", "store"), ("store", "systems")})


def test_the_simulated_vendors_stay_outside() -> None:
    knowing = {room(m) for m in HOUSE if any(name.startswith(f"bridge.{SIDE_HOUSE}") for name in used(m))}
    assert knowing <= {"cli"}


def test_only_the_transport_calls_out() -> None:
    assert {room(module) for module in using(OUTGOING)} == {"transport"}


def test_only_the_store_opens_databases() -> None:
    assert {room(module) for module in using(DATABASES)} == {"store"}


def test_opentelemetry_is_known_only_where_it_is_wanted() -> None:
    assert using(TRACES) == {"bridge.tracing_otel", "bridge.tracing_sending"}
    assert [m for m in HOUSE if "bridge.tracing_otel" in used(m)] == ["bridge.tracing_opening"]


def test_the_lists_of_passwords_are_loaded_only_where_one_is_judged() -> None:
    assert using({"zxcvbn"}) == {"bridge.guessing"}
    assert [m for m in HOUSE if "bridge.guessing" in used(m)] == ["bridge.cli.hashing"]


def test_only_the_stores_own_modules_for_postgresql_know_its_driver() -> None:
    knowing = {module for module in using(POSTGRES) if room(module) != "engine"}  # whose library speaks through it
    assert all(module.startswith("bridge.store.postgres") for module in knowing)
    assert {"bridge.store.postgres_line", "bridge.store.postgres_readers"} <= knowing


def test_only_the_engine_room_knows_procrastinate() -> None:
    assert {room(module) for module in using(ENGINE)} == {"engine"}
