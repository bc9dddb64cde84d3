"""Only our own pages change something: a token that another site cannot know, and a browser that says where it stands.

The token is made from the session's id, which is nowhere but in the cookie: nothing of it is stored.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection
from hashlib import sha256

from flask import request

from bridge.config_sections import Server
from bridge.log import get_log
from bridge.transport import origin
from bridge.web.answers import Refusal

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD, HEADER = "csrf", "X-CSRF-Token"

log = get_log(__name__)


def token_of(session_id: str) -> str:
    return hmac.new(session_id.encode(), b"csrf", sha256).hexdigest()


def must_be_ours(server: Server, scheme: str, token: str | None = None) -> None:
    """Raises 403. Without a token (at the login there is none yet) the browser's word decides alone."""
    if not _is_from_here(_own(server, scheme)):
        raise _blocked("another origin")
    given = request.form.get(FIELD, "") or request.headers.get(HEADER, "")
    if token is not None and not hmac.compare_digest(given.encode(), token.encode()):
        raise _blocked("no token" if not given else "another token")


def _is_from_here(own: Collection[str]) -> bool:
    """Every browser of today says `Sec-Fetch-Site` here; one that does not must name an origin of ours."""
    site = request.headers.get("Sec-Fetch-Site")
    return site == "same-origin" if site is not None else request.headers.get("Origin", "") in own


def _own(server: Server, scheme: str) -> set[str]:
    return {f"{scheme}://{request.host}", *([origin(server.public_url)] if server.public_url else [])}


def _blocked(why: str) -> Refusal:
    log.warning("csrf.blocked", path=request.path, why=why)
    message = "This was not asked by a page of this console, or that page is too old. Load it again and repeat it."
    return Refusal(403, "csrf", message, why=why)
