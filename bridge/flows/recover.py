"""A bridge that lost its database learns again what is live on both sides. It only reads there, and pages nobody.

It writes to an empty store, or with `merge` beside what is known there; the next resync brings in line what differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from bridge.app import Parts
from bridge.core.adopt import Adopted, adopt
from bridge.errors import BridgeError, Unlistable
from bridge.flows import missed, poll
from bridge.flows.exchange import exchange
from bridge.flows.listing import Progress, Tally, read_live
from bridge.flows.outage import why
from bridge.log import get_log
from bridge.model import Decision, Event, Link, Member, Response, Verdict
from bridge.store.contract import Transaction

MOST_QUESTIONS = 5  # about one incident
TOGETHER = 200  # links written in one transaction
CAUSE = "recover"

log = get_log(__name__)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was found. `doubles`: marks that more than one live alert carries; they are looked at after the start."""

    plan: bool
    seen: dict[str, int]
    calls: int
    adopted: int
    listed: int
    doubles: int
    known: int  # of those, known already and left as they are
    links: tuple[dict[str, object], ...] = field(repr=False)


def recover(parts: Parts, plan: bool, merge: bool, actor: str, progress: Progress) -> Recovered:
    """Raises `Unlistable` before anything is written, and `BridgeError` where links are known already."""
    if not merge:
        _check_empty(parts)
    began, tally = parts.clock(), Tally()
    listed_there = (event for _, page in read_live(parts, tally, progress) for event in page.events)
    events = [_asked(parts, event, tally) for event in listed_there]
    found = adopt(events, parts.policy, began)
    new = [one for one in found if not _is_known(parts, one.link)]
    if not plan:
        _write(parts, new, began, actor)
    links = tuple(_shown(one.link) for one in new)
    listed, doubles = sum(one.link.listed for one in new), sum(len(one.rechecks) for one in new)
    return Recovered(
        plan, tally.seen, tally.calls, len(new) - listed, listed, doubles, len(found) - len(new), links=links
    )


def _check_empty(parts: Parts) -> None:
    with parts.store.reports() as reports:
        if reports.links({}, 1):
            raise BridgeError(
                "The database knows links already, so there is nothing to recover: "
                "`bridge resync` brings it in line. Add --merge to adopt what is missing in it."
            )


def _asked(parts: Parts, event: Event, tally: Tally) -> Event:
    """With what a list does not show: the alerts that an incident holds."""
    source, settings = parts.sources[event.ref.system], parts.settings[event.ref.system]
    for _ in range(MOST_QUESTIONS):
        request = source.question(settings, event)
        if request is None:
            break
        answer = exchange(parts, request)
        tally.calls += 1
        if not isinstance(answer, Response) or not (answer.ok or answer.status == 404):
            raise Unlistable(f"{event.ref.kind} {event.ref.id} could not be read: {why(answer)}")
        event = source.answered(event, answer)
    return event


def _is_known(parts: Parts, link: Link) -> bool:
    with parts.store.reports() as reports:
        if link.id and reports.link(link.id):
            return True
        return any(reports.links_of((m.ref,), m.mark, m.system) for m in (link.home, *_ours(link)))


def _ours(link: Link) -> Iterator[Member]:
    return (member for member in link.members if member.ours)


# -- writing -----------------------------------------------------------------------------------------------------------


def _write(parts: Parts, new: Sequence[Adopted], began: datetime, actor: str) -> None:
    for start in range(0, len(new), TOGETHER):
        parts.store.write(partial(_keep_all, new[start : start + TOGETHER]))
    parts.store.write(lambda tx: _begin_now(parts, tx, len(new), began, actor))


def _keep_all(some: Sequence[Adopted], tx: Transaction) -> None:
    """The creates stand as done: stored a second time, the link shows the objects, and that confirms them."""
    for one in some:
        kept = tx.apply(Decision(Verdict.APPLIED, CAUSE, one.link, one.creates), CAUSE)
        tx.apply(Decision(Verdict.APPLIED, CAUSE, kept.link, one.rechecks), CAUSE)


def _begin_now(parts: Parts, tx: Transaction, count: int, began: datetime, actor: str) -> None:
    """What was told before has its effect in what was just listed."""
    for system in parts.targets:
        for name in (poll.cursor_name(system), missed.cursor_name(system)):
            tx.set_fact(name, began.isoformat())
    tx.audit(actor, "recover", "store", f"{count} links adopted from what is live on both sides")


def _shown(link: Link) -> dict[str, object]:
    objects = [f"{m.system}/{m.kind} {m.ref.id}" for m in link.members]
    return {
        "as": "listed" if link.listed else "adopted",
        "title": link.trouble.title,
        "episode": link.episode,
        "objects": objects,
    }
