"""What hinders pages now, worst first, each with why and what mends it. Pure: the first thing to read when woken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.core.alarms import Alarm
from bridge.core.durations import say_duration
from bridge.core.policy import PAGERTREE, title_of
from bridge.model import Circuit

FLOWS = "Pages flow."
SLOW = timedelta(minutes=1)  # a page or a webhook that has waited so long is worth a word
NO_BEAT = 15.0  # seconds after which a replica counts as gone


@dataclass(frozen=True, slots=True)
class Hindrance:
    """`stops`: pages do not leave because of it. `page`: where in the console it is shown and mended."""

    what: str
    why: str
    mend: str
    command: str = ""
    page: str = ""
    stops: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """How the bridge stands, as its store tells it."""

    circuits: Sequence[Circuit] = ()
    oldest_page: timedelta = timedelta(0)
    oldest_at: str = ""  # the system that it is owed to
    oldest_waiting: timedelta = timedelta(0)
    storm_held: int = 0
    dead: int = 0  # of the last day
    quarantined: int = 0  # of the last day
    shadow: frozenset[str] = frozenset()  # targets that nothing leaves for
    resync: str = "done"  # state of the newest one
    resync_says: str = ""
    replicas: Sequence[float] | None = None  # seconds since each one's last beat; None: the store is one process's
    alarms: Sequence[Alarm] = ()


def headline(found: Sequence[Hindrance]) -> str:
    """One line. What does not stop pages leaves them flowing."""
    if not found:
        return FLOWS
    first = found[0]
    said = f"{first.what}: {first.why}. {first.mend}"
    return said if first.stops else f"{FLOWS[:-1]}, but {said[:1].lower()}{said[1:]}"


def hindrances(view: View, now: datetime) -> tuple[Hindrance, ...]:
    found = (
        *_nobody(view),
        *_circuits(view, now),
        *_shadow(view),
        *_storm(view),
        *_waiting(view),
        *_ended(view),
        *_resync(view),
        *_alarms(view),
    )
    return tuple(sorted(found, key=lambda one: not one.stops))


def _nobody(view: View) -> Iterator[Hindrance]:
    if view.replicas is not None and not any(silent < NO_BEAT for silent in view.replicas):
        yield Hindrance(
            "No replica is at work",
            "none has told the store that it lives",
            "Start the bridge; webhooks are refused until then.",
            "bridge serve",
            stops=True,
        )


def _circuits(view: View, now: datetime) -> Iterator[Hindrance]:
    for one in (circuit for circuit in view.circuits if circuit.open):
        side = title_of(one.target)
        yield Hindrance(
            f"Calls to {side} are held",
            f"{one.reason} (for {say_duration(_whole(now - one.since))})",
            f"They leave by themselves when {side} answers again; bridge doctor --online says what to mend.",
            "bridge doctor --online",
            f"/calls?state=owed&target={one.target}",
            stops=one.target == PAGERTREE,
        )


def _shadow(view: View) -> Iterator[Hindrance]:
    for target in sorted(view.shadow):
        yield Hindrance(
            f"Nothing leaves for {title_of(target)}",
            "sync.shadow names it: calls are decided and never made",
            "Take it out of sync.shadow and start the bridge again.",
            "bridge shadow",
            f"/calls?state=shadow&target={target}",
            stops=target == PAGERTREE,
        )


def _storm(view: View) -> Iterator[Hindrance]:
    if view.storm_held:
        yield Hindrance(
            f"{_count(view.storm_held, 'page is', 'pages are')} held by the storm breaker",
            "more are caused than sync.storm_pages_per_minute lets leave",
            "Each says until when it waits; Retry lets one go now.",
            "bridge calls list --state owed",
            "/calls?state=owed&target=pagertree",
            stops=True,
        )


def _waiting(view: View) -> Iterator[Hindrance]:
    if view.oldest_page > SLOW:
        yield Hindrance(
            f"A page waits for {say_duration(_whole(view.oldest_page))}",
            f"{title_of(view.oldest_at)} has not taken it yet",
            "The call says why, and when it is tried again; Retry tries it now.",
            "bridge calls list --state owed",
            "/calls?state=owed&lane=pages",
            stops=True,
        )
    if view.oldest_waiting > SLOW:
        yield Hindrance(
            f"A webhook waits for {say_duration(_whole(view.oldest_waiting))} to be judged",
            "a question that it needs was not answered, or nobody judges",
            "The delivery says why.",
            "bridge deliveries list --verdict waiting",
            "/deliveries?verdict=waiting",
        )


def _ended(view: View) -> Iterator[Hindrance]:
    if view.dead:
        yield Hindrance(
            f"{_count(view.dead, 'call was', 'calls were')} given up in the last day",
            "a page, an acknowledge or a resolve was not made",
            "Each says why: mend the cause, then Retry or Discard it.",
            "bridge calls list --state dead",
            "/calls?state=dead",
        )
    if view.quarantined:
        yield Hindrance(
            f"{_count(view.quarantined, 'webhook was', 'webhooks were')} not understood in the last day",
            "kept as it came, and judged no further",
            "Each says why: mend the cause, then Replay it.",
            "bridge deliveries list --verdict quarantined",
            "/deliveries?verdict=quarantined",
        )


def _resync(view: View) -> Iterator[Hindrance]:
    if view.resync in ("refused", "failed"):
        yield Hindrance(
            f"The last resync {'was refused' if view.resync == 'refused' else 'failed'}",
            view.resync_says or "it gave no reason",
            "The next one tries again; bridge resync --plan tries now.",
            "bridge resync --plan",
            "/resyncs",
        )


def _alarms(view: View) -> Iterator[Hindrance]:
    """Those of which nothing else here tells."""
    for alarm in view.alarms:
        if alarm.rule in ("silence", "repairs", "disk", "canary"):
            what = alarm.title.removeprefix("Bridge: ")
            yield Hindrance(
                f"{what[:1].upper()}{what[1:]}", alarm.description, "The alarm says what to do.", page="/audit"
            )


def _whole(age: timedelta) -> timedelta:
    return timedelta(seconds=int(max(age, timedelta(0)).total_seconds()))


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
