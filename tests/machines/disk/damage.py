"""Harm the bridge's file in a way that disks and people do, and start on it: a sound start, or one clear refusal.

Rule: what cannot be used is never deleted and never written to, and nothing ends in a traceback.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from bridge.app import Parts, assemble
from bridge.config import load_config
from bridge.errors import BridgeError, Broken
from bridge.model import Hook
from bridge.store import sqlite_file
from tests.store.examples import claim_deliveries, claim_one, keep, made, paged, settle
from tests.web.doors import CONFIG

FILES = ("bridge.db", "bridge.db-wal")
ROWS = 120


@dataclass(frozen=True, slots=True)
class Sample:
    """A bridge's folder before the harm: closed in order, or as a crash leaves it, and the WAL of another one."""

    closed: Path
    crashed: Path
    other: Path


def make_sample(folder: Path) -> Sample:
    sample = Sample(folder / "closed", folder / "crashed", folder / "other")
    for place in (sample.closed, sample.other):
        place.mkdir(parents=True)
        (place / "config.yaml").write_text(CONFIG)
        parts = assemble(load_config(place / "config.yaml", {}))
        _fill(parts, f"{place.name}")
        if place == sample.closed:
            _copy(place, sample.crashed)
        else:
            shutil.copy(place / FILES[1], place / "wal")
        parts.transport.close()
        parts.store.close()
    return sample


def _fill(parts: Parts, word: str) -> None:
    store = parts.store
    for number in range(1, ROWS + 1):
        keep(store, f"{word} {number}", hook=Hook(b'{"text": "' + word.encode() * (number % 50 * 10) + b'"}'))
        if number % 3 == 0:
            paged(store, number)
            settle(store, claim_one(store), ref=made(number))
    claim_deliveries(store, 40)
    paged(store, 1)


def _copy(source: Path, to: Path) -> None:
    to.mkdir(exist_ok=True)
    for name in (*FILES, "config.yaml"):
        if (source / name).exists():
            shutil.copy(source / name, to / name)


# -- harm --------------------------------------------------------------------------------------------------------------


