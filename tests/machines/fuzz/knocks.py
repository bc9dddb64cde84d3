"""How somebody knocks: a body with its credential, in every form that is right, and with one thing wrong about it.

Rule: what a knock may be answered is known before it is sent, from how it was made and not from how it is read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from tests.machines.fuzz.bodies import Body, changed
from tests.machines.fuzz.credentials import Proof, proof
from tests.machines.fuzz.seeds import Seed, clock

LIMIT = 1024 * 1024
WEBHOOKS = ("pagertree", "rootly")
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Knock:
    """`answers`: the statuses that it may get. `length` None: the body comes in chunks."""

    seed: Seed
    body: Body
    path: str
    query: str
    headers: Headers
    answers: frozenset[int]
    method: str = "POST"
    length: str | None = ""
    good: bool = True  # whether its credential is right
    stale: bool = False
    twist: str = ""


def knock(chance: Random, seed: Seed) -> Knock:
    body = changed(chance, seed.body)
    shown = proof(chance, seed, body.content, clock().timestamp())
    kind = () if any(name == "content-type" for name, _ in seed.headers) else (("content-type", "application/json"),)
    query = "&".join(part for part in (seed.query, shown.query) if part)
    answers = frozenset({200 if shown.good else 401 if seed.source in WEBHOOKS else 403})
    headers = (*kind, *seed.headers, *shown.headers)
    made = Knock(seed, body, seed.path, query, headers, answers, length=str(len(body.content)), good=shown.good)
    made = replace(made, stale=shown.stale)
    if len(body.content) > LIMIT:
        return replace(made, answers=frozenset({413}))
    return _twisted(chance, made, shown) if chance.random() < 0.35 else made


def _twisted(chance: Random, made: Knock, shown: Proof) -> Knock:
    """With one thing about its framing, its type, its method, its path or its query that is not as usual."""
    twist = chance.choice((_method, _type, _coding, _length, _path, _query, _chunked, _large, _headers, _headers))
    return twist(chance, made, shown)


def _method(chance: Random, made: Knock, _shown: Proof) -> Knock:
    method = chance.choice(("GET", "PUT", "HEAD", "OPTIONS", "TRACE", "DELETE", "PATCH", "post", "POSTT", "CONNECT"))
    return replace(made, method=method, answers=frozenset({405}), twist="method")


TYPES = {
    **dict.fromkeys(("", "APPLICATION/JSON", "application/json; charset=UTF-8", "application/vnd.api+json", " "), 200),
    **dict.fromkeys(
        ('application/json;charset="utf-8"', "application/json;x=y;;", "application/json ;charset=utf8"), 200
    ),
    **dict.fromkeys(("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"), 415),
    **dict.fromkeys(("application/json; charset=utf-16", "application/json, text/html", "\xff\xfe", "x" * 5_000), 415),
}


def _type(chance: Random, made: Knock, shown: Proof) -> Knock:
    kind, status = chance.choice(list(TYPES.items()))
    headers = (("content-type", kind), *((k, v) for k, v in made.headers if k != "content-type"))
    refused = status == 415 and made.seed.source in WEBHOOKS
    answers = frozenset({415}) if refused else made.answers
    return replace(made, headers=headers, answers=answers, twist=f"type {kind[:30]}")


def _coding(chance: Random, made: Knock, _shown: Proof) -> Knock:
    coding = chance.choice(("gzip", "br", "identity", "IDENTITY", "deflate, gzip", "x" * 300))
    answers = made.answers if coding.lower() == "identity" else frozenset({415})
    return replace(made, headers=(*made.headers, ("content-encoding", coding)), answers=answers, twist="coding")


LENGTHS = {
    "": 411,
    "abc": 400,
    "+5": 400,
    "-1": 400,
    "1e3": 400,
    "0x10": 400,
    "5, 5": 400,
    "5 5": 400,
    "\xb2": 400,
    str(LIMIT + 1): 413,
    "9" * 30: 413,
    "9" * 5_000: 413,
}


def _length(chance: Random, made: Knock, _shown: Proof) -> Knock:
    if chance.random() < 0.3:
        longer = len(made.body.content) + chance.choice((1, 100))
        return replace(
            made, length=str(longer), answers=frozenset({400 if longer <= LIMIT else 413}), twist="cut short"
        )
    length, status = chance.choice(list(LENGTHS.items()))
    return replace(made, length=length, answers=frozenset({status}), twist="length")


def _path(chance: Random, made: Knock, _shown: Proof) -> Knock:
    odd = ("/", "//", "/x", "/../rootly", "/%00", "\0", "\xff", "/\x1b[31m", "x" * 3_000, "/rootly", "%3f", ";a=b")
    path = chance.choice((f"{made.path}{chance.choice(odd)}", made.path.upper(), f"/integration/{made.seed.source}x"))
    head = ("/webhooks/", "/integration/")
    return replace(made, path=path, answers=frozenset({404}), twist="path") if path.startswith(head) else made


def _query(chance: Random, made: Knock, shown: Proof) -> Knock:
    if chance.random() < 0.2:
        crowd = "&".join(f"a{number}=1" for number in range(150))
        return replace(made, query=f"{made.query}&{crowd}", answers=frozenset({400}), twist="crowded query")
    odd = (
        "a=%ff%fe",
        "b=%00",
        "%ed%a0%80=%ed%a0%80",
        "&&&;;",
        "=",
        "a[]=1&a[]=2",
        "a[b]=1&a=2",
        "%",
        "%zz=%1",
        "\xff=\xfe",
    )
    return replace(
        made, query=f"{made.query}&{chance.choice(odd)}", twist="query", body=replace(made.body, hopeless=False)
    )


def _chunked(_chance: Random, made: Knock, _shown: Proof) -> Knock:
    return replace(made, length=None, headers=(*made.headers, ("transfer-encoding", "chunked")), twist="chunked")


def _large(chance: Random, made: Knock, _shown: Proof) -> Knock:
    """More than may be sent, by one or by a lot, announced or in chunks."""
    content = made.body.content + b" " * (LIMIT - len(made.body.content) + chance.choice((1, 70_000)))
    good = made.good and made.seed.source != "rootly"  # whose signature is of another body now
    large = replace(made, body=replace(made.body, content=content), answers=frozenset({413}), good=good, twist="large")
    return _chunked(chance, large, Proof()) if chance.random() < 0.5 else replace(large, length=str(len(content)))


STRANGE = (
    *(("x-request-id", "a" * 65), ("x-request-id", "\x1b[2J"), ("x-request-id", "good-id.1"), ("x-request-id", "")),
    *(("x-forwarded-for", "127.0.0.1, 10.0.0.1"), ("x-forwarded-for", "::1"), ("x-forwarded-for", ", ,;\xff")),
    *(("forwarded", "for=_x"), ("cookie", "session=1; a=\xff"), ("x-bridge-arrival", "0" * 26), ("x", "y" * 8_000)),
    *(("host", "evil.example"), ("expect", "100-continue"), ("user-agent", "\x9b31m\xad"), ("accept", "text/html")),
)


def _headers(chance: Random, made: Knock, _shown: Proof) -> Knock:
    return replace(made, headers=(*made.headers, chance.choice(STRANGE)), twist="strange header")
