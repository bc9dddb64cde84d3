"""How one link stands, in one plain sentence for whoever was woken by it: was anybody paged, and has anybody answered?

Pure: a stored link in, the sentence and its look out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.web.console.story import Row


@dataclass(frozen=True, slots=True)
class Sentence:
    """How it stands. `look`: good, busy, bad, held or quiet."""

    text: str
    look: str


def sentence(link: Row) -> Sentence:
    if link["unlinked"]:
        return Sentence("Taken apart by hand: nothing is done on it any more.", "quiet")
    paged = _of_pages(link)
    if link["held"]:
        until = f"until {_time(link['held_until'])}" if link["held_until"] else "until somebody resumes it"
        return Sentence(
            f"{link['held_by'] or 'Somebody'} paused it, {until}; nothing leaves for it. {paged.text}", "held"
        )
    return paged


def _of_pages(link: Row) -> Sentence:
    pages = [c for c in link["calls"] if c["kind"] == "create" and c["target"] == "pagertree"]
    if not pages and link["origin"]["system"] == "pagertree":
        return _mirrored(link)
    done = [page for page in pages if page["state"] == "done"]
    return _and_another(link, _paged(link, done), pages[-1]) if done else _unpaged(link, pages)


def _paged(link: Row, done: Sequence[Row]) -> Sentence:
    last = _time(done[-1]["finished_at"] or done[-1]["created_at"])
    times = f"Paged once, at {last};" if len(done) == 1 else f"Paged {len(done)} times, the last time at {last};"
    match link["status"]:
        case "resolved":
            return Sentence(f"{times} it is over{_since(link)}.", "good")
        case "acknowledged":
            return Sentence(f"{times} somebody has acknowledged.", "busy")
    return Sentence(f"{times} nobody has acknowledged.", "bad")


def _and_another(link: Row, paged: Sentence, last: Row) -> Sentence:
    """A newer page, of the next episode or for more people, may not have gone through."""
    if link["status"] == "resolved" or last["state"] not in ("owed", "dead"):
        return paged
    if last["state"] == "owed":
        return Sentence(f"{paged.text} Another page is owed: {_ended(last['standing'])}", paged.look)
    return Sentence(f"{paged.text} Another page was given up: {_ended(last['reason'])} “Send again” retries it.", "bad")


def _unpaged(link: Row, pages: Sequence[Row]) -> Sentence:
    if not pages:
        return Sentence(f"Nobody was paged: {_why_not(link)}", "quiet" if link["status"] == "resolved" else "bad")
    page = pages[-1]
    match page["state"]:
        case "owed":
            return Sentence(f"Nobody is paged yet: {_ended(page['standing'])}", "busy")
        case "dead":
            return Sentence(
                f"Nobody was paged: the page was given up, {_ended(page['reason'])} “Send again” retries it.", "bad"
            )
    return Sentence(f"Nobody was paged: {_ended(page['standing'])}", "quiet")


def _why_not(link: Row) -> str:
    """The first decision says why; a trouble of before our time needs none."""
    if link["listed"]:
        return "it began before the bridge was installed, so it is listed only."
    reasons = [d["reason"] for d in link["deliveries"] if d["reason"]]
    return _ended(reasons[0] if reasons else "no decision asked for it")


def _mirrored(link: Row) -> Sentence:
    """PagerTree raised it, so PagerTree pages; ours is to tell Rootly."""
    copies = [c for c in link["calls"] if c["kind"] == "create" and c["target"] == "rootly"]
    match copies[-1]["state"] if copies else "":
        case "done":
            told = f"Rootly has known it since {_time(copies[-1]['finished_at'])}"
        case "":
            told = f"Rootly was not told: {_why_not(link).removesuffix('.')}"
        case _:
            told = f"Rootly does not know it yet: {_ended(copies[-1]['standing']).removesuffix('.')}"
    looks = {"resolved": "good", "acknowledged": "busy"}
    state = {"resolved": f"it is over{_since(link)}", "acknowledged": "somebody has acknowledged"}
    stands = state.get(link["status"], "nobody has acknowledged")
    return Sentence(f"PagerTree raised it and pages for it; {stands}. {told}.", looks.get(link["status"], "bad"))


def _since(link: Row) -> str:
    return f" since {_time(link['ended_at'])}" if link["ended_at"] else ""


def _ended(text: object) -> str:
    """As a sentence ends."""
    return f"{str(text).rstrip('. ')}."


def _time(moment: object) -> str:
    return f"{str(moment)[:19].replace('T', ' ')} UTC"
