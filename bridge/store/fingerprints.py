"""What stands for all rows of a question: one short text that is another one as soon as any of them is.

Each engine has its own, the quickest that it knows: two of them say something only if the same engine gave both.
"""

from __future__ import annotations

import marshal
import sqlite3
from hashlib import blake2b
from typing import Any

PLAIN = 2  # the newest form of `marshal` in which equal values are always equal bytes

# The server reckons, and one number travels.
ON_THE_SERVER = """
SELECT count(*) || ' ' || COALESCE(sum(hashtextextended(rows::text, 0)), 0) AS fingerprint FROM ({question}) AS rows
"""


def of_answer(cursor: sqlite3.Cursor) -> str:
    """Of its rows in their order, as plain tuples: in a pause of the bridge this is most of the time."""
    cursor.row_factory = None
    return blake2b(marshal.dumps(cursor.fetchall(), PLAIN), digest_size=16).hexdigest()


def of_values(values: tuple[Any, ...]) -> int:
    """The same for one row, as a number to be added up: whatever engine has told it."""
    return int.from_bytes(blake2b(marshal.dumps(values, PLAIN), digest_size=16).digest(), "big")
