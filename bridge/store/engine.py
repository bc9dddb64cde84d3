"""What `writer.py` drives: one transaction at a time on one connection, each unit of work in a savepoint of its own."""

from __future__ import annotations

from typing import Protocol

from bridge.errors import Unavailable
from bridge.store.session import Session


class Engine(Protocol):
    def begin(self) -> None:
        """Nobody else writes from here to the end. Raises `Unavailable` or what the engine raises."""

    def savepoint(self) -> Session: ...

    def release(self) -> None:
        """The unit is done. Raises what its last writes met."""

    def undo(self, error: BaseException) -> BaseException:
        """The unit is undone, its neighbours stay; its error in words. Raises when the whole transaction is gone."""

    def commit(self) -> None: ...

    def abandon(self, error: Exception) -> Unavailable:
        """After a failed batch: what its units are told. It is the error, or has it as its cause, where disk, lock or
        line were in the way."""

    def tidy(self, idle: bool) -> None:
        """Between two transactions."""

    def close(self) -> None: ...
