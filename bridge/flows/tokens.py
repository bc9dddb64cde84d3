"""API tokens that the bridge makes: shown once, kept as a digest, ended by time or by hand. Each is in the audit."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from bridge.app import Parts
from bridge.core.access import PREFIX, SCOPES, ApiToken, digest_of, written
from bridge.core.durations import say_duration
from bridge.errors import Unreadable
from bridge.flows.surgery import Unfit
from bridge.flows.targets import Unfound
from bridge.log import get_log
from bridge.store.contract import Transaction

LONGEST_NAME = 60  # characters
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=3650)
MOST_LIVE = 200  # more than people can look after

Answer = dict[str, object]
log = get_log(__name__)


def make(
    parts: Parts, name: str, scopes: Collection[str], length: timedelta | None, actor: str
) -> tuple[ApiToken, str]:
    """The token and its text, which is nowhere else. `length` None: until it is revoked.

    Raises `Unreadable` for what cannot be one, `Unfit` for a name that a live one has."""
    name = name.strip()
    _must_be_right(name, scopes, length)
    token_id, secret = secrets.token_hex(6), secrets.token_hex(32)
    ordered = tuple(scope for scope in SCOPES if scope in scopes)

    def work(tx: Transaction) -> ApiToken:
        _must_have_room(tx, name)
        until = tx.now + length if length is not None else None
        token = ApiToken(token_id, name, digest_of(secret), ordered, actor, tx.now, until)
        tx.add_token(token)
        tx.audit(actor, "token_made", f"{PREFIX}_{token_id}", _told(token))
        return token

    token = parts.store.write(work)
    log.info("token.made", token_id=token_id, by=actor)
    return token, written(token_id, secret)


def revoke(parts: Parts, id_: str, actor: str) -> bool:
    """Whether it was live until now. Raises `Unfound`."""
    token_id = id_.removeprefix(f"{PREFIX}_")

    def work(tx: Transaction) -> bool:
        found = next((token for token in tx.tokens() if token.id == token_id), None)
        if found is None:
            raise Unfound("There is no such token here; one of the configuration file ends there.")
        if not tx.revoke_token(token_id):
            return False
        tx.audit(actor, "token_revoked", f"{PREFIX}_{token_id}", found.name)
        return True

    if done := parts.store.write(work):
        log.info("token.revoked", token_id=token_id, by=actor)
    return done


def shown(token: ApiToken, now: datetime) -> Answer:
    """As people and scripts see it: never its secret, nor a digest of it."""
    return {
        "id": f"{PREFIX}_{token.id}",
        "name": token.name,
        "scopes": list(token.scopes),
        "state": token.state(now),
        "made_by": token.made_by,
        "made_at": token.made_at.isoformat(),
        "expires_at": _iso(token.expires_at),
        "used_at": _iso(token.used_at),
        "revoked_at": _iso(token.revoked_at),
    }


def _must_be_right(name: str, scopes: Collection[str], length: timedelta | None) -> None:
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise Unreadable(f"name: is a text of 1 to {LONGEST_NAME} printable characters")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise Unreadable(f"scopes: are one or more of {', '.join(SCOPES)}")
    if length is not None and not SHORTEST <= length <= LONGEST:
        raise Unreadable(f"expires: is from {say_duration(SHORTEST)} to {say_duration(LONGEST)}, or nothing")


def _must_have_room(tx: Transaction, name: str) -> None:
    live = [token for token in tx.tokens() if token.state(tx.now) == "live"]
    if any(token.name == name for token in live):
        raise Unfit(f"There is a live token of the name {name!r}: revoke it first, or take another name.")
    if len(live) >= MOST_LIVE:
        raise Unfit(f"There are {MOST_LIVE} live tokens: revoke those that nobody uses first.")


def _told(token: ApiToken) -> str:
    until = f"until {token.expires_at.isoformat(timespec='seconds')}" if token.expires_at else "until it is revoked"
    return f"{token.name}: {', '.join(token.scopes)}, {until}"


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def configured(parts: Parts) -> list[Mapping[str, object]]:
    """Those of the configuration file, which are changed there."""
    return [{"name": one.name, "scopes": [s for s in SCOPES if s in one.scopes]} for one in parts.config.api.tokens]
