"""Logging in to the console, and the sessions that come of it: gather, decide, apply.

Rule: a try is counted before the password is looked at, so that many at once are no more tries than one after another.
Texts that people type are never kept: in the place of a name they may have typed their password.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest

from bridge.app import Parts
from bridge.config_sections import Console
from bridge.core.access import (
    MOST_BY_ACCOUNT,
    MOST_BY_ADDRESS,
    USED_EVERY,
    WINDOW,
    Session,
    digest_of,
    ended,
    must_wait,
)
from bridge.core.passwords import LONGEST
from bridge.errors import BridgeError, Unavailable
from bridge.hashing import is_password
from bridge.log import get_log
from bridge.store.contract import Transaction

UNKNOWN = "unknown user"
MOST_TOLD = 100  # failures of 15 minutes that the audit names one by one; the rest is in the log

log = get_log(__name__)


class Locked(BridgeError):
    """Who logs in must wait: too many tries failed. Whether this one was right is not looked at."""

    def __init__(self, after: timedelta) -> None:
        super().__init__("Too many logins failed.")
        self.after = after


class Mistaken(BridgeError):
    """Who logs in must try again: name or password is wrong, and nobody is told which."""


@dataclass(frozen=True, slots=True)
class Try:
    """One login, as it stood before the password was looked at."""

    user: str
    address: str
    account: str
    wait: timedelta | None
    locks: bool = False  # if it fails, it was the last for now
    earlier: int = 0  # failures of anybody


def log_in(parts: Parts, name: str, password: str, address: str) -> str:
    """The id of a new session, for the cookie only. Raises `Locked`, `Mistaken` or `Unavailable`."""
    console = parts.config.console
    user = name if name == console.username else UNKNOWN
    this = parts.store.write(lambda tx: _begun(tx, user, digest_of("account", name), address))
    if this.wait is not None:
        log.warning("auth.login", result="locked", user=user, ip=address)
        raise Locked(this.wait)
    if not _is_right(console, name, password):
        parts.store.write(lambda tx: _failed(tx, this))
        log.warning("auth.login", result="fail", user=user, ip=address)
        raise Mistaken("The user name or the password is wrong.")
    session_id = secrets.token_urlsafe(32)
    parts.store.write(lambda tx: _entered(tx, this, _session(parts, session_id, name)))
    log.info("auth.login", result="ok", user=user, ip=address)
    log.info("session.start", user=user, ip=address)
    return session_id


def _begun(tx: Transaction, user: str, account: str, address: str) -> Try:
    by_account, by_address = tx.failures(account, address, tx.now - WINDOW)
    wait = must_wait(by_account, by_address, tx.now)
    if wait is not None:
        return Try(user, address, account, wait)
    locks = len(by_account) + 1 == MOST_BY_ACCOUNT or len(by_address) + 1 == MOST_BY_ADDRESS
    return Try(user, address, account, None, locks, tx.add_failure(account, address, MOST_TOLD + 1))


def _is_right(console: Console, name: str, password: str) -> bool:
    """The same work for a name that is known and for one that is not."""
    if console.username is None or console.password_hash is None or len(password) > LONGEST:
        return False
    right = is_password(console.password_hash.get_secret_value(), password)
    return compare_digest(digest_of(name), digest_of(console.username)) and right


def _failed(tx: Transaction, this: Try) -> None:
    if this.earlier <= MOST_TOLD:
        tx.audit(this.user, "login_failed", this.address)
    if this.locks:
        tx.audit(this.user, "lockout", this.address, f"no login for {WINDOW.seconds // 60} minutes")


def _entered(tx: Transaction, this: Try, session: Session) -> None:
    tx.forget_failures(this.account)
    tx.begin_session(session)
    tx.audit(this.user, "login", this.address)


def _session(parts: Parts, session_id: str, name: str) -> Session:
    now = parts.clock()
    return Session(digest_of(session_id), name, made_with(parts.config.console), now, now)


def made_with(console: Console) -> str:
    """Another text as soon as either part of the credentials is."""
    password_hash = console.password_hash.get_secret_value() if console.password_hash else ""
    return digest_of("console", console.username or "", password_hash)


def known(parts: Parts, session_id: str, used: bool = True) -> Session | None:
    """The session of this id while it lasts. That it was `used` is written down once a minute at most."""
    with parts.store.reports() as reports:
        session = reports.session(digest_of(session_id))
    if session is None:
        return None
    now = parts.clock()
    if why := ended(session, made_with(parts.config.console), now):
        end(parts, session, why)
        return None
    if used and now - session.seen_at >= USED_EVERY:
        _see(parts, session)
    return session


def _see(parts: Parts, session: Session) -> None:
    """A store that takes no writes is what people come to look at."""
    try:
        parts.store.write(lambda tx: tx.see_session(session.digest, parts.clock()))
    except Unavailable as fault:
        log.warning("session.unseen", user=session.username, why=str(fault))


def end(parts: Parts, session: Session, why: str) -> None:
    """It does not count any more, whether its row can be removed now or later."""
    try:
        parts.store.write(lambda tx: tx.end_session(session.digest))
    except Unavailable as fault:
        log.warning("session.unended", user=session.username, why=str(fault))
    log.info("session.end", user=session.username, why=why)


def log_out(parts: Parts, session_id: str, address: str) -> None:
    """Raises `Unavailable`: then it still lasts."""

    def work(tx: Transaction) -> Session | None:
        session = tx.session(digest_of(session_id))
        if session is not None:
            tx.end_session(session.digest)
            tx.audit(session.username, "logout", address)
        return session

    if (session := parts.store.write(work)) is not None:
        log.info("session.end", user=session.username, why="logout")
