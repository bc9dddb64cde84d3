"""How a command ends: the exit code says who must act."""

from __future__ import annotations

from bridge.errors import BridgeError, Broken, Busy, ConfigError, Unavailable

FAILED, USAGE, REMOTE, BUSY, CONFIG = 1, 2, 69, 75, 78

_CODES: tuple[tuple[type[BridgeError], int], ...] = (
    (ConfigError, CONFIG),
    (Broken, CONFIG),
    (Busy, BUSY),
    (Unavailable, BUSY),
)


class Ending(Exception):
    """The command has said what it had to say and ends with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def ending_of(fault: BridgeError) -> int:
    return next((code for kind, code in _CODES if isinstance(fault, kind)), FAILED)
