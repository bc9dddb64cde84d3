"""How values look on a page: times, lengths, states and texts that others wrote.

Rule: a text from outside is one piece of plain characters: it turns no line round, hides nothing and breaks no page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from markupsafe import Markup

from bridge.errors import Unreadable
from bridge.systems.payload import parse_json

SHORT = 80  # characters of a text in a table
HINT = 500  # characters that a pointer resting on it shows
LONGEST_BODY = 100_000  # characters of a body on a page; the API gives all
LOOKS = {  # the look of a word; a look has a colour and a shape
    **dict.fromkeys(("applied", "done", "resolved", "closed", "enabled", "ok", "live"), "good"),
    **dict.fromkeys(("waiting", "owed", "running", "acknowledged", "degraded", "retrying", "unsure"), "busy"),
    **dict.fromkeys(("quarantined", "dead", "failed", "refused", "open", "unready"), "bad"),
    **dict.fromkeys(("paused", "held"), "held"),
}
QUIET = "quiet"  # of every other word: ignored, superseded, shadow, disabled, unlinked
SHAPES = {"good": "✓", "busy": "◐", "bad": "▲", "held": "▮", QUIET: "○"}
# What a sentence of the store or the core says to do on the command line, and what does it here.
_LISTS = re.compile(r"`?bridge (calls|deliveries|links) list((?: --[a-z]+ [a-z]+)*)`?")
_BUTTONS = (
    (re.compile(r"`?bridge calls retry \w+`?"), "“Retry now” on its page tries it again"),
    (re.compile(r"`?bridge replay \w+`? judges it again"), "“Judge it again” on its page does so"),
    (re.compile(r"`?bridge resync --plan`?"), "“Plan” under Resync"),
    (re.compile(r"^bridge shadow$"), "“Calls” (state shadow)"),
)
NOTHING = Markup('<span class="nothing">—</span>')
_SECONDS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def plain(text: object) -> str:
    """Without characters that are no sign of writing: controls, and those that turn the direction of a line."""
    said = str(text)
    if said.isprintable():
        return said
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in said)


def bdi(text: object) -> Markup:
    return Markup("<bdi>{}</bdi>").format(plain(text))


def cut(text: object, longest: int = SHORT) -> Markup:
    """Its beginning; more of it for a pointer that rests there."""
    whole = plain(text)
    if len(whole) <= longest:
        return bdi(whole)
    return Markup('<bdi title="{}">{}…</bdi>').format(whole[:HINT], whole[: longest - 1])


def unfolding(text: object, longest: int = HINT) -> Markup:
    """Its beginning, and all of it for whoever opens it."""
    whole = plain(text)
    if len(whole) <= longest:
        return bdi(whole)
    return Markup("<details><summary><bdi>{}…</bdi></summary><bdi>{}</bdi></details>").format(whole[:SHORT], whole)


def when(moment: object, of: object = "") -> Markup:
    """A stored time, in UTC and to the second; without its day where that is the day `of` another time."""
    if not moment:
        return NOTHING
    day, _, clock = str(moment)[:19].partition("T")
    if str(of).startswith(f"{day}T"):
        return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(moment, day, clock)
    return Markup('<time datetime="{}">{} {}</time>').format(moment, day, clock)


def ago(moment: object) -> Markup:
    """How long ago it was, or when it will be; the page's script goes on counting."""
    if not moment:
        return NOTHING
    passed = (datetime.now(UTC) - datetime.fromisoformat(str(moment))).total_seconds()
    told = f"{duration(passed)} ago" if passed >= 0 else f"in {duration(-passed)}"
    return Markup('<time class="ago" datetime="{}" title="{}">{}</time>').format(
        moment, f"{str(moment)[:19]} UTC", told
    )


def duration(seconds: float) -> str:
    """
    >>> duration(12.7), duration(61), duration(7300), duration(90_000)
    ('12 s', '1 min', '2 h', '1 d')
    """
    whole, unit = next(((size, unit) for size, unit in _SECONDS if seconds >= size), (1, "s"))
    return f"{int(seconds // whole)} {unit}"


def at_hand(text: object) -> str:
    """A sentence that names a command, with our own button or page in its place where there is one.

    >>> at_hand("`bridge calls list --state owed` says why.")
    '“Calls” (state owed) says why.'
    >>> at_hand("given up; `bridge calls retry 01K`"), at_hand("bridge doctor --online says what to mend")
    ('given up; “Retry now” on its page tries it again', 'bridge doctor --online says what to mend')
    """
    said = _LISTS.sub(_page, str(text))
    for command, button in _BUTTONS:
        said = command.sub(button, said)
    return said


def _page(found: re.Match[str]) -> str:
    filters = found[2].replace(" --", ", ").removeprefix(", ")
    return f"“{found[1].capitalize()}” ({filters})" if filters else f"“{found[1].capitalize()}”"


def look(word: object) -> str:
    return LOOKS.get(str(word), QUIET)


def pretty(body: str) -> str:
    """JSON laid out, anything else as it came; cut where it would be too much for a page."""
    try:
        shown = json.dumps(parse_json(body.encode()), indent=2, ensure_ascii=False)
    except Unreadable:
        shown = body  # hostile nesting, laid out, would be a thousand times as long
    more = len(shown) - LONGEST_BODY
    return plain(shown if more <= 0 else f"{shown[:LONGEST_BODY]}\n… and {more} characters more: the API shows all")


def said(value: object) -> str:
    """A value of a row as a word or a few."""
    match value:
        case None | False | "":
            return "—"
        case True:
            return "yes"
        case Mapping():
            return ", ".join(f"{key} {said(inner)}" for key, inner in value.items()) or "—"
        case list() | tuple():
            return ", ".join(said(inner) for inner in value) or "—"
    return plain(value)


def web_address(text: object) -> str:
    """The address of a page elsewhere, or nothing: only http and https are followed."""
    address = str(text or "")
    return address if address.startswith(("https://", "http://")) else ""


FILTERS = {
    "at_hand": at_hand, "plain": plain, "bdi": bdi, "cut": cut, "unfolding": unfolding, "when": when, "ago": ago,
    "duration": duration, "look": look, "pretty": pretty, "said": said, "web_address": web_address,
}  # fmt: skip
