"""Fuzzing the doors of `/api/v1` and their neighbours: queries, bodies and ids that no client of ours sends.

Rule: whoever asks for nonsense is told so; nothing that is asked makes an answer of 500.
"""

from __future__ import annotations

import io
import json
from random import Random
from typing import Any
from urllib.parse import quote

from bridge.web.front import Front
from tests.machines.fuzz.bodies import changed
from tests.machines.fuzz.seeds import OPERATOR, READER
from tests.machines.fuzz.values import NUMBERS, TEXTS, TIMES

LISTS = ("deliveries", "links", "calls", "resyncs", "shadow")
MOVES = ("replay", "retry", "discard", "pause", "resume", "unlink", "acknowledge", "resolve", "update", "")
QUERY = (
    *("limit", "before", "since", "until", "source", "integration", "door", "link", "reason", "verdict", "kind", "q"),
    *("system", "status", "target", "state", "lane", "unknown"),
)
WORDS = ("50", "0", "201", "waiting", "applied", "live", "held", "owed", "dead", "pages", "pagertree", "alert", "1_0")
LIMITS = ("000000001" + "9" * 30, "000000001" + "9" * 5_000, "0" * 5_000, "00000000000000000050", "²", "٣", "1e1", "+5")
FITTING = {"limit": LIMITS, "since": TIMES, "until": TIMES}
PAGES = (
    '{"title": "Down", "teams": ["Payments"], "users": [{"id": "usr_1", "name": "Ada"}], "urgency": "high",'
    ' "severity": "SEV-1", "description": "x", "tags": ["a"], "incident": true, "message": "m"}',
    '{"title": "Down", "teams": "tem_oncall", "incident_id": "1c0ffee0-2222-4c3d-8e4f-000000000002"}',
    '{"by": {"name": "Ada"}, "note": "done"}',
    '{"for": "2h"}',
    '{"plan": true}',
    '{"pagertree": "alt_Kq7NvX2mRw9ZbT", "rootly": "1c0ffee0-2222-4c3d-8e4f-000000000002", "note": true}',
    '{"verdict": "quarantined", "reason": "x", "dry_run": true, "since": "2026-03-02T10:00:00Z"}',
    '{"pagertree": "alt_Kq7NvX2mRw9ZbT", "rootly": "1c0ffee0-2222-4c3d-8e4f-000000000002"}',
)
POSTS = ("/api/v1/pages", "/api/v1/links", "/api/v1/deliveries/replay")
NEIGHBOURS = ("/healthz", "/readyz", "/metrics", "/", "/openapi.json", "/api/v1", "/api/v1/", "*", "", "/\0", "/\xff")
KNOWN = frozenset(
    {200, 303, 400, 401, 403, 404, 405, 409, 411, 413, 415, 422, 429, 503}
)  # 303: the console sends a stranger to its login; 503: a vendor that had to be asked did not answer


def ask(front: Front, chance: Random, ids: tuple[str, ...], number: int) -> str:
    """One request; what was wrong about its answer, else nothing."""
    environ = _request(chance, ids, number)
    began: list[str] = []
    content = b"".join(front(environ, lambda status, _headers: began.append(status)))
    what = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'][:80]!r}?{environ['QUERY_STRING'][:80]}"
    status = int(began[0].split()[0])
    if status not in KNOWN:
        return f"{what} was answered {status}: {content[:100]!r}"
    if status >= 400 and environ["REQUEST_METHOD"] != "HEAD" and json.loads(content).keys() != REFUSAL:
        return f"{what} was refused in another form: {content[:100]!r}"
    return ""


REFUSAL = {"error", "message", "request_id"}


def _request(chance: Random, ids: tuple[str, ...], number: int) -> dict[str, Any]:
    match chance.randrange(10):
        case 0:
            return _environ(chance, chance.choice(("GET", "HEAD", "POST", "DELETE")), chance.choice(NEIGHBOURS), number)
        case 1 | 2 | 3 | 4:
            one = f"/{_id(chance, ids)}" if chance.random() < 0.25 else ""
            return _environ(chance, "GET", f"/api/v1/{chance.choice(LISTS)}{one}", number, _query(chance))
        case 5 | 6 | 7:
            return _environ(chance, "POST", chance.choice(POSTS), number, "", _body(chance))
    path = f"/api/v1/{chance.choice((*LISTS, 'pages'))}/{_id(chance, ids)}/{chance.choice(MOVES)}".rstrip("/")
    return _environ(chance, "POST" if chance.random() < 0.9 else "PATCH", path, number, "", _body(chance))


def _environ(
    chance: Random, method: str, path: str, number: int, query: str = "", content: bytes = b""
) -> dict[str, Any]:
    token = chance.choice((OPERATOR, OPERATOR, OPERATOR, OPERATOR, READER, "wrong", "\xff"))
    key = {"HTTP_IDEMPOTENCY_KEY": chance.choice(("k1", "", "x" * 300, "\xff", "\0"))} if chance.random() < 0.2 else {}
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SCRIPT_NAME": "",
        **key,
        "SERVER_NAME": "bridge",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "REMOTE_ADDR": f"101.{number // 2**16 % 256}.{number // 256 % 256}.{number % 256}",
        "wsgi.input": io.BytesIO(content),
        "CONTENT_LENGTH": str(len(content)),
        "CONTENT_TYPE": "application/json",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "HTTP_HOST": chance.choice(("bridge", "a b", "\xff", "[", "")),
    }


def _id(chance: Random, ids: tuple[str, ...]) -> str:
    odd = chance.choice((*TEXTS, "x" * 300)).replace("\ud800", "?").encode("utf-8", "replace").decode("latin-1")
    return chance.choice(ids) if ids and chance.random() < 0.6 else odd[:3_000].replace("/", "")


def _query(chance: Random) -> str:
    names = (chance.choice(QUERY) for _ in range(chance.choice((0, 1, 1, 2, 4))))
    return "&".join(f"{name}={_value(chance, name)}" for name in names)


def _value(chance: Random, name: str) -> str:
    if (own := FITTING.get(name)) and chance.random() < 0.7:
        return quote(chance.choice(own))
    if chance.random() < 0.4:
        return chance.choice(WORDS)
    return quote(chance.choice((*LIMITS, *TEXTS, *TIMES, *NUMBERS))[:8_000].encode("utf-8", "surrogatepass"))


def _body(chance: Random) -> bytes:
    return b"" if chance.random() < 0.1 else changed(chance, chance.choice(PAGES)).content
