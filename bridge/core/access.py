"""Who may look and change: sessions, tokens and failed logins as facts, and what follows from them. Time comes in.

Rule: what a browser or a script carries is never kept, only its SHA-256.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)  # what a session may be
CLOCKS_DIFFER = timedelta(minutes=5)  # of machines; what is farther ahead was written before a clock was put back
WINDOW = timedelta(minutes=15)  # in which failed logins count
MOST_BY_ACCOUNT, MOST_BY_ADDRESS = 5, 20
USED_EVERY = timedelta(minutes=1)  # how exactly the last use is known
SCOPES = ("read", "operate", "admin")  # each includes those before it
PREFIX = "rpb"


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that is in. `made_with`: a digest of the credentials, or of the proxy's word, that it came in by."""

    digest: str
    username: str
    made_with: str
    began_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class ApiToken:
    """One that the bridge has made; `digest` is that of its secret part."""

    id: str
    name: str
    digest: str
    scopes: tuple[str, ...]
    made_by: str
    made_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def actor(self) -> str:
        """As the audit names it: no other token is called so, whatever people call theirs."""
        return f"{self.name} ({PREFIX}_{self.id})"

    def state(self, now: datetime) -> str:
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "live"


def digest_of(*parts: str) -> str:
    """NUL is in none of the parts, so different parts never make one text."""
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def ended(session: Session, made_with: str, now: datetime) -> str:
    """Why the session has ended; empty: it has not."""
    if session.made_with != made_with:
        return "other credentials"
    if now - session.seen_at >= IDLE:
        return "idle"
    if now - session.began_at >= ABSOLUTE or session.seen_at - now > CLOCKS_DIFFER:
        return "too old"
    return ""


def must_wait(by_account: Sequence[datetime], by_address: Sequence[datetime], now: datetime) -> timedelta | None:
    """How long nobody may try, by the failures of the last 15 minutes. None: one may."""
    limits = ((by_account, MOST_BY_ACCOUNT), (by_address, MOST_BY_ADDRESS))
    waits = [sorted(failures)[-most] + WINDOW - now for failures, most in limits if len(failures) >= most]
    return max(waits, default=None)


def may(scopes: Iterable[str], scope: str) -> bool:
    return not set(SCOPES[SCOPES.index(scope) :]).isdisjoint(scopes)


def written(token_id: str, secret: str) -> str:
    return f"{PREFIX}_{token_id}_{secret}"


def split(text: str) -> tuple[str, str] | None:
    """Id and secret of a token that we may have made; None: it is none of ours.

    >>> split("rpb_4f2a_s3cret"), split("something else")
    (('4f2a', 's3cret'), None)
    """
    prefix, _, rest = text.partition("_")
    token_id, _, secret = rest.partition("_")
    return (token_id, secret) if prefix == PREFIX and token_id and secret else None
