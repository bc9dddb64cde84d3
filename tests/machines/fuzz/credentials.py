"""How each sender proves who it is: the right credential in every form that passes, and wrong ones close to it."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from urllib.parse import quote

from tests.machines.fuzz.seeds import PAGERTREE_SECRET, PASSWORD, ROOTLY_SECRET, TOKEN, USER, Seed


@dataclass(frozen=True, slots=True)
class Proof:
    """What stands in headers and query. `good`: it must pass; `stale`: and be kept as old news."""

    headers: tuple[tuple[str, str], ...] = ()
    query: str = ""
    good: bool = False
    stale: bool = False


def proof(chance: Random, seed: Seed, content: bytes, now: float) -> Proof:
    """Right ones three times in four."""
    good = chance.random() < 0.75
    match seed.source:
        case "rootly":
            return _signature(chance, content, now, good)
        case "pagertree":
            return chance.choice(SECRETS if good else NO_SECRETS)
    return _token(chance, seed.source, good)


# -- Rootly ------------------------------------------------------------------------------------------------------------


def digest_of(content: bytes, at: str, secret: str = ROOTLY_SECRET, between: bytes = b"") -> str:
    return hmac.new(secret.encode(), at.encode() + between + content, sha256).hexdigest()


def _signature(chance: Random, content: bytes, now: float, good: bool) -> Proof:
    at = str(int(now))
    digest = digest_of(content, at)
    if good and chance.random() < 0.1:
        old = str(int(now) - chance.choice((400, 86_400, int(now))))
        return _signed(f"t={old},v1={digest_of(content, old)}", good=True, stale=True)
    if good:
        return _signed(chance.choice(GOOD_FORMS)(at, digest), good=True)
    if chance.random() < 0.3:
        later = str(int(now) + chance.choice((900, 86_400, 900_000_000_000 - int(now))))
        return _signed(f"t={later},v1={digest_of(content, later)}")
    return _signed(chance.choice(BAD_FORMS)(at, digest, content))


def _signed(header: str, good: bool = False, stale: bool = False) -> Proof:
    return Proof((("x-rootly-signature", header),), good=good, stale=stale)


GOOD_FORMS: tuple[Callable[[str, str], str], ...] = (
    lambda at, digest: f"t={at},v1={digest}",
    lambda at, digest: f"t={at},v1={digest}",
    lambda at, digest: f" v1 = {digest} , t = {at} ",
    lambda at, digest: f"t={at},v0=00,v1={digest},v2=,x",
    lambda at, digest: f"t={at},v1={'0' * 64},v1={digest},v1=zz",
    lambda at, digest: f"t={at},,v1={digest},v1=\xff",
)
BAD_FORMS: tuple[Callable[[str, str, bytes], str], ...] = (
    lambda at, digest, content: "",
    lambda at, digest, content: f"t={at},v1={digest[:-1]}",
    lambda at, digest, content: f"t={at},v1={digest[:8]}",
    lambda at, digest, content: f"t={at},v1={digest}0",
    lambda at, digest, content: f"t={at},v1={digest[:-1]}{'1' if digest[-1] == '0' else '0'}",
    lambda at, digest, content: f"t={at},v1=",
    lambda at, digest, content: f"t={at},v1={digest},t={at}",
    lambda at, digest, content: f"t=0{at},v1={digest}",
    lambda at, digest, content: f"t=-{at},v1={digest_of(content, '-' + at)}",
    lambda at, digest, content: f"t={at}.0,v1={digest_of(content, at + '.0')}",
    lambda at, digest, content: f"t=,v1={digest_of(content, '')}",
    lambda at, digest, content: f"t={'9' * 20},v1={digest_of(content, '9' * 20)}",
    lambda at, digest, content: f"t={at},v1={digest_of(content, at, between=b'.')}",
    lambda at, digest, content: f"t={at},v1={digest_of(content, at, 'CANARY-older')}",
    lambda at, digest, content: f"t={at},v1={digest_of(content, at, '')}",
    lambda at, digest, content: f"t={at},v1={digest_of(content + b' ', at)}",
    lambda at, digest, content: f"sha256={digest}",
    lambda at, digest, content: f"t={at},v0={digest}",
    lambda at, digest, content: f"t={at};v1={digest}",
    lambda at, digest, content: f"t=\xb2{at},v1=\xff{digest}",
    lambda at, digest, content: "t=,v1=," * 500,
)

# -- PagerTree ---------------------------------------------------------------------------------------------------------


def _code(text: str) -> str:
    return b64encode(text.encode()).decode()


def _query(secret: str) -> Proof:
    return Proof(query=f"secret={quote(secret)}")


def _header(secret: str) -> Proof:
    return Proof((("x-bridge-secret", secret),))


def _authorization(value: str) -> Proof:
    return Proof((("authorization", value),))


BOTH = f"{USER}:{PASSWORD}"
SECRETS = tuple(
    Proof(one.headers, one.query, good=True)
    for one in (
        _query(PAGERTREE_SECRET),
        _header(PAGERTREE_SECRET),
        _authorization(f"Basic {_code(BOTH)}"),
        _authorization(_code(BOTH)),
        _authorization(f"bAsIc   {_code(BOTH).rstrip('=')}"),
        _authorization(f" {_code(BOTH)[:20]} {_code(BOTH)[20:]} "),
        Proof((("x-bridge-secret", PAGERTREE_SECRET), ("authorization", "Bearer x")), "secret=wrong"),
    )
)
NO_SECRETS = (
    *(Proof(), _query(""), _query(PAGERTREE_SECRET[:-1]), _query(PAGERTREE_SECRET + "x"), _query(PAGERTREE_SECRET[:9])),
    *(
        _query(PAGERTREE_SECRET.lower()),
        _query(f"{PAGERTREE_SECRET}\0"),
        _query(PASSWORD),
        Proof(query="secret=%ff%00"),
    ),
    *(_header(PAGERTREE_SECRET[:-1]), _header(f'"{PAGERTREE_SECRET}"'), _header("\xff\xfe"), _header("")),
    *(_authorization(f"Bearer {PAGERTREE_SECRET}"), _authorization(f"Basic {_code(PAGERTREE_SECRET)}")),
    *(
        _authorization(f"Basic {_code(BOTH[:-1])}"),
        _authorization(f"Basic {_code(BOTH + chr(0))}"),
        _authorization(BOTH),
    ),
    *(_authorization("Basic"), _authorization("Basic ===="), _authorization("\xff"), _authorization("A" * 4_000)),
    *(_authorization(f"Basic {_code(USER)}"), _authorization(f"Basic {_code(f':{PASSWORD}')}"), _authorization("=")),
    *(_authorization(f"Digest {_code(BOTH)}"), Proof(query=f"Secret={PAGERTREE_SECRET}")),
)

# -- tools -------------------------------------------------------------------------------------------------------------

WRONG = ("", TOKEN[:-1], TOKEN + "x", TOKEN[:8], TOKEN.lower(), f"{TOKEN}\0", "\xff", f'"{TOKEN}"', "x" * 5_000)


def _token(chance: Random, door: str, good: bool) -> Proof:
    value = TOKEN if good else chance.choice(WRONG)
    if door.startswith("int_hetrix"):
        return Proof((("authorization", f"Bearer {value}"),), good=good)
    if door.startswith("int_alertmanager") and chance.random() < 0.5:
        return Proof((("authorization", f"{chance.choice(('Bearer', 'bearer'))} {value}"),), good=good)
    return Proof((("pagertree-token", value),) if good or chance.random() < 0.8 else (), good=good)
