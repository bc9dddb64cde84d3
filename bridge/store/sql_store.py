"""What the Store of `contract.py` is over any engine: one writer, and those who read beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeVar

from bridge.store.contract import Reports, Transaction
from bridge.store.writer import Writer

T = TypeVar("T")


class ReadOnly(Protocol):
    """What the command line reads beside a running bridge."""

    name: str

    def reports(self) -> AbstractContextManager[Reports]: ...

    def backup(self, path: Path) -> Mapping[str, int]: ...

    def verify(self) -> tuple[str, ...]: ...

    def close(self) -> None: ...


class SqlStore:
    def __init__(self, writer: Writer, readers: ReadOnly) -> None:
        self._writer, self._readers = writer, readers

    def write(self, work: Callable[[Transaction], T]) -> T:
        return self.submit(work).result()

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        return self._writer.submit(work)

    def reports(self) -> AbstractContextManager[Reports]:
        return self._readers.reports()

    def on_commit(self, wake: Callable[[str], None]) -> None:
        self._writer.on_commit(wake)

    def backup(self, path: Path) -> Mapping[str, int]:
        return self._readers.backup(path)

    def verify(self) -> tuple[str, ...]:
        return self._readers.verify()

    def close(self) -> None:
        self._readers.close()
        self._writer.close()
