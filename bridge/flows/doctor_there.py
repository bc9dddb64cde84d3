"""What `doctor --online` asks the two systems: our keys, names in the configuration, the clocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from bridge import known
from bridge.config import Config
from bridge.core.policy import PAGERTREE, ROOTLY
from bridge.core.routes import receivers_of
from bridge.errors import Unlistable
from bridge.flows import doctor_rootly as rootly
from bridge.flows.checks import Area, Check, fail, ok, warn
from bridge.flows.doctor_rootly import Send
from bridge.flows.outage import why
from bridge.model import Answer, NoAnswer, Request, Response
from bridge.systems.contract import Directory, Known, Listing
from bridge.transport import Transport, origin

NAMES = {PAGERTREE: "PagerTree", ROOTLY: "Rootly"}
SKEW = 30.0  # seconds that two clocks may differ
MOST_PAGES = 100
KINDS = ("team", "router", "user")


@dataclass(frozen=True, slots=True)
class Side:
    """One system as its probe found it."""

    system: str
    answer: Answer

    @property
    def usable(self) -> bool:
        return isinstance(self.answer, Response) and self.answer.ok


def examine(config: Config, env: Mapping[str, str], clock: Callable[[], datetime]) -> Iterator[Check]:
    bundle = env.get("BRIDGE_CA_BUNDLE")
    allowed = frozenset(origin(section.api_url) for section in (config.pagertree, config.rootly))
    with closing(Transport(allowed, ca_bundle=Path(bundle) if bundle else None)) as transport:
        yield from _ask(config, transport.send, clock)


def _ask(config: Config, send: Send, clock: Callable[[], datetime]) -> Iterator[Check]:
    sides = [Side(system, send(known.TARGETS[system].probe(_settings(config, system)))) for system in NAMES]
    for side in sides:
        yield key_check(side)
        if isinstance(side.answer, Response):
            yield clock_check(side, clock())
    good = {side.system for side in sides if side.usable}
    if PAGERTREE in good:
        yield from _listed("receivers", config, PAGERTREE, send, _receivers)
    if ROOTLY in good:
        yield from _listed("urgencies", config, ROOTLY, send, _urgencies)
        yield from rootly.examine(config, send)


def _settings(config: Config, system: str) -> Any:
    return getattr(config, system)


# -- keys and clocks ---------------------------------------------------------------------------------------------------


def key_check(side: Side) -> Check:
    name, answer = f"{NAMES[side.system]} API key", side.answer
    if isinstance(answer, NoAnswer):
        return fail(name, answer.reason, f"check {side.system}.api_url, the network and its status page", Area.REMOTE)
    if answer.ok:
        return ok(name, "is accepted")
    if answer.status in (401, 403):
        return fail(name, f"is refused ({answer.status})", f"put a valid key into {side.system}.api_key", Area.CONFIG)
    return fail(name, f"nobody knows: it answered {answer.status}", "try again later", Area.REMOTE)


def clock_check(side: Side, now: datetime) -> Check:
    """By the `Date` of its answer."""
    name = f"clock against {NAMES[side.system]}"
    theirs = _date(side.answer)
    if theirs is None:
        return ok(name, "it does not tell the time")
    skew = (now - theirs).total_seconds()
    if abs(skew) > SKEW:
        word = "ahead" if skew > 0 else "behind"
        return warn(name, f"ours is {abs(skew):.0f} s {word}", "let NTP set it: signatures are judged by the clock")
    return ok(name, f"{abs(skew):.0f} s apart")


def _date(answer: Answer) -> datetime | None:
    said = answer.headers.get("date") if isinstance(answer, Response) else None
    try:
        found = parsedate_to_datetime(said) if said else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


# -- names in the configuration ----------------------------------------------------------------------------------------


def _listed(
    name: str, config: Config, system: str, send: Send, judge: Callable[[Config, Directory], Iterator[Check]]
) -> Iterator[Check]:
    try:
        directory = _directory(config, system, send)
    except Unlistable as fault:
        yield fail(name, str(fault), "try again later", Area.REMOTE)
        return
    yield from judge(config, directory)


def _directory(config: Config, system: str, send: Send) -> Directory:
    listings = known.TARGETS[system].directories(_settings(config, system))
    return Directory(tuple(entry for listing in listings for entry in _entries(system, listing, send)))


def _entries(system: str, listing: Listing, send: Send) -> Iterator[Known]:
    request: Request | None = listing.first
    for _ in range(MOST_PAGES):
        if request is None:
            return
        answer = send(request)
        if not isinstance(answer, Response) or not answer.ok:
            raise Unlistable(f"{listing.name} could not be read: {why(answer)}")
        page, request = known.TARGETS[system].read_directory(listing, answer)
        yield from page


def _receivers(config: Config, directory: Directory) -> Iterator[Check]:
    wanted = [(n, r) for n, route in enumerate(config.routes) for r in receivers_of(route)]
    missing = [(n, r.name) for n, r in wanted if not r.integration and directory.find(r.name, *KINDS) is None]
    for place, name in missing:
        mend = "name a team, router or user that is there; until then the last route's receivers are paged"
        yield fail("receivers", f"routes.{place}: PagerTree has no {name}", mend, Area.CONFIG)
    if not missing:
        yield ok("receivers", f"every receiver of the {len(config.routes)} routes that can be looked up is there")


def _urgencies(config: Config, directory: Directory) -> Iterator[Check]:
    wanted = sorted(set(config.rootly.alerts.urgency.values()))
    missing = [word for word in wanted if directory.find(word, "urgency") is None]
    for word in missing:
        detail = f"rootly.alerts.urgency: Rootly has no urgency {word}, and would decide itself"
        yield warn("urgencies", detail, "write one of those in Rootly, Alerts, Urgencies")
    if not missing:
        yield ok("urgencies", f"Rootly has {', '.join(wanted)}")
