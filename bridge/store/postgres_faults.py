"""What PostgreSQL's errors mean to us: come again, or somebody must act. No message names the password.

Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from __future__ import annotations

import psycopg

from bridge.errors import BridgeError, Broken, Unavailable

READ_ONLY = "25006"
LOST = ("08", "57P", "25P03", "25P04")  # connection, shutdown, thrown out while idle in the transaction
OURS_TO_FIX = (*LOST, "40", "53", "55P03", "57014", "58", "XX", READ_ONLY)
REFUSED = {  # at the start, and what the operator does about it
    "28": "check user and password in `store`, and the server's pg_hba.conf",
    "3D": "make the database first: `createdb`",
    "42501": "let the user of `store` make tables in the database's schema",
    "22023": "check what `store` says after the question mark",
}


def is_lost(error: BaseException) -> bool:
    """The connection is of no use any more."""
    if not isinstance(error, psycopg.Error):
        return False
    code = error.sqlstate or ""
    return code == READ_ONLY or code.startswith(LOST) or (not code and isinstance(error, psycopg.OperationalError))


def in_words(error: BaseException) -> BaseException:
    """What ails server, disk or line is no fault of the work: come again. All else is as it was raised."""
    if is_lost(error) or (isinstance(error, psycopg.Error) and (error.sqlstate or "").startswith(OURS_TO_FIX)):
        words = Unavailable(f"the store cannot take a write now ({said(error)}): check the PostgreSQL server")
        words.__cause__ = error
        return words
    return error


def at_start(error: psycopg.Error, place: str) -> BridgeError:
    """Not reachable is for later; refused is for the operator."""
    code = error.sqlstate or _told_in_text(error)
    mend = next((mend for begin, mend in REFUSED.items() if code.startswith(begin)), None)
    if mend is None:
        return Unavailable(f"{place} cannot be reached ({said(error)}): check the PostgreSQL server")
    return Broken(f"{place} refuses us ({said(error)}): {mend}")


def said(error: BaseException) -> str:
    """Its first line: the others tell where in the text of our SQL."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _told_in_text(error: psycopg.Error) -> str:
    """A refused connection has no code: https://www.postgresql.org/docs/current/libpq-status.html."""
    text = str(error)
    if "authentication failed" in text or "pg_hba.conf" in text or "no password supplied" in text:
        return "28000"
    return "3D000" if 'database "' in text and "does not exist" in text else ""
