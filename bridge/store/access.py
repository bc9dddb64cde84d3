"""Sessions, API tokens and failed logins. What a browser or a script carries is never here, only its digest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bridge.core.access import ApiToken, Session
from bridge.store.codec import moment, moment_or_none, seconds
from bridge.store.session import Reader
from bridge.store.session import Session as Work

SESSION = "SELECT digest, username, made_with, began_at, seen_at FROM sessions WHERE digest = :digest"

BEGIN_SESSION = """
INSERT INTO sessions (digest, username, made_with, began_at, seen_at)
VALUES (:digest, :username, :made_with, :began_at, :seen_at)
"""

SEE_SESSION = "UPDATE sessions SET seen_at = :at WHERE digest = :digest"

END_SESSION = "DELETE FROM sessions WHERE digest = :digest"

TOKENS = "SELECT id, name, digest, scopes, made_by, made_at, expires_at, used_at, revoked_at FROM tokens"

ADD = """
INSERT INTO tokens (id, name, digest, scopes, made_by, made_at, expires_at)
VALUES (:id, :name, :digest, :scopes, :made_by, :now, :expires_at)
"""

USE = "UPDATE tokens SET used_at = :now WHERE id = :id"

REVOKE = "UPDATE tokens SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL"

FAILURES = "SELECT at, account = :account AS same_account, address = :address AS same_address FROM failures"

COUNT_FAILURES = "SELECT count(*) AS count FROM (SELECT 1 FROM failures LIMIT :most) AS counted"

ADD_FAILURE = "INSERT INTO failures (id, account, address, at) VALUES (:id, :account, :address, :now)"

FORGET_FAILURES = "DELETE FROM failures WHERE account = :account"

# Also what was written while the clock was ahead: it would keep a door closed until the clock is there again.
PRUNE_FAILURES = "DELETE FROM failures WHERE at < :before OR at > :now"

PRUNE_SESSIONS = "DELETE FROM sessions WHERE seen_at < :before"

PRUNE_TOKENS = "DELETE FROM tokens WHERE revoked_at < :before OR expires_at < :before"


def session(reader: Reader, digest: str) -> Session | None:
    row = reader.one(SESSION, digest=digest)
    if row is None:
        return None
    began, seen = moment(row["began_at"]), moment(row["seen_at"])
    return Session(row["digest"], row["username"], row["made_with"], began, seen)


def begin_session(work: Work, session: Session) -> None:
    work.run(
        BEGIN_SESSION,
        digest=session.digest,
        username=session.username,
        made_with=session.made_with,
        began_at=seconds(session.began_at),
        seen_at=seconds(session.seen_at),
    )


def see_session(work: Work, digest: str, at: datetime) -> None:
    work.run(SEE_SESSION, digest=digest, at=seconds(at))


def end_session(work: Work, digest: str) -> bool:
    return work.run(END_SESSION, digest=digest) == 1


def tokens(reader: Reader) -> tuple[ApiToken, ...]:
    """Newest first."""
    return tuple(_token(row) for row in reader.all(f"{TOKENS} ORDER BY made_at DESC, id"))


def add_token(work: Work, token: ApiToken) -> None:
    work.run(
        ADD,
        id=token.id,
        name=token.name,
        digest=token.digest,
        scopes=" ".join(token.scopes),
        made_by=token.made_by,
        now=work.at,
        expires_at=seconds(token.expires_at) if token.expires_at else None,
    )


def use_token(work: Work, token_id: str) -> None:
    work.run(USE, id=token_id, now=work.at)


def revoke_token(work: Work, token_id: str) -> bool:
    return work.run(REVOKE, id=token_id, now=work.at) == 1


def failures(work: Work, account: str, address: str, since: datetime) -> tuple[list[datetime], list[datetime]]:
    """When this account and this address failed since then; what is older is forgotten."""
    work.run(PRUNE_FAILURES, before=seconds(since), now=work.at)
    rows = work.all(f"{FAILURES} WHERE account = :account OR address = :address", account=account, address=address)
    by_account = [moment(row["at"]) for row in rows if row["same_account"]]
    return by_account, [moment(row["at"]) for row in rows if row["same_address"]]


def add_failure(work: Work, account: str, address: str, most: int) -> int:
    """How many there are now of anybody's, counted up to `most`."""
    work.run(ADD_FAILURE, id=work.new_id(), account=account, address=address, now=work.at)
    found = work.one(COUNT_FAILURES, most=most)
    return int(found["count"]) if found else 0


def forget_failures(work: Work, account: str) -> None:
    work.run(FORGET_FAILURES, account=account)


def prune(work: Work, sessions: datetime, failures: datetime, tokens: datetime) -> int:
    """Remove what ended before these times. Returns how many rows went."""
    gone = work.run(PRUNE_SESSIONS, before=seconds(sessions))
    gone += work.run(PRUNE_FAILURES, before=seconds(failures), now=work.at)
    return gone + work.run(PRUNE_TOKENS, before=seconds(tokens))


def _token(row: Any) -> ApiToken:
    return ApiToken(
        id=row["id"],
        name=row["name"],
        digest=row["digest"],
        scopes=tuple(row["scopes"].split()),
        made_by=row["made_by"],
        made_at=moment(row["made_at"]),
        expires_at=moment_or_none(row["expires_at"]),
        used_at=moment_or_none(row["used_at"]),
        revoked_at=moment_or_none(row["revoked_at"]),
    )
