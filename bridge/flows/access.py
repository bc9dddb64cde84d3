"""Logging in to the console with name, password and code: gather, decide, apply.

Rule: a try is counted before the password is looked at, so that many at once are no more tries than one after another.
Texts that people type are never kept: in the place of a name they may have typed their password.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest

from bridge.app import Parts
from bridge.codes import step_of
from bridge.config_console import Console
from bridge.core.access import (
    MOST_BY_ACCOUNT,
    MOST_BY_ADDRESS,
    WINDOW,
    Session,
    digest_of,
    must_wait,
)
from bridge.core.passwords import LONGEST
from bridge.errors import BridgeError
from bridge.flows import sessions
from bridge.hashing import is_password
from bridge.log import get_log
from bridge.store.contract import Transaction

UNKNOWN = "unknown user"
LAST_STEP = "console.totp_step"  # the fact: of which secret, and of which step was the code that last let somebody in
MOST_TOLD = 100  # failures of 15 minutes that the audit names one by one; the rest is in the log

log = get_log(__name__)


class Locked(BridgeError):
    """Who logs in must wait: too many tries failed. Whether this one was right is not looked at."""

    def __init__(self, after: timedelta) -> None:
        super().__init__("Too many logins failed.")
        self.after = after


class Mistaken(BridgeError):
    """Who logs in must try again: name, password or code is wrong, and nobody is told which."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody has typed."""

    name: str
    password: str = field(repr=False)
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Try:
    """One login, as it stood before the password was looked at."""

    user: str
    address: str
    account: str
    wait: timedelta | None
    locks: bool = False  # if it fails, it was the last for now
    earlier: int = 0  # failures of anybody


@dataclass(frozen=True, slots=True)
class Code:
    """Of which secret it is, and of which time step."""

    secret: str  # its digest
    step: int | None  # None: the code is wrong


def log_in(parts: Parts, said: Said, address: str) -> str:
    """The id of a new session, for the cookie only. Raises `Locked`, `Mistaken` or `Unavailable`."""
    console = parts.config.console
    user = said.name if said.name == console.username else UNKNOWN
    this = parts.store.write(lambda tx: _begun(tx, user, digest_of("account", said.name), address))
    if this.wait is not None:
        log.warning("auth.login", result="locked", user=user, ip=address)
        raise Locked(this.wait)
    right, code = _is_right(console, said), _code(console, said.code, parts.clock())
    session_id, session = sessions.new(parts, said.name)
    if not parts.store.write(lambda tx: _entered(tx, this, session, right, code)):
        log.warning("auth.login", result="fail", user=user, ip=address)
        raise Mistaken(f"The user name{', the password or the code' if code else ' or the password'} is wrong.")
    sessions.tell(user, address, by="password")
    return session_id


def _begun(tx: Transaction, user: str, account: str, address: str) -> Try:
    by_account, by_address = tx.failures(account, address, tx.now - WINDOW)
    wait = must_wait(by_account, by_address, tx.now)
    if wait is not None:
        return Try(user, address, account, wait)
    locks = len(by_account) + 1 == MOST_BY_ACCOUNT or len(by_address) + 1 == MOST_BY_ADDRESS
    return Try(user, address, account, None, locks, tx.add_failure(account, address, MOST_TOLD + 1))


def _is_right(console: Console, said: Said) -> bool:
    """The same work for a name that is known and for one that is not."""
    if console.username is None or console.password_hash is None or len(said.password) > LONGEST:
        return False
    right = is_password(console.password_hash.get_secret_value(), said.password)
    return compare_digest(digest_of(said.name), digest_of(console.username)) and right


def _code(console: Console, text: str, now: datetime) -> Code | None:
    """None: none is asked for. Looked at whether the password is right or not."""
    if console.totp_secret is None:
        return None
    secret = console.totp_secret.get_secret_value()
    return Code(digest_of("totp", secret), step_of(secret, text[:LONGEST], now))


def _entered(tx: Transaction, this: Try, session: Session, right: bool, code: Code | None) -> bool:
    """Whether the session has begun. A code that comes again is as wrong as any other."""
    if not right or not (code is None or _is_first(tx, code)):
        _failed(tx, this)
        return False
    tx.forget_failures(this.account)
    tx.begin_session(session)
    tx.audit(this.user, "login", this.address)
    return True


def _is_first(tx: Transaction, code: Code) -> bool:
    """A code counts once, and after it none of an earlier step: nothing that somebody overlooked opens the door."""
    secret, _, last = (tx.fact(LAST_STEP) or "").partition(" ")
    if code.step is None or (secret == code.secret and code.step <= int(last)):
        return False
    tx.set_fact(LAST_STEP, f"{code.secret} {code.step}")
    return True


def _failed(tx: Transaction, this: Try) -> None:
    if this.earlier <= MOST_TOLD:
        tx.audit(this.user, "login_failed", this.address)
    if this.locks:
        tx.audit(this.user, "lockout", this.address, f"no login for {WINDOW.seconds // 60} minutes")
