"""Options that many commands share, and what they give."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from bridge.config import Config, load_config
from bridge.core.durations import parse_duration
from bridge.store.filters import Clauses

F = TypeVar("F", bound=Callable[..., Any])
MOST = 1000  # rows of one list
_SPOKEN = {"q": "search"}  # filters whose name in the API is too short to be understood


def config_option(command: F) -> F:
    return click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path, dir_okay=False),
        default=lambda: Path(os.environ.get("BRIDGE_CONFIG", "config.yaml")),
        help="The configuration file. Default: $BRIDGE_CONFIG, else config.yaml.",
    )(command)


def json_option(command: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")(command)


def page_options(command: F) -> F:
    command = click.option("--before", default="", metavar="ID", help="Only what is older than this one.")(command)
    limit = click.IntRange(1, MOST)
    return click.option("--limit", type=limit, default=20, show_default=True, help="How many, newest first.")(command)


def filter_options(clauses: Clauses) -> Callable[[F], F]:
    """One option for each filter that the store knows; they arrive as keywords of the same names."""
    words: dict[str, list[str]] = {}
    for clause in clauses:
        name, _, word = clause.partition("=")
        words.setdefault(name, []).extend([word] if word else [])

    def decorate(command: F) -> F:
        for name, choice in reversed(words.items()):
            command = _filter(name, choice)(command)
        return command

    return decorate


def _filter(name: str, choice: list[str]) -> Callable[[F], F]:
    spoken = _SPOKEN.get(name, name)
    if name in ("since", "until"):
        told = "A time such as 2026-01-31T12:00Z, or how long ago: 30m, 2h, 1d."
        return click.option(f"--{name}", name, type=Moment(), default="", help=told)
    kind = click.Choice(choice) if choice else click.STRING
    told = "Only those whose reason has these words in it." if name == "reason" else f"Only those with this {spoken}."
    return click.option(f"--{spoken}", name, type=kind, default=None, help=told)


class Moment(click.ParamType[str]):
    """A time with its zone, or a duration before now; arrives as ISO 8601 in UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value == "":
            return ""
        at = _moment(str(value))
        if at is None:
            self.fail(f"{value!r} is neither a time with its zone (2026-01-31T12:00Z) nor a duration (2h).", param, ctx)
        return at.isoformat()


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else None
    except ValueError:
        pass  # then it is a duration, or nothing
    try:
        return datetime.now(UTC) - parse_duration(text)
    except (ValueError, OverflowError):
        return None


def given(filters: dict[str, str | None]) -> dict[str, str]:
    """The filters that somebody asked for."""
    return {name: value for name, value in filters.items() if value}


def read_config(config_file: Path) -> Config:
    """Raises `ConfigError` with every fault of the file."""
    return load_config(config_file, os.environ)
