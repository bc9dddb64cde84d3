"""Reads of the database, read-only and beside a running bridge: one page of a list, or one row by its id."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bridge.cli.options import read_config
from bridge.cli.showing import Column, Screen
from bridge.config import Config
from bridge.errors import BridgeError
from bridge.redact import Redactor
from bridge.store.contract import Reports
from bridge.store.opening import open_readonly

Row = dict[str, object]
Listed = Callable[[Reports, int], list[Row]]
Asked = Callable[[Reports], Row | None]
Told = Callable[[Screen, Row], None]


@contextmanager
def reports_of(config: Config) -> Iterator[Reports]:
    """Raises `Broken` for a file that is not there, not ours or damaged."""
    readers = open_readonly(config.store)
    try:
        with readers.reports() as reports:
            yield reports
    finally:
        readers.close()


def screen_for(config: Config) -> Screen:
    return Screen(Redactor(config.secrets()))


def as_it_is(row: Row) -> Row:
    return row


def show_list(
    config_file: Path,
    as_json: bool,
    limit: int,
    columns: Sequence[Column],
    ask: Listed,
    told: Callable[[Row], Row] = as_it_is,
) -> None:
    """`ask(reports, n)` gives at most n rows, newest first; `told` makes of each what people are shown."""
    config = read_config(config_file)
    with reports_of(config) as reports:
        rows = ask(reports, limit + 1)
    page = rows[:limit] if as_json else [*map(told, rows[:limit])]
    show_rows(config, as_json, columns, page, page[-1]["id"] if len(rows) > limit else None)


def show_rows(
    config: Config, as_json: bool, columns: Sequence[Column], rows: Sequence[Row], after: object = None
) -> None:
    """`after`: where older ones begin; None: there are none."""
    screen = screen_for(config)
    if as_json:
        screen.json({"items": [*rows], "next": after})
    elif not rows:
        screen.line("There is nothing here.")
    else:
        screen.table(columns, rows)
    if after and not as_json:
        screen.line(f"There are older ones: add --before {after}", "dim")


def show_one(config_file: Path, as_json: bool, what: str, id_: str, ask: Asked, tell: Told) -> None:
    """`tell(screen, row)` shows it to people."""
    config = read_config(config_file)
    with reports_of(config) as reports:
        found = _one_of(ask(reports), what, id_)
    screen = screen_for(config)
    if as_json:
        screen.json(found)
    else:
        tell(screen, found)


def _one_of(found: Row | None, what: str, id_: str) -> Row:
    if found is None:
        raise BridgeError(f"There is no {what} {id_!r} here: `bridge {_lists[what]} list` shows what there is.")
    return found


_lists = {"link": "links", "delivery": "deliveries", "call": "calls", "resync": "resyncs"}
