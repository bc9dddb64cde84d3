"""Both sides as listed against our links: every difference is a drift, and half a list is no list. Pure.

A call that was confirmed is never repeated: what a person lowered after it is noted by `decide` and left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.core.decide import decide, on_duty
from bridge.core.policy import Policy
from bridge.errors import Implausible
from bridge.model import Event, Link, Member, Ref, Verdict

SHRINK = 0.5  # fewer than half of what we know to be live, all at once, is not believed
FEW = 10  # below this many, anything is plausible


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference: what kind, about which object, and the observation that shows it (None: it is not listed)."""

    kind: str  # unknown | ahead | fell | differs | missing
    ref: Ref
    event: Event | None = None
    link: str = ""


def compare(event: Event, links: Sequence[Link], policy: Policy, since: datetime, now: datetime) -> Drift | None:
    """A listed object that a decision would act upon. `since`: when the listing began; links touched later, or still
    owing calls, would be compared with yesterday's list, so they are left alone."""
    links = on_duty(event, tuple(links))
    if any(_busy(link, since) for link in links):
        return None
    verdicts = {decide(event, link, policy, now).verdict for link in (links or (None,))}
    if not verdicts & {Verdict.APPLIED, Verdict.UNSURE}:
        return None
    return Drift(_kind(event, links), event.ref, event, links[0].id if links else "")


def missing(links: Sequence[Link], seen: frozenset[str], since: datetime) -> tuple[Drift, ...]:
    """Members that are live here and not in the lists of live objects there."""
    return tuple(
        Drift("missing", member.ref, None, link.id)
        for link in links
        if not _busy(link, since)
        for member in link.members
        if _expected(link, member) and not member.ref.names & seen
    )


def check_plausible(listed: Mapping[str, int], known: Mapping[str, int]) -> None:
    """Raises `Implausible` when a system lists far fewer live objects than we know to be live there."""
    for system, count in known.items():
        if count > FEW and listed.get(system, 0) < count * SHRINK:
            raise Implausible(
                f"{system} lists {listed.get(system, 0)} live objects where {count} are known: "
                "looks like half a list, so nothing was touched"
            )


def _busy(link: Link, since: datetime) -> bool:
    return link.held or link.owing > 0 or (link.touched_at is not None and link.touched_at >= since)


def _expected(link: Link, member: Member) -> bool:
    """Whether the member should be found among the live ones."""
    live = member.kind in ("alert", "incident") and bool(member.id) and not member.over and not member.lowered
    return live and member.episode == link.episode


def _kind(event: Event, links: Sequence[Link]) -> str:
    members = [m for link in links if (m := link.find(event.ref)) is not None]
    if not members or event.status is None:
        return "unknown"
    known = max((m.status or 0) for m in members)
    return "ahead" if event.status > known else "fell" if event.status < known else "differs"
