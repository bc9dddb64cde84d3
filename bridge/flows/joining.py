"""Two objects that people know to be one trouble are linked by hand: read from their systems first, then joined.

Rule: an object has one live link at most that was made by hand; who wants another takes the first apart.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bridge.app import Parts
from bridge.core.links import at_home, put, tell
from bridge.core.policy import PAGERTREE, ROOTLY, title_of
from bridge.errors import Unanswered, Unreadable
from bridge.flows.lookagain import SECONDS, Finding, ask, finding, keep
from bridge.flows.outage import why
from bridge.flows.surgery import Answer, Unfit
from bridge.flows.targets import Unfound
from bridge.model import Decision, Event, Link, Member, Note, Ref, Response, Status, Trouble, Verdict
from bridge.store.contract import Transaction

_PAGERTREE_ID = re.compile(r"alt_[A-Za-z0-9_-]{1,64}|[0-9A-Za-z]{26}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_FIELDS = {"pagertree": str, "rootly": str, "note": bool}


@dataclass(frozen=True, slots=True)
class Wanted:
    pagertree: str
    rootly: str
    note: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One of the two, as its system shows it now."""

    event: Event
    found: Finding | None

    @property
    def ref(self) -> Ref:
        return self.event.ref

    @property
    def name(self) -> str:
        return f"{title_of(self.ref.system)} {self.ref.kind} {self.ref.id}"


def wanted_of(fields: Mapping[str, object]) -> Wanted:
    """Raises `Unreadable`, naming the field."""
    if unknown := sorted(fields.keys() - _FIELDS.keys()):
        raise Unreadable(f"{', '.join(unknown)[:200]}: not known; known are {', '.join(_FIELDS)}")
    for name, kind in _FIELDS.items():
        if name in fields and not isinstance(fields[name], kind):
            raise Unreadable(f"{name}: is {'a text' if kind is str else 'true or false'}")
    wanted = Wanted(str(fields.get("pagertree", "")), str(fields.get("rootly", "")), bool(fields.get("note")))
    if not _PAGERTREE_ID.fullmatch(wanted.pagertree):
        raise Unreadable("pagertree: is the id of an alert there, alt_… or its ULID")
    if not _UUID.fullmatch(wanted.rootly):
        raise Unreadable("rootly: is the id of an alert or an incident there, a UUID")
    return replace(wanted, rootly=wanted.rootly.lower())


def join(parts: Parts, fields: Mapping[str, object], actor: str) -> Answer:
    """Raises `Unreadable`, `Unfound`, `Unanswered` or `Unfit`."""
    wanted, until = wanted_of(fields), time.monotonic() + SECONDS
    alert = _read(parts, (Ref(PAGERTREE, "alert", wanted.pagertree),), until)
    other = _read(parts, (Ref(ROOTLY, "incident", wanted.rootly), Ref(ROOTLY, "alert", wanted.rootly)), until)
    answer = parts.store.write(lambda tx: _join(parts, tx, alert, other, actor, wanted.note))
    if answer["state"] == "live":
        parts.shelf.held.discard(str(answer["link"]))
    return answer


# -- are they there? ---------------------------------------------------------------------------------------------------


def _read(parts: Parts, candidates: tuple[Ref, ...], until: float) -> Seen:
    """The first of these that its system knows."""
    side = title_of(candidates[0].system)
    for ref in candidates:
        answer = ask(parts, ref, until)
        if not isinstance(answer, Response) or not (answer.ok or answer.status == 404):
            raise Unanswered(f"{side} did not tell of {ref.id} ({why(answer)}), so nothing was linked.")
        if (event := _seen(parts, ref, answer)) is not None:
            return Seen(event, finding(parts, ref, answer))
    kinds = " or ".join(ref.kind for ref in candidates)
    raise Unfound(f"{side} knows no {kinds} {candidates[0].id}.")


def _seen(parts: Parts, ref: Ref, answer: Response) -> Event | None:
    """None: it is not there, or deleted. Raises `Unanswered`."""
    try:
        event = parts.targets[ref.system].seen(ref, answer)
    except Unreadable as fault:
        raise Unanswered(f"{title_of(ref.system)}'s answer about {ref.id} cannot be read: {fault}") from None
    if event is not None and not event.fresh:
        raise Unanswered(f"{title_of(ref.system)} did not tell of {ref.id}, so nothing was linked.")
    return None if event is None or event.gone else event


# -- one transaction ---------------------------------------------------------------------------------------------------


def _join(parts: Parts, tx: Transaction, alert: Seen, other: Seen, actor: str, note: bool) -> Answer:
    there = tx.links_of((other.ref,))
    same = _best([link for link in there if link.find(alert.ref)])
    if same is not None and not same.apart:
        return {"link": same.id, "state": "paused" if same.held else "live", "note": "They are linked already."}
    if same is not None:
        tx.free(same)
        link = replace(same, held=False, apart=False)
    else:
        _must_be_free(alert, tx.links_of((alert.ref,)))
        home = _best([link for link in there if link.kind == "incident" and not link.apart])
        if home is None:
            _must_be_free(other, there)
        link = _joined(tx, home, alert, other)
    notes = _notes(link, alert, other, actor) if note else ()
    decision = Decision(Verdict.APPLIED, f"linked by {actor}", link, notes)
    stored = tx.apply(decision, "", sorted(parts.policy.shadow)).link
    assert stored is not None
    keep(tx, tuple(seen.found for seen in (other, alert) if seen.found is not None), "link")
    tx.audit(actor, "link", stored.id, f"{alert.name} with {other.name}")
    return {"link": stored.id, "state": "paused" if stored.held else "live"}


def _best(links: list[Link]) -> Link | None:
    """What lives before what is over, and the newest of that; a tombstone last."""
    return max(links, key=lambda link: (not link.apart, link.status is not Status.RESOLVED, link.id), default=None)


def _must_be_free(seen: Seen, links: tuple[Link, ...]) -> None:
    for link in links:
        if not link.apart and link.status is not Status.RESOLVED:
            raise Unfit(f"{seen.name} is on the live link {link.id}: unlink that one first.")


def _joined(tx: Transaction, home: Link | None, alert: Seen, other: Seen) -> Link:
    """What they are at is left open here: the findings tell it, and each step then asks the other side."""
    if home is not None:
        return put(home, _member(alert, home.episode))
    kind = other.ref.kind
    origin, mirror = (other, alert) if kind == "incident" else (alert, other)
    trouble = origin.event.trouble or Trouble()
    return Link("", kind, origin.ref, trouble, (_member(origin), _member(mirror)), trouble.began_at or tx.now)


def _member(seen: Seen, episode: int = 1) -> Member:
    return at_home(seen.ref, seen.event.trouble, None, seen.event.phase, episode)


def _notes(link: Link, alert: Seen, other: Seen, actor: str) -> tuple[Note, ...]:
    pairs = ((alert, other), (other, alert))
    found = ((link.find(one.ref), two) for one, two in pairs)
    return tuple(tell(m, f"Linked with {_call(two)} by {actor}.", f"linked:{two.ref.id}") for m, two in found if m)


def _call(seen: Seen) -> str:
    trouble = seen.event.trouble or Trouble()
    title = f"“{trouble.title}”" if trouble.title else ""
    return " ".join(part for part in (seen.name, trouble.number, title, trouble.url) if part)
