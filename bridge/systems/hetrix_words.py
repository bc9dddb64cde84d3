"""What a HetrixTools notification holds, and how it is put into words. Descriptions are HTML, as at PagerTree, so
whatever a sender wrote is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape

from bridge.model import JSON
from bridge.systems.payload import moment, text
from bridge.systems.ruby_text import to_s
from bridge.systems.tools import Datum

_URL = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)


def paragraphs(lines: Iterable[str]) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def said(record: JSON, key: str) -> str:
    return text(record, key).strip()


def time_of(params: JSON) -> datetime | None:
    """`timestamp` is seconds since 1970; as a text it is taken for the same."""
    written = said(params, "timestamp")
    return moment({"at": int(written)} if re.fullmatch("[0-9]{1,15}", written) else params, "at", "timestamp")


def errors(value: object) -> list[str]:
    """`monitor_errors` has a message per location; one text, or a list of them, is no reason to lose the page."""
    match value:
        case Mapping():
            return [f"{location}: {to_s(message)}" for location, message in value.items()]
        case list():
            return [to_s(item) for item in value]
    return [to_s(value)] if value else []


def uptime_data(params: JSON) -> tuple[Datum, ...]:
    at = time_of(params)
    target = link("Monitor Target", said(params, "monitor_target"))
    lines = (Datum("Timestamp", at.isoformat() if at else "", "datetime"), _text(params, "Monitor Type"), target)
    return shown(lines)


def usage_data(usage: JSON) -> tuple[Datum, ...]:
    return shown((_text(usage, "Resource Type"), _text(usage, "Current Usage")))


def link(label: str, value: str) -> Datum:
    """PagerTree refuses a link that is no URL, and what is pinged has none."""
    return Datum(label, value, "link" if is_url(value) else "text")


def is_url(value: str) -> bool:
    return _URL.fullmatch(value) is not None


def shown(lines: Iterable[Datum]) -> tuple[Datum, ...]:
    return tuple(line for line in lines if line.value)


def _text(record: JSON, label: str) -> Datum:
    return Datum(label, said(record, label.lower().replace(" ", "_")))
