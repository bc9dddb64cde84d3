"""Gathers what is wrong with a configuration while it is read on, so that all faults are told at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Faults(list[str]):
    """Sentences, each beginning with the path of the key that it is about."""

    def add(self, where: str, sentence: str) -> None:
        self.append(f"{where}: {sentence}" if where else sentence)

    def attempt(self, where: str, make: Callable[[], T]) -> T | None:
        """What `make` makes, or None where it raises ValueError, whose sentence is then a fault."""
        try:
            return make()
        except ValueError as fault:
            self.add(where, str(fault))
            return None


def never(*_: object) -> bool:
    """Stands in for a condition that could not be read."""
    return False


def under(where: str, key: object) -> str:
    return f"{where}.{key}" if where else str(key)
