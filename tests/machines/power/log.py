"""What a process wrote, synced, cut and removed, and what it had promised by then: read from the log of strace.

A change counts when its call has come back, a promise when its telling begins: both as the worst order would have it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent.parent
CALLS = "openat,pwrite64,write,fdatasync,fsync,ftruncate,unlink,rename,fallocate"
FILE = re.compile(r"^\d+<([^>]*)>")
QUOTED = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True, slots=True)
class Op:
    """One thing done. `name` is the file's, empty for its folder."""

    what: str  # create | write | cut | sync | unlink | told
    name: str = ""
    at: int = 0  # where it was written, or to what length it was cut
    data: bytes = b""
    text: str = ""  # what was told


def recorded(folder: Path, arguments: Iterable[str]) -> list[Op]:
    """Run the store at work in `folder`, and tell all it did there."""
    place = folder / "recorded"
    place.mkdir()
    log = folder / "strace.log"
    watch = ["strace", "-f", "--seccomp-bpf", "-y", "-xx", "-s", "1000000", "-o", str(log), "-e", f"trace={CALLS}"]
    words = [sys.executable, "-B", "-m", "tests.machines.power.writer"]  # without bytecode: no file but its store's
    subprocess.run(
        [*watch, *words, str(place), *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=300
    )
    with log.open() as lines:
        return [*parse(lines, str(place))]


def parse(lines: Iterable[str], folder: str) -> Iterator[Op]:
    """Calls of several threads may be cut in two lines."""
    begun: dict[str, str] = {}
    for line in lines:
        thread, _, text = line.rstrip("\n").partition(" ")
        text = text.strip()
        if text.endswith("<unfinished ...>"):
            begun[thread] = text.removesuffix("<unfinished ...>")
            yield from _tellings(begun[thread])
            continue
        if resumed := re.match(r"<\.\.\. \w+ resumed>", text):
            text = begun.pop(thread) + text[resumed.end() :]
        else:
            yield from _tellings(text)
        yield from _changes(text, folder)


def _tellings(text: str) -> Iterator[Op]:
    if text.startswith("write(1<"):
        yield Op("told", text=_unescaped(QUOTED.findall(text)[0]).decode().strip())


def _changes(text: str, folder: str) -> Iterator[Op]:
    call, _, rest = text.partition("(")
    if re.search(r"\)\s*= -1 ", text) or not rest:
        return
    match call:
        case "openat" if "O_CREAT" in rest:
            yield from _of("create", _path(QUOTED.findall(rest)[0]), folder)
        case "unlink":
            yield from _of("unlink", _path(QUOTED.findall(rest)[0]), folder)
        case "fsync" | "fdatasync":
            yield from _of("sync", _file(rest), folder)
        case "ftruncate":
            yield from _of("cut", _file(rest), folder, at=int(re.findall(r", (\d+)\s*\)", rest)[-1]))
        case "pwrite64":
            length = int(rest.rpartition("= ")[2])
            data = _unescaped(QUOTED.findall(rest)[0])[:length]
            yield from _of("write", _file(rest), folder, int(re.findall(r", (\d+)\s*\)\s*=", rest)[-1]), data)
        case "rename" | "fallocate":
            raise AssertionError(f"the model of the disk does not know {text[:200]}")


def _of(what: str, path: str, folder: str, at: int = 0, data: bytes = b"") -> Iterator[Op]:
    """Only what matters after a cut: the shared memory and the lock are made anew."""
    name = path.removeprefix(folder).removeprefix("/")
    if path.startswith(folder) and not name.endswith(("-shm", ".lock")):
        yield Op(what, name, at, data)


def _file(rest: str) -> str:
    found = FILE.match(rest)
    return _path(found[1]) if found else ""


def _path(escaped: str) -> str:
    return _unescaped(escaped).decode(errors="replace")


def _unescaped(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
