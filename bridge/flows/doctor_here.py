"""What `doctor` looks at on this machine: the store, its engine, the modes of files, the disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from bridge.config import Config
from bridge.errors import Broken, Busy, ConfigError, Unavailable
from bridge.flows.checks import Area, Check, fail, ok, warn
from bridge.flows.doctor_server import judged
from bridge.store.opening import ask_server, open_readonly
from bridge.store.place import shown
from bridge.store.sqlite import NAME, wal_reset_warning
from bridge.store.sqlite import open_readonly as open_file_readonly
from bridge.store.sqlite_file import FileLock

MIB = 1024 * 1024
TOO_LITTLE, LITTLE = 64 * MIB, 1024 * MIB  # free bytes: under the first, `/readyz` says unready
OTHERS = 0o077
SHORTEST = 6  # characters: a shorter value in a file is no secret


def examine(config: Config, path: Path) -> Iterator[Check]:
    if config.database is None:
        yield from _server(config.store)
        yield from _modes(_with_secrets(config, path))
    else:
        yield from _store(config.database)
        yield _engine()
        yield from _modes((config.database, *_with_secrets(config, path)))
        yield from _disk(config.database.parent)


# -- the store ---------------------------------------------------------------------------------------------------------


def _store(database: Path) -> Iterator[Check]:
    if not database.parent.is_dir():
        yield fail("store", f"there is no folder {database.parent}", "make it, or change `store`", Area.CONFIG)
    elif not os.access(database.parent, os.W_OK):
        yield fail("store", f"{database.parent} cannot be written", "give the bridge's user that right")
    elif not database.exists():
        yield ok("store", f"{database} is not there yet: the first start makes it")
    else:
        yield _holder(database)
        yield from _content(database)


def _holder(database: Path) -> Check:
    try:
        FileLock(database).release()
    except Busy as busy:
        return ok("store", f"a bridge is running: {str(busy).partition(':')[0]}")
    except OSError as fault:
        return fail("store", f"{database}.lock: {fault.strerror}", "let the bridge's user own the folder and its files")
    return ok("store", f"{database} is free: no bridge is running")


def _content(database: Path) -> Iterator[Check]:
    try:
        with closing(open_file_readonly(database)) as readers, readers.reports() as reports:
            figures = reports.figures()
    except Broken as fault:
        yield fail("store", str(fault), "nothing in it was changed", Area.CONFIG)
        return
    yield from _figures(figures)


def _server(url: str) -> Iterator[Check]:
    try:
        server = ask_server(url)
    except (Broken, ConfigError) as fault:
        yield fail("store", str(fault), "nothing in it was changed", Area.CONFIG)
    except Unavailable as fault:
        yield fail("store", str(fault), "start it, or look at what stands between", Area.REMOTE)
    else:
        yield from judged(server, shown(url))
        if server.tables:
            yield from _content_there(url)


def _content_there(url: str) -> Iterator[Check]:
    try:
        with closing(open_readonly(url)) as readers, readers.reports() as reports:
            yield from _figures(reports.figures())
    except Broken as fault:
        yield fail("store", str(fault), "nothing in it was changed", Area.CONFIG)
    except Unavailable as fault:
        yield fail("store", str(fault), "start it, or look at what stands between", Area.REMOTE)


def _figures(figures: Mapping[str, Any]) -> Iterator[Check]:
    if dead := figures["dead"]:
        yield warn("calls", f"{dead} gave up", "look with `bridge calls list --state dead`, then retry or discard them")
    if quarantined := figures["quarantined"]:
        mend = "look with `bridge deliveries list --verdict quarantined`; `bridge replay` judges them again"
        yield warn("deliveries", f"{quarantined} could not be understood", mend)
    for circuit in figures["circuits"]:
        if circuit["open"]:
            mend = "check its API key with `bridge doctor --online`"
            yield warn("calls", f"those to {circuit['target']} are held: {circuit['reason']}", mend)


def _engine() -> Check:
    version = NAME.removeprefix("SQLite ")
    found = wal_reset_warning(version)
    if found is None:
        return ok("SQLite", version)
    return warn("SQLite", found, "install a newer SQLite when you can")


# -- files and disk ----------------------------------------------------------------------------------------------------


def _modes(files: Iterable[Path]) -> Iterator[Check]:
    open_to_others = [file for file in files if _is_open(file)]
    for file in open_to_others:
        yield warn("files", f"{file} can be read by others (mode {_mode(file):04o})", f"chmod 600 {file}")
    if not open_to_others:
        yield ok("files", "nobody else can read the store or a secret in the configuration")


def _with_secrets(config: Config, path: Path) -> tuple[Path, ...]:
    """The configuration, if secrets stand in it in clear."""
    content = path.read_text(encoding="utf-8", errors="replace")
    return (path,) if any(len(s) >= SHORTEST and s in content for s in config.secrets()) else ()


def _is_open(file: Path) -> bool:
    return file.exists() and bool(_mode(file) & OTHERS)


def _mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


def _disk(folder: Path) -> Iterator[Check]:
    if not folder.is_dir():
        return
    free = shutil.disk_usage(folder).free
    said = f"{free // MIB} MiB are free in {folder}"
    if free < TOO_LITTLE:
        yield fail("disk", said, "make room: below 64 MiB the bridge takes no webhooks")
    elif free < LITTLE:
        yield warn("disk", said, "make room before it is full")
    else:
        yield ok("disk", said)
