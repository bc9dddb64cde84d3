"""`/console/<file>`: style, scripts and pictures, our own and what the build gathered.

Rule: an address names the content by its version, so a browser may keep it for ever and never asks in vain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Response, request

from bridge.web.answers import not_found

OWN = Path(__file__).parent / "static"
GATHERED = Path(__file__).parents[2] / "assets" / "console"  # made by hatch_build.py
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
FOR_EVER = "public, max-age=31536000, immutable"
SHORTLY = "public, max-age=300"  # asked for without its version, as style sheets ask for pictures


UNMADE = (
    "bridge/assets/console/ is missing, so pages have neither their style nor their scripts: "
    "install the bridge again: pip install --no-deps -e . in a checkout makes it"
)


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    kind: str
    version: str


@cache
def assets() -> Mapping[str, Asset]:
    """By name. What was not gathered is missing: a console without its looks is better than a bridge that stands."""
    return dict(_read())


def _read() -> Iterator[tuple[str, Asset]]:
    for path in [*GATHERED.glob("*"), *OWN.iterdir()]:
        if path.suffix in KINDS:
            content = path.read_bytes()
            yield path.name, Asset(content, KINDS[path.suffix], sha256(content).hexdigest()[:16])


def address(name: str) -> str:
    asset = assets().get(name)
    return f"/console/{name}?v={asset.version}" if asset else f"/console/{name}"


def serve(name: str) -> Response:
    asset = assets().get(name)
    if asset is None:
        raise not_found()
    answer = Response(asset.content, content_type=asset.kind)
    answer.headers["Cache-Control"] = FOR_EVER if request.args.get("v") == asset.version else SHORTLY
    answer.set_etag(asset.version)
    return answer.make_conditional(request.environ)  # type: ignore[return-value]  # it gives back what it is called on