def flipped(folder: Path, _sample: Sample, chance: random.Random) -> None:
    """Some bits, in the file or its WAL, the first pages more often than others."""
    path = chance.choice([path for name in FILES if (path := folder / name).exists()])
    content = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        most = chance.choice((100, 4096, len(content), len(content)))
        content[chance.randrange(min(most, len(content)))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def overwritten(folder: Path, _sample: Sample, chance: random.Random) -> None:
    """A run of bytes that belongs to another file."""
    path = folder / FILES[0]
    content = bytearray(path.read_bytes())
    begin, length = chance.randrange(len(content)), chance.choice((16, 512, 4096, 20_000))
    content[begin : begin + length] = chance.randbytes(min(length, len(content) - begin))
    path.write_bytes(content)


def cut_short(folder: Path, _sample: Sample, chance: random.Random) -> None:
    path = chance.choice([path for name in FILES if (path := folder / name).exists()])
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(chance.choice((0, 1, 99, 100, 512, 4096, chance.randrange(size), size // 4096 // 2 * 4096)))


def without_wal(folder: Path, _sample: Sample, _chance: random.Random) -> None:
    """Its WAL was left behind when the file was copied."""
    (folder / FILES[1]).unlink(missing_ok=True)


def strange_wal(folder: Path, sample: Sample, _chance: random.Random) -> None:
    """The WAL of another bridge's file beside it."""
    shutil.copy(sample.other / "wal", folder / FILES[1])


def old_wal(folder: Path, sample: Sample, _chance: random.Random) -> None:
    """An older WAL beside the newer file."""
    shutil.copy(sample.closed / FILES[0], folder / FILES[0])
    shutil.copy(sample.crashed / FILES[1], folder / FILES[1])


def stamped(folder: Path, _sample: Sample, chance: random.Random) -> None:
    _with_sql(folder, f"PRAGMA application_id = {chance.choice((0, 1, 7, -1, 0x7FFFFFFF))}")


def from_later(folder: Path, _sample: Sample, _chance: random.Random) -> None:
    _with_sql(folder, "INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('bridge', 'from_2031')")


def without_a_table(folder: Path, _sample: Sample, chance: random.Random) -> None:
    _with_sql(folder, f"DROP TABLE {chance.choice(('traces', 'facts', 'outbox', 'audit', '_sqlite_migrations'))}")


def _with_sql(folder: Path, sql: str) -> None:
    """Its WAL stays, as after a crash."""
    with closing(sqlite3.connect(folder / FILES[0])) as db:
        db.execute(sql)
        db.commit()
        _copy(folder, folder / "meanwhile")
    for name in FILES:
        (folder / name).unlink(missing_ok=True)
    _copy(folder / "meanwhile", folder)


HARMS: tuple[Callable[[Path, Sample, random.Random], None], ...] = (
    *(flipped, flipped, flipped, overwritten, overwritten, cut_short, cut_short),
    *(without_wal, strange_wal, old_wal, stamped, from_later, without_a_table),
)


# -- what comes of it --------------------------------------------------------------------------------------------------


def harmed(folder: Path, sample: Sample, number: int, chance: random.Random) -> str:
    """A folder with a harmed file; returns the name of the harm."""
    shutil.rmtree(folder, ignore_errors=True)
    _copy(chance.choice((sample.closed, sample.crashed)), folder)
    harm = HARMS[number % len(HARMS)]
    harm(folder, sample, chance)
    return harm.__name__


def start(folder: Path, large: bool) -> tuple[str, str]:
    """What came of it in a word, and what is wrong; empty: nothing. `large`: as a file that is too large to check."""
    config = load_config(folder / "config.yaml", {})
    before = {name: (folder / name).read_bytes() for name in FILES if (folder / name).exists()}
    small, sqlite_file.SMALL = sqlite_file.SMALL, -1 if large else sqlite_file.SMALL
    try:
        parts = assemble(config)
    except Broken as refusal:
        late = large or "image is malformed" in str(refusal)  # what no look at the start finds, the first write meets
        return "refused", _refused_well(folder, {} if late else before, str(refusal))
    except Exception as crash:  # noqa: BLE001 - whatever it is, it is what we look for
        return "crashed", f"P8 a start ended in {type(crash).__name__}: {crash}"
    finally:
        sqlite_file.SMALL = small
    return _works(parts, large)


def _refused_well(folder: Path, before: dict[str, bytes], said: str) -> str:
    """The file may have been written to before the damage was met: `before` is empty then."""
    if "\n" in said or len(said) < 20:
        return f"P8 a refusal in odd words: {said}"
    if not (folder / FILES[0]).exists():
        return f"P8 a refused start removed the file ({said})"
    folded = (
        FILES[1] in before or not before
    )  # whoever closes a file last folds its WAL into it, and loses nothing by that
    same = folded or (folder / FILES[0]).read_bytes() == before[FILES[0]]
    return "" if same else f"P8 a refused start wrote to the file ({said})"


def _works(parts: Parts, large: bool) -> tuple[str, str]:
    """A sound start takes webhooks. Damage that shows later is refused in words, never a crash."""
    try:
        keep(parts.store, "after the harm", hook=Hook(b"{}"))
        wrong = () if large else parts.store.verify()
    except BridgeError:
        return "started, then refused", ""
    except Exception as crash:  # noqa: BLE001 - whatever it is, it is what we look for
        return "crashed", f"P8 a webhook after the start ended in {type(crash).__name__}: {crash}"
    finally:
        parts.transport.close()
        with suppress(BridgeError):
            parts.store.close()
    damaged = [one for one in wrong if one.startswith("file:")]
    return ("started, hidden damage" if damaged else "started"), ""
