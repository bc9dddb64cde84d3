"""When the bridge itself is in trouble: which alarm rules hold, from how it stands. Pure; the flow raises and clears.

An alarm is a signal of our own, so that one that holds is one alert and its end resolves it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.core.durations import say_duration
from bridge.core.policy import title_of
from bridge.model import Circuit

BRIDGE = "bridge"  # the system whose signals are our alarms; no integration can have this id
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Rules:
    """None and False: off."""

    owed: timedelta | None
    circuit: timedelta | None
    quarantine: bool
    silence: timedelta | None
    repairs: bool
    storm: bool
    disk: int | None  # MiB
    canary: timedelta | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the bridge stands."""

    oldest_page: timedelta  # of the pages owed; those held by the storm breaker and our own alarms do not count
    oldest_at: str  # the system that the oldest one is owed to; empty: none is
    circuits: tuple[Circuit, ...]
    quarantined: int  # deliveries of the last day
    dead: int  # creates and advances given up in the last day, but for our own alarms
    silent: tuple[str, ...]  # sides that no webhook came from for too long
    repairs: int  # differences found by the last resync
    held: int  # pages held by the storm breaker
    canary: timedelta  # since when none has come back; zero: none is under way
    free: int | None  # bytes on the store's disk; None: it is a server's


@dataclass(frozen=True, slots=True)
class Alarm:
    """A rule that holds, about one thing."""

    rule: str
    what: str
    title: str
    description: str
    urgency: str = "high"
    suspect: str = ""  # the system that the trouble is with: told through the other one, if that can be

    @property
    def id(self) -> str:
        return f"{BRIDGE}:{self.rule}:{self.what}"


def holding(rules: Rules, standing: Standing, now: datetime) -> tuple[Alarm, ...]:
    return (
        *_owed(rules.owed, standing),
        *_circuits(rules.circuit, standing, now),
        *_silence(rules.silence, standing),
        *_quarantine(rules.quarantine, standing),
        *_repairs(rules.repairs, standing),
        *_storm(rules.storm, standing),
        *_disk(rules.disk, standing),
        *_canary(rules.canary, standing),
    )


def _owed(most: timedelta | None, standing: Standing) -> Iterator[Alarm]:
    if most is not None and standing.oldest_page > most:
        age = say_duration(standing.oldest_page)
        yield Alarm(
            "owed",
            "pages",
            "Bridge: a page could not leave",
            f"The oldest page that is owed to {title_of(standing.oldest_at)} waits for more than {say_duration(most)} "
            f"({age} when this was raised). `bridge calls list --state owed` says why.",
            suspect=standing.oldest_at,
        )


def _circuits(most: timedelta | None, standing: Standing, now: datetime) -> Iterator[Alarm]:
    for circuit in standing.circuits:
        if most is not None and circuit.open and now - circuit.since > most:
            side = title_of(circuit.target)
            yield Alarm(
                "circuit",
                circuit.target,
                f"Bridge: calls to {side} are held",
                f"{side} took no calls since {circuit.since:%H:%M:%S} UTC: {circuit.reason}. "
                "They are kept and leave when it answers again.",
                suspect=circuit.target,
            )


def _silence(most: timedelta | None, standing: Standing) -> Iterator[Alarm]:
    for system in standing.silent if most is not None else ():
        assert most is not None
        side = title_of(system)
        yield Alarm(
            "silence",
            system,
            f"Bridge: no webhook from {side}",
            f"{side} has sent no webhook for {say_duration(most)}. `bridge setup --plan` says what is not connected.",
            "low",
        )


def _quarantine(wanted: bool, standing: Standing) -> Iterator[Alarm]:
    if wanted and standing.quarantined:
        yield Alarm(
            "quarantine",
            "deliveries",
            "Bridge: webhooks are quarantined",
            "Deliveries of the last day were kept and not understood. "
            "`bridge deliveries list --verdict quarantined` says why; replay them when the cause is mended.",
            "low",
        )

    if wanted and standing.dead:
        yield Alarm(
            "quarantine",
            "calls",
            "Bridge: calls were given up",
            "A page, an acknowledge or a resolve of the last day will not be made. "
            "`bridge calls list --state dead` says why; retry or discard each when the cause is mended.",
        )


def _repairs(wanted: bool, standing: Standing) -> Iterator[Alarm]:
    if wanted and standing.repairs:
        yield Alarm(
            "repairs",
            "resync",
            "Bridge: webhooks were lost",
            "The last resync found differences that no webhook had told, and repaired them. "
            "`bridge setup --plan` says what is not connected.",
            "low",
        )


def _storm(wanted: bool, standing: Standing) -> Iterator[Alarm]:
    if wanted and standing.held:
        yield Alarm(
            "storm",
            "pages",
            "Bridge: pages are held by the storm breaker",
            "More pages are caused than `sync.storm_pages_per_minute` lets leave. None is lost: each says until when.",
        )


def _disk(least: int | None, standing: Standing) -> Iterator[Alarm]:
    if least is not None and standing.free is not None and standing.free < least * MIB:
        yield Alarm(
            "disk",
            "store",
            "Bridge: the disk is nearly full",
            f"Less than {least} MiB are free on the store's disk. When it is full, webhooks are answered 503.",
        )


def _canary(most: timedelta | None, standing: Standing) -> Iterator[Alarm]:
    if most is not None and standing.canary > most:
        yield Alarm(
            "canary",
            "round-trip",
            "Bridge: its canary did not come back",
            f"An alert of the bridge's own, sent through both systems, was not told of by both within "
            f"{say_duration(most)}: pages or webhooks may be lost. `bridge links list --system bridge` shows it.",
        )
