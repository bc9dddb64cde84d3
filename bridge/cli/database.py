"""`bridge db`: the database file itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from bridge import log
from bridge.app import Parts, assemble
from bridge.cli.ending import FAILED, end
from bridge.cli.moving import migrate
from bridge.cli.options import config_option, json_option, read_config
from bridge.cli.reading import screen_for
from bridge.cli.resyncing import Watch
from bridge.cli.showing import Screen
from bridge.config import Config
from bridge.errors import Busy
from bridge.flows import recover as flows
from bridge.redact import Redactor
from bridge.replica import LOST
from bridge.store.opening import open_readonly, open_store
from bridge.store.sql_store import ReadOnly

RECOVERED = (("live there", "seen"), ("adopted", "adopted"), ("only listed", "listed"), ("known already", "known"),
             ("to look at for doubles", "doubles"), ("requests", "calls"))  # fmt: skip
LINKS = (("AS", "as"), ("EPISODE", "episode"), ("TITLE", "title"), ("OBJECTS", "objects"))
STORED = "Stored. Start the bridge: its next resync brings in line what differs."


@click.group()
def db() -> None:
    """Upgrade, back up, verify, recover or move the bridge's database."""


db.add_command(migrate)


@db.command()
@config_option
def upgrade(config_file: Path) -> None:
    """Bring the tables to this version. `bridge serve` does it too when it starts."""
    config = read_config(config_file)
    store = open_store(config.store)
    store.close()
    screen_for(config).line(f"{config.place} is up to date ({store.name}).")


@db.command()
@click.argument("file", type=click.Path(path_type=Path))
@config_option
def backup(config_file: Path, file: Path) -> None:
    """Copy the database into a new FILE, also while the bridge runs, and read the copy back.

    Exit code 1: it was not written, or what was written is not sound.
    """
    config = read_config(config_file)
    readers = open_readonly(config.store)
    try:
        rows = readers.backup(file)
    finally:
        readers.close()
    held = ", ".join(f"{rows[name]} {name}" for name in ("deliveries", "links"))
    screen = screen_for(config)
    screen.line(f"{file} holds a copy of {config.place} ({file.stat().st_size} bytes).")
    screen.line(f"It was read back: sound, and every row is there ({held}).", "green")


@db.command()
@config_option
@json_option
def verify(config_file: Path, as_json: bool) -> None:
    """Check the file and what must hold in it, also while the bridge runs. Exit code 1: something is wrong."""
    config = read_config(config_file)
    wrong = _verified(open_readonly(config.store))
    screen = screen_for(config)
    if as_json:
        screen.json({"sound": not wrong, "items": list(wrong)})
    else:
        for sentence in wrong or (f"{config.place} is sound.",):
            screen.line(sentence, "red" if wrong else "green")
    if wrong:
        end(FAILED)


def _verified(readers: ReadOnly) -> tuple[str, ...]:
    try:
        return readers.verify()
    finally:
        readers.close()


@db.command()
@click.option("--plan", is_flag=True, help="Only show what would be adopted; write nothing.")
@click.option("--merge", is_flag=True, help="Also beside links that are known: adopt what is missing.")
@config_option
@json_option
def recover(config_file: Path, as_json: bool, plan: bool, merge: bool) -> None:
    """Learn from both systems what is live, by our marks: for a bridge that lost its database.

    While no bridge runs. Nothing is changed there and nobody is paged. Exit code 69: a side could not be read.
    """
    config = read_config(config_file)
    with Watch("reading both systems") as watch, _opened(config) as parts:
        found = flows.recover(parts, plan, merge, "command line", watch.told)
    screen = screen_for(config)
    if as_json:
        screen.json(asdict(found))
    else:
        _tell_recovered(screen, asdict(found))


@contextmanager
def _opened(config: Config) -> Iterator[Parts]:
    """Raises `Busy` while a bridge holds the file, or works on the server's database."""
    log.set_up(Redactor(config.secrets()), "error")
    parts = assemble(config)
    try:
        if names := parts.store.write(lambda tx: tx.at_work(LOST)) if parts.store.shared else ():
            raise Busy(f"{config.place} is in use by {', '.join(names)}: stop it first")
        yield parts
    finally:
        parts.transport.close()
        parts.store.close()


def _tell_recovered(screen: Screen, found: Mapping[str, Any]) -> None:
    screen.facts(found, RECOVERED)
    screen.line()
    if found["links"]:
        screen.table(LINKS, found["links"])
    screen.line("A plan: nothing was written." if found["plan"] else STORED, "yellow" if found["plan"] else "green")
