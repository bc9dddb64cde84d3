"""How a command ends: the exit code says who must act."""

from __future__ import annotations

from typing import NoReturn

import click

from bridge.errors import BridgeError, Broken, Busy, ConfigError, Unanswered, Unavailable, Unlistable

FAILED, USAGE, REMOTE, BUSY, CONFIG = 1, 2, 69, 75, 78

_CODES: tuple[tuple[type[BridgeError], int], ...] = (
    (ConfigError, CONFIG),
    (Broken, CONFIG),
    (Busy, BUSY),
    (Unavailable, BUSY),
    (Unlistable, REMOTE),
    (Unanswered, REMOTE),
)


class Unreachable(BridgeError):
    """A side, or the running bridge itself, did not answer: exit 69. Not `sent`: it surely had no effect."""

    def __init__(self, message: str, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


def ending_of(fault: BridgeError | OSError) -> int:
    if isinstance(fault, Unreachable):
        return REMOTE
    return next((code for kind, code in _CODES if isinstance(fault, kind)), FAILED)


def taken(where: str, fault: OSError) -> BridgeError:
    """An address that cannot be listened on."""
    return BridgeError(f"{where} cannot be opened ({fault.strerror}): is something else running there?")


def in_words(fault: BridgeError | OSError) -> str:
    if isinstance(fault, OSError) and fault.filename is not None:
        return f"{fault.filename}: {fault.strerror}"
    return str(fault)


def end(code: int) -> NoReturn:
    """The command has said what it had to say."""
    raise click.exceptions.Exit(code)
