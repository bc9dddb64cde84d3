"""`bridge setup`: both systems are looked at, and only what is not as it has to be is made or repaired.

Rule: done twice it changes nothing, and what stops one part does not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from bridge.config import Config
from bridge.core.policy import PAGERTREE, ROOTLY
from bridge.flows import doctor_rootly, setup_door, setup_pagertree, setup_rootly
from bridge.flows import doctor_there as there
from bridge.flows.asking import NAMES, connected
from bridge.flows.checks import Area, Check, fail
from bridge.flows.setup_parts import Job, Part, guarded
from bridge.systems.fields import is_loopback

ADDRESS = "public address"
_PARTS = {PAGERTREE: (setup_pagertree.NAME, setup_pagertree.connect), ROOTLY: (setup_rootly.NAME, setup_rootly.connect)}
Told = Callable[[str], None]  # what is being done, for whoever waits


def set_up(
    config: Config, env: Mapping[str, str], told: Told, *, plan: bool = False, show_secret: bool = False,
    name: str = "", door: bool = False, door_team: str = "",
) -> Iterator[Part]:  # fmt: skip
    """Each part as soon as it is done."""
    with connected(config, env) as send:
        job = Job(config, send, _address(config), plan, show_secret, name, door, door_team)
        told("asking both systems whether our keys are good")
        sides = there.probe_both(config, send)
        yield from (Part(there.key_check(side)) for side in sides.values())
        good = frozenset(system for system, side in sides.items() if side.usable)
        yield from _webhooks(job, sides, told)
        if door and PAGERTREE in good:
            told("PagerTree: looking at the door")
            yield from guarded(setup_door.NAME, lambda: setup_door.open_door(job))
        told("comparing names with the configuration")
        yield from map(Part, _names(job, good))


def _webhooks(job: Job, sides: Mapping[str, there.Side], told: Told) -> Iterator[Part]:
    if (fault := _unreachable(job.config)) is not None:
        yield Part(fault)
        return
    for system, side in sides.items():
        told(f"{NAMES[system]}: looking at its webhooks")
        yield from _side(job, system, side)


def _side(job: Job, system: str, side: there.Side) -> Iterator[Part]:
    name, connect = _PARTS[system]
    if side.usable:
        yield from guarded(name, lambda: connect(job))
        return
    key = there.key_check(side)
    yield Part(fail(name, f"not looked at: {key.name} {key.detail}", key.mend, key.area))


def _names(job: Job, good: frozenset[str]) -> Iterator[Check]:
    yield from there.names(job.config, job.send, good)
    if ROOTLY in good:
        yield from doctor_rootly.neighbour(job.config, job.send)


def _address(config: Config) -> str:
    return (config.server.public_url or "").rstrip("/")


def _unreachable(config: Config) -> Check | None:
    """None: there is an address that the systems can be told."""
    mend = "set server.public_url to the https address under which PagerTree and Rootly reach the bridge"
    address = _address(config)
    if not address:
        return fail(ADDRESS, "server.public_url is not set, so webhooks have nowhere to go", mend, Area.CONFIG)
    outside = [s for s in (config.pagertree, config.rootly) if not is_loopback(urlsplit(s.api_url).hostname or "")]
    if outside and is_loopback(urlsplit(address).hostname or ""):
        return fail(ADDRESS, f"{address} is this machine only: nobody outside reaches it", mend, Area.CONFIG)
    return None
