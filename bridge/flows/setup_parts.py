"""What `bridge setup` says of each thing that has to be so: what was changed for it, and how it stands now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bridge.config import Config
from bridge.errors import BridgeError, ConfigError, Declined, Unanswered, Unlistable
from bridge.flows.asking import Send
from bridge.flows.checks import Area, Check, State, fail, ok

LATER = "`bridge setup` without --plan does it"
AGAIN = "run `bridge setup` again later: it looks first, and does nothing twice"


@dataclass(frozen=True, slots=True)
class Part:
    """`changes`: what was done, or would be. `shown`: lines that the operator needs as they are, secrets included."""

    check: Check
    changes: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One run: between which systems, and how."""

    config: Config
    send: Send
    address: str  # the public one, without a slash at its end; empty: not configured
    plan: bool = False
    show_secret: bool = False
    name: str = ""  # of PagerTree's Outgoing Webhook
    door: bool = False
    door_team: str = ""


def planned(name: str, changes: tuple[str, ...]) -> Part:
    return Part(Check(name, State.WARN, f"would {'; '.join(changes)}", LATER), changes)


def done(name: str, stands: str, changes: tuple[str, ...] = (), shown: tuple[str, ...] = ()) -> Part:
    return Part(ok(name, stands), changes, shown)


def guarded(name: str, work: Callable[[], Iterator[Part]]) -> Iterator[Part]:
    """What stops one part is told as its end, and the others go on."""
    try:
        yield from work()
    except ConfigError as fault:
        yield Part(fail(name, "; ".join(fault.faults), "correct the configuration", Area.CONFIG))
    except Unlistable as fault:
        yield Part(_not_read(name, fault))
    except Unanswered as fault:
        yield Part(fail(name, _said(fault), AGAIN, Area.REMOTE))
    except Declined as fault:
        yield Part(fail(name, _said(fault), "see `bridge setup --print-steps` for doing it by hand"))


def _not_read(name: str, fault: Unlistable) -> Check:
    if fault.auth:
        mend = "give the API key that right: Rootly wants a Global key, PagerTree that of a user with the admin role"
        return fail(name, _said(fault), mend, Area.CONFIG)
    return fail(name, _said(fault), AGAIN, Area.REMOTE)


def _said(fault: BridgeError) -> str:
    return str(fault).rstrip(".")
