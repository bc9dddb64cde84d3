"""The console's sessions: how one begins, how long it lasts, how it ends.

Rule: a session counts with what it began with: the same credentials, or a proxy that names the same user at each step.
"""

from __future__ import annotations

import secrets

from bridge.app import Parts
from bridge.config_console import Console
from bridge.core.access import USED_EVERY, Session, digest_of, ended
from bridge.errors import Unavailable
from bridge.log import get_log
from bridge.store.contract import Transaction

log = get_log(__name__)


def made_with(console: Console, named: str | None = None) -> str:
    """Another text as soon as any part of the credentials is, or whom the proxy has `named`."""
    if named is not None:
        return digest_of("proxy", console.proxy_header or "", named)
    parts = (console.password_hash, console.totp_secret)
    return digest_of("console", console.username or "", *(part.get_secret_value() if part else "" for part in parts))


def new(parts: Parts, name: str, named: str | None = None) -> tuple[str, Session]:
    """An id for the cookie only, and the session as the store may know it; it has not begun yet."""
    session_id, now = secrets.token_urlsafe(32), parts.clock()
    return session_id, Session(digest_of(session_id), name, made_with(parts.config.console, named), now, now)


def let_in(parts: Parts, named: str, address: str) -> str:
    """The id of a new session for whom the proxy has named. Raises `Unavailable`."""
    session_id, session = new(parts, named, named)

    def work(tx: Transaction) -> None:
        tx.begin_session(session)
        tx.audit(named, "login", address, "by the proxy")

    parts.store.write(work)
    tell(named, address, by="proxy")
    return session_id


def tell(user: str, address: str, by: str) -> None:
    log.info("auth.login", result="ok", user=user, ip=address, by=by)
    log.info("session.start", user=user, ip=address)


def known(parts: Parts, session_id: str, named: str | None = None, used: bool = True) -> Session | None:
    """The session of this id while it lasts. `named`: by the proxy, now; None: nobody is. That it was `used` is
    written down once a minute at most."""
    with parts.store.reports() as reports:
        session = reports.session(digest_of(session_id))
    if session is None:
        return None
    now = parts.clock()
    if why := ended(session, made_with(parts.config.console, named), now):
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
