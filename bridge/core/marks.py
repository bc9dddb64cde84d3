"""Our marks on what we make, so that doing it twice is found out and our own words are known when they come back.

A mark never changes for one object: it is the `thirdparty_id` of a PagerTree alert, the `deduplication_key` of a
Rootly alert, or the short end of a text that we wrote.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Collection
from dataclasses import dataclass

_LONGEST = 100
_SHORT = "0123456789abcdefghjkmnpqrstvwxyz"  # without i, l, o, u: read aloud and typed without mistakes
_INCIDENT = re.compile(r"(rootly):([^#]+)#([1-9][0-9]*)(?:\+(.+))?", re.DOTALL)
_NUMBERED = re.compile(r"([^:]+):(.+)#([1-9][0-9]*)", re.DOTALL)
_PLAIN = re.compile(r"(pagertree):(.+)|(sha256):([0-9a-f]{64})")
_TAG = re.compile(r"<[^<>]*>")
_TEXT_MARK = re.compile(rf"\[\s*bridge:\s*([{_SHORT}]{{8}})\s*\]$")
_DECORATION = "*_~`\\\u200b\u200c\u200d\ufeff"  # markdown, and spaces without width


@dataclass(frozen=True, slots=True)
class Mark:
    """What a mark says. `episode` is 0 and `suffix` empty where it does not say."""

    kind: str  # rootly, rootly-alert, page, bridge, pagertree, sha256 (a long mark, hashed) or an integration's id
    id: str
    episode: int = 0
    suffix: str = ""


def incident_mark(uuid: str, episode: int, suffix: str = "") -> str:
    """Of the page for a Rootly incident; the suffix tells a second page of the same episode apart ("critical")."""
    return shorten(f"rootly:{uuid}#{episode}" + (f"+{suffix}" if suffix else ""))


def alert_mark(uuid: str, number: int) -> str:
    return shorten(f"rootly-alert:{uuid}#{number}")


def page_mark(link: str, number: int) -> str:
    return shorten(f"page:{link}#{number}")


def is_page_mark(mark: str) -> bool:
    """Whether somebody asked for the page by name: nothing but its caller, or its end, changes or withdraws it."""
    return mark.startswith("page:")


def integration_mark(integration: str, thirdparty_id: str, number: int) -> str:
    return shorten(f"{integration}:{thirdparty_id}#{number}")


def pagertree_key(prefix_id: str) -> str:
    """The `deduplication_key` of the Rootly alert for a PagerTree alert."""
    return shorten(f"pagertree:{prefix_id}")


def shorten(mark: str) -> str:
    """Marks stay within 100 characters; a longer one is known by its SHA-256."""
    return mark if len(mark) <= _LONGEST else "sha256:" + hashlib.sha256(mark.encode()).hexdigest()


def parse_mark(text: str, integrations: Collection[str] = ()) -> Mark | None:
    """None: not one of ours. `integrations`: ids of the configured ones, which marks may begin with.

    >>> parse_mark("rootly:5f1c#2+critical")
    Mark(kind='rootly', id='5f1c', episode=2, suffix='critical')
    """
    if found := _INCIDENT.fullmatch(text):
        return Mark(found[1], found[2], int(found[3]), found[4] or "")
    if (found := _NUMBERED.fullmatch(text)) and found[1] in {"rootly-alert", "page", "bridge", *integrations}:
        return Mark(found[1], found[2], int(found[3]))
    if found := _PLAIN.fullmatch(text):
        return Mark(found[1] or found[3], found[2] or found[4])
    return None


def is_ours(thirdparty_id: str | None, integrations: Collection[str] = ()) -> bool:
    """Whether a PagerTree alert with this `thirdparty_id` was made by us."""
    mark = parse_mark(thirdparty_id or "", integrations)
    return mark is not None and mark.kind != "pagertree"


def text_code(call_id: str) -> str:
    """The eight characters that stand for a call in the texts it wrote: 40 bits of a hash."""
    bits = int.from_bytes(hashlib.sha256(call_id.encode()).digest()[:5], "big")
    return "".join(_SHORT[bits >> shift & 31] for shift in range(35, -1, -5))


def sign_text(text: str, call_id: str) -> str:
    """The text with our short mark as its last word.

    >>> sign_text("Acknowledged by Ada", "01J0")
    'Acknowledged by Ada [bridge:bsxqk9gv]'
    """
    return f"{text.rstrip()} [bridge:{text_code(call_id)}]".lstrip()


def text_mark(text: str) -> str | None:
    """The code of our mark at the end of a text, also inside a vendor's HTML or markdown; None: a person wrote it."""
    plain = html.unescape(_TAG.sub("", text))
    for sign in _DECORATION:
        plain = plain.replace(sign, "")
    found = _TEXT_MARK.search(plain.rstrip())
    return found[1] if found else None
