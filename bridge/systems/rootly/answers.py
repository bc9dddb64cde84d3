"""What Rootly answered, read strictly: the object in it, its list, or its words of refusal."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from bridge.errors import Unlistable, Unreadable
from bridge.model import JSON, Event, Response
from bridge.systems.payload import clean, mapping, parse_object, text
from bridge.systems.rootly.alerts import read_alert, read_note
from bridge.systems.rootly.entries import read_entry
from bridge.systems.rootly.incidents import read_incident
from bridge.systems.rootly.reading import ANSWER_NODES, rows

_READERS: dict[str, Callable[..., Event]] = {
    "alerts": read_alert,
    "incidents": read_incident,
    "alert_events": read_note,
    "incident_events": read_entry,
}


def read_answer(answer: Response, word: str) -> Event:
    """The one object of a 2xx answer. Raises `Unreadable` for any other answer, however green its status."""
    if not answer.ok:
        raise Unreadable(f"Rootly answered {answer.status}")
    record = parse_object(answer.body, ANSWER_NODES)
    return read_object(mapping(record, "data"), word)


def read_object(data: JSON, word: str) -> Event:
    """One JSON:API object, read from Rootly just now."""
    reader = _READERS.get(text(data, "type"))
    if reader is None:
        raise Unreadable(f"Rootly answered with an object of type {text(data, 'type')[:40] or 'none'}")
    return reader(data, word, fresh=True)


def read_list(answer: Response) -> tuple[tuple[JSON, ...], JSON, JSON]:
    """The rows, `meta` and `links` of a list. Raises `Unlistable`: a half list is worse than none."""
    if not answer.ok:
        raise Unlistable(f"Rootly answered {answer.status} {refusal(answer)}".strip())
    try:
        page = parse_object(answer.body, ANSWER_NODES)
    except Unreadable as fault:
        raise Unlistable(f"Rootly's list: {fault}") from fault
    data, meta = page.get("data"), page.get("meta")
    if not isinstance(data, list) or not isinstance(meta, dict):
        raise Unlistable("Rootly's list has no data or no meta")
    if not all(_is_row(row) for row in data):
        raise Unlistable("Rootly's list holds a row without id or attributes")
    return tuple(data), meta, mapping(page, "links")


def _is_row(row: object) -> bool:
    return isinstance(row, dict) and bool(text(row, "id")) and isinstance(row.get("attributes"), dict)


def next_page(meta: JSON, links: JSON) -> dict[str, str]:
    """The parameters that ask for the next page; empty: this was the last.

    A page that was asked for by number goes on by number: a cursor there would lead back to the pages already read.
    """
    cursor, number, current = meta.get("next_cursor"), meta.get("next_page"), meta.get("current_page")
    by_number = isinstance(current, int) and current > 1
    if isinstance(cursor, str) and cursor and not by_number:
        return {"page[after]": cursor}
    if isinstance(number, int):
        return {"page[number]": str(number)}
    if "next_cursor" in meta or "next_page" in meta:
        return {}
    # Only what pages is taken from a link: where it points to is not for an answer to say.
    query = parse_qsl(urlsplit(text(links, "next")).query)
    return {key: value for key, value in query if key in ("page[after]", "page[number]")}


def refusal(answer: Response, limit: int = 300) -> str:
    """Rootly's own words, cut to `limit`: `errors[]`, or `error` where its rate limiter speaks."""
    try:
        body = parse_object(answer.body, ANSWER_NODES)
    except Unreadable:
        return ""
    said = [
        ": ".join(part for part in (text(row, "title"), text(row, "detail")) if part) for row in rows(body, "errors")
    ]
    words = "; ".join(word for word in said if word) or text(body, "error", "message")
    return " ".join(clean(words).split())[:limit]


def refused_fields(answer: Response) -> frozenset[str]:
    """Every word of Rootly's refusal, in lower case: its errors name the field they are about, and may point to it."""
    try:
        errors = rows(parse_object(answer.body, ANSWER_NODES), "errors")
    except Unreadable:
        errors = ()
    pointers = " ".join(text(mapping(row, "source"), "pointer") for row in errors)
    return frozenset(re.findall(r"[a-z_]+", f"{refusal(answer)} {pointers}".lower()))
