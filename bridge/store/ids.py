"""Our own ids: ULIDs that only grow, even when the clock steps back or the process starts again."""

from __future__ import annotations

import re
import secrets
from base64 import b32encode
from datetime import UTC, datetime, timedelta

from ulid import ULID

RANDOM_BITS = 80
ULID_TEXT = re.compile("[0-7][0-9A-HJKMNP-TV-Z]{25}")
AS_NUMBER = str.maketrans("ABCDEFGHJKMNPQRSTVWXYZ", "abcdefghijklmnopqrstuv")  # as `int` reads base 32
START = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = 253_402_300_799_999  # milliseconds: the end of the year 9999
CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")


class Ids:
    """`last` is the greatest id given so far."""

    def __init__(self, last: str = "") -> None:
        self._last = int(ULID.from_str(last)) if last else 0

    @property
    def last(self) -> str:
        """The greatest id given so far; empty: none."""
        return encode(self._last) if self._last else ""

    def next(self, at: float) -> str:
        """`at`: seconds since 1970."""
        moment = int(at * 1000)
        if moment > self._last >> RANDOM_BITS:
            self._last = moment << RANDOM_BITS | secrets.randbits(RANDOM_BITS - 1)
        else:
            self._last += 1
        return encode(self._last)


def encode(number: int) -> str:
    """As `str(ULID)`, four times as fast: 160 bits are 32 characters, of which a ULID is the last 26."""
    return b32encode(number.to_bytes(20, "big"))[6:].translate(CROCKFORD).decode()


def least(at: datetime) -> str:
    """None of that time or later is below it."""
    return encode(max(0, int(at.timestamp() * 1000)) << RANDOM_BITS)


def received_at(delivery_id: str) -> datetime | None:
    """When a delivery was kept, which its id tells; None for an id that is no ULID.

    >>> received_at("01M7Z82Q7F000000000000639Z"), received_at("01M7Z82Q7U000000000000639Z")
    (datetime.datetime(2026, 11, 21, 14, 27, 33, 231000, tzinfo=datetime.timezone.utc), None)
    """
    if not ULID_TEXT.fullmatch(delivery_id):
        return None
    at = int(delivery_id[:10].translate(AS_NUMBER), 32)
    return START + timedelta(milliseconds=at) if at <= LATEST else None
