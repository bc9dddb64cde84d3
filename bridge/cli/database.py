"""`bridge db`: the database file itself."""

from __future__ import annotations

from pathlib import Path

import click

from bridge.cli.ending import FAILED, end
from bridge.cli.options import config_option, json_option, read_config
from bridge.cli.reading import screen_for
from bridge.store.readers import Readers
from bridge.store.sqlite import open_readonly, open_sqlite


@click.group()
def db() -> None:
    """Upgrade, back up or verify the bridge's database."""


@db.command()
@config_option
def upgrade(config_file: Path) -> None:
    """Bring the tables to this version. `bridge serve` does it too when it starts."""
    config = read_config(config_file)
    store = open_sqlite(config.database)
    store.close()
    screen_for(config).line(f"{config.database} is up to date ({store.name}).")


@db.command()
@click.argument("file", type=click.Path(path_type=Path))
@config_option
def backup(config_file: Path, file: Path) -> None:
    """Copy the database into a new FILE, also while the bridge runs."""
    config = read_config(config_file)
    readers = open_readonly(config.database)
    try:
        readers.backup(file)
    finally:
        readers.close()
    screen_for(config).line(f"{file} holds a copy of {config.database} ({file.stat().st_size} bytes).")


@db.command()
@config_option
@json_option
def verify(config_file: Path, as_json: bool) -> None:
    """Check the file and what must hold in it, also while the bridge runs. Exit code 1: something is wrong."""
    config = read_config(config_file)
    wrong = _verified(open_readonly(config.database))
    screen = screen_for(config)
    if as_json:
        screen.json({"sound": not wrong, "items": list(wrong)})
    else:
        for sentence in wrong or (f"{config.database} is sound.",):
            screen.line(sentence, "red" if wrong else "green")
    if wrong:
        end(FAILED)


def _verified(readers: Readers) -> tuple[str, ...]:
    try:
        return readers.verify()
    finally:
        readers.close()
