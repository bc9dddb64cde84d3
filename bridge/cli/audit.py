"""`bridge audit`: who did what, as a list, as a file to keep elsewhere, and whether all of it is as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click

from bridge.cli.ending import FAILED, end
from bridge.cli.options import config_option, filter_options, given, json_option, page_options, read_config
from bridge.cli.reading import screen_for, show_list
from bridge.cli.showing import Screen
from bridge.config import Config
from bridge.core.chain import FEWEST, Entry, Head, Walk, missed, noted, told, walk
from bridge.flows import audit as flows
from bridge.store import filters as stored
from bridge.store.opening import open_readonly
from bridge.store.sql_store import ReadOnly

COLUMNS = (("NUMBER", "id"), ("TIME (UTC)", "at"), ("WHO", "actor"), ("WHAT", "action"), ("ON WHAT", "subject"),
           ("DETAIL", "detail"))  # fmt: skip


@click.group()
def audit() -> None:
    """Who did what: list it, export it, and verify that nobody has changed it."""


@audit.command("list")
@filter_options(stored.AUDIT)
@page_options
@config_option
@json_option
def list_(config_file: Path, as_json: bool, limit: int, before: str, **filters: Any) -> None:
    """The entries, newest first."""
    show_list(config_file, as_json, limit, COLUMNS, lambda reports, n: reports.audit(n, before, given(filters)))


@audit.command()
@filter_options(stored.AUDIT)
@click.option("--after", type=click.IntRange(0), default=0, metavar="SEQ", help="Only what is behind this number.")
@config_option
def export(config_file: Path, after: int, **filters: Any) -> None:
    """Print the entries, oldest first, one JSON object a line. Their head is told besides.

    Keep the file elsewhere. Without filters `bridge audit verify --file` can check it.
    """
    head = Head()
    with _readers(read_config(config_file)) as readers:
        for page in flows.pages(readers, given(filters), after):
            click.echo(flows.lines(page), nl=False)
            head = Head(page[-1].seq, page[-1].chain)
    click.echo(str(head) if head.chain else "There is nothing to export that has a seal.", err=True)


class Noted(click.ParamType[Head]):
    """A head of the chain."""

    name = "head"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Head:
        head = value if isinstance(value, Head) else noted(str(value))
        if head is None:
            self.fail(f"{value!r} is no number, colon and {FEWEST} digits or more of a chain.", param, ctx)
        return head


@audit.command()
@click.option("--file", type=click.File("rb"), default=None, help="An exported file instead of the database.")
@click.option("--head", type=Noted(), default=None, metavar="SEQ:CHAIN", help="Noted earlier: it must be found.")
@config_option
@json_option
def verify(config_file: Path, as_json: bool, file: BinaryIO | None, head: Head | None) -> None:
    """Check every entry against the chain, also while the bridge runs, and print its head.

    Note the head elsewhere: given as --head later, it shows that nothing up to it was written anew, and that the newest
    entries were not cut off. A file may begin anywhere. Exit code 1: something does not fit.
    """
    if file is not None:
        _tell(Screen(), as_json, walk(_entries_in(file), None, head), head)
        return
    config = read_config(config_file)
    with _readers(config) as readers:
        found = walk((entry for page in flows.pages(readers) for entry in page), Head(), head)
    _tell(screen_for(config), as_json, found, head)


@contextmanager
def _readers(config: Config) -> Iterator[ReadOnly]:
    readers = open_readonly(config.store)
    try:
        yield readers
    finally:
        readers.close()


def _entries_in(file: BinaryIO) -> Iterator[Entry]:
    return (flows.read(line, number) for number, line in enumerate(file, 1))


def _tell(screen: Screen, as_json: bool, found: Walk, noted: Head | None) -> None:
    wrong = told(found)
    if noted is not None and not found.met:
        wrong = (*wrong, f"{noted}: {missed(found, noted)}")
    if as_json:
        screen.json({"sound": not wrong, **_facts(found), "items": list(wrong)})
    else:
        _tell_people(screen, found, noted, wrong)
    if wrong:
        end(FAILED)


def _facts(found: Walk) -> dict[str, object]:
    head = {"seq": found.head.seq, "chain": found.head.chain} if found.head.chain else None
    return {"first": found.first, "last": found.head.seq, "sealed": found.sealed, "head": head}


def _tell_people(screen: Screen, found: Walk, noted: Head | None, wrong: tuple[str, ...]) -> None:
    for sentence in wrong:
        screen.line(sentence, "red")
    if not found.first:
        screen.line("There is no entry.")
        return
    if found.sealed < found.head.seq:
        screen.line(f"Behind entry {found.sealed} none has a seal yet: an older bridge wrote them.", "yellow")
    if not wrong:
        stands = f", and go on from {noted.seq} as it was noted" if noted is not None else ""
        screen.line(f"Entries {found.first} to {found.head.seq} are as they were written{stands}.", "green")
    if found.head.chain:
        screen.line(str(found.head))
