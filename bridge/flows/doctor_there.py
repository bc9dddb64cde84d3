"""What `doctor --online` asks the two systems: our keys, names in the configuration, the clocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from bridge import known
from bridge.config import Config
from bridge.core.policy import PAGERTREE, ROOTLY
from bridge.core.routes import receivers_of
from bridge.errors import Unlistable
from bridge.flows import doctor_rootly as rootly
from bridge.flows.asking import NAMES, RECEIVERS, Send, connected, directory_of, settings_of
from bridge.flows.checks import Area, Check, fail, ok, warn
from bridge.model import Answer, NoAnswer, Response
from bridge.systems.contract import Directory

SKEW = 30.0  # seconds that two clocks may differ


@dataclass(frozen=True, slots=True)
class Side:
    """One system as its probe found it."""

    system: str
    answer: Answer

    @property
    def usable(self) -> bool:
        return isinstance(self.answer, Response) and self.answer.ok


def examine(config: Config, env: Mapping[str, str], clock: Callable[[], datetime]) -> Iterator[Check]:
    with connected(config, env) as send:
        sides = probe_both(config, send)
        for side in sides.values():
            yield key_check(side)
            if isinstance(side.answer, Response):
                yield clock_check(side, clock())
        good = frozenset(system for system, side in sides.items() if side.usable)
        yield from names(config, send, good)
        if ROOTLY in good:
            yield from rootly.examine(config, send)


def probe_both(config: Config, send: Send) -> Mapping[str, Side]:
    return {
        system: Side(system, send(known.TARGETS[system].probe(settings_of(config, system))))
        for system in (PAGERTREE, ROOTLY)
    }


def names(config: Config, send: Send, good: frozenset[str]) -> Iterator[Check]:
    """What the configuration calls things, against what the systems in `good` call them."""
    if PAGERTREE in good:
        yield from _listed("receivers", config, PAGERTREE, send, _receivers)
    if ROOTLY in good:
        yield from _listed("urgencies", config, ROOTLY, send, _urgencies)
        yield from rootly.severities(config, send)


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
        directory = directory_of(config, system, send)
    except Unlistable as fault:
        yield fail(name, str(fault), "try again later", Area.REMOTE)
        return
    yield from judge(config, directory)


def _receivers(config: Config, directory: Directory) -> Iterator[Check]:
    wanted = tuple(_named(config))
    missing = [(place, name) for place, name in wanted if directory.find(name, *RECEIVERS) is None]
    for place, name in missing:
        mend = "name a team, router or user that is there; until then the last route's receivers are paged"
        yield fail("receivers", f"{place}: PagerTree has no {name}", mend, Area.CONFIG)
    if not missing:
        yield ok("receivers", f"every receiver of the {len(config.routes)} routes that can be looked up is there")


def _named(config: Config) -> Iterator[tuple[str, str]]:
    """Each receiver that can be looked up, with the key that names it."""
    for place, route in enumerate(config.routes):
        yield from ((f"routes.{place}", one.name) for one in receivers_of(route) if not one.integration)
    for place, integration in enumerate(config.integrations):
        if PAGERTREE in integration.send_to:
            yield from ((f"integrations.{place}.destinations", name) for name in integration.destinations)
    yield from (("alarms.destinations", name) for name in config.alarms.destinations)
    if (canary := config.alarms.canary) is not None:
        yield from (("alarms.canary.destinations", name) for name in canary.destinations)


def _urgencies(config: Config, directory: Directory) -> Iterator[Check]:
    wanted = sorted(set(config.rootly.alerts.urgency.values()))
    missing = [word for word in wanted if directory.find(word, "urgency") is None]
    for word in missing:
        detail = f"rootly.alerts.urgency: Rootly has no urgency {word}, and would decide itself"
        yield warn("urgencies", detail, "write one of those in Rootly, Alerts, Urgencies")
    if not missing:
        yield ok("urgencies", f"Rootly has {', '.join(wanted)}")
