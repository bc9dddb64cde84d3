"""Who a page is for: whoever of them exists, and never nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bridge.app import Parts
from bridge.core import outcome as outcomes
from bridge.core import routes
from bridge.errors import Unlistable
from bridge.flows import probing
from bridge.flows.directory import RECEIVERS, directory_of
from bridge.log import get_log
from bridge.model import Call, Command, Create, Receiver, Retry, Settlement, Update
from bridge.systems.contract import Directory

log = get_log(__name__)


def addressed(parts: Parts, call: Call, command: Create, chance: float) -> Create | Settlement:
    """The create with receivers that exist. An unknown one falls back to the last route, loudly; never a lost page."""
    if by_integration(command):
        door = routes.unveiled(parts.policy.routes, command.draft.receivers[0])
        if door is not None and call.progress != "last_route":
            return replace(command, draft=replace(command.draft, receivers=(door,)))
        command = _to_last_route(parts, call, command)
    receivers = command.draft.receivers
    if not receivers:
        return command
    try:
        directory = directory_of(parts, command.target, tuple(r.name for r in receivers))
    except Unlistable as fault:
        return unlisted(parts, call, fault, chance)
    known = [r for r in receivers if directory.find(r.name, *RECEIVERS)]
    if len(known) == len(receivers):
        return command
    return _without_unknown(parts, call, command, known, directory)


def unlisted(parts: Parts, call: Call, fault: Unlistable, chance: float) -> Settlement:
    """What has to be known first could not be read: the call was not made. Limits say nothing of that side."""
    if fault.after is not None:
        return outcomes.wait_turn(call, str(fault), timedelta(seconds=fault.after))
    probing.note(parts, call, Retry(str(fault), auth=fault.auth, ailing=fault.ailing))
    return outcomes.again(call, str(fault), parts.clock(), chance)


def receivers_of(command: Command) -> tuple[str, ...]:
    """The names of whom a page is for, as it is made or changed."""
    match command:
        case Create(draft=draft):
            return tuple(receiver.name for receiver in draft.receivers)
        case Update(fields={"receivers": list() as names}):
            return tuple(map(str, names))
    return ()


def check_update(parts: Parts, call: Call, command: Command, directory: Directory) -> None:
    """A page that is sent elsewhere keeps its receivers where none of the new ones exists."""
    names = receivers_of(command) if isinstance(command, Update) else ()
    if missing := [name for name in names if directory.find(name, *RECEIVERS) is None]:
        _alarm(parts, call, "receiver", f"PagerTree does not know {', '.join(missing)}: the page does not go there")


def _without_unknown(
    parts: Parts, call: Call, command: Create, known: list[Receiver], directory: Directory
) -> Create | Settlement:
    missing = ", ".join(r.name for r in command.draft.receivers if r not in known)
    last = [r for r in routes.last_resort(parts.policy.routes) if directory.find(r.name, *RECEIVERS)]
    _alarm(parts, call, "receiver", f"PagerTree does not know {missing}; the last route's receivers are paged")
    if not known and not last:
        reason = f"no receiver of the route or of the last route exists: {missing}"
        return Settlement("owed", reason, due_in=timedelta(minutes=1), progress=call.progress)
    return replace(command, draft=replace(command.draft, receivers=tuple(dict.fromkeys((*known, *last)))))


def _to_last_route(parts: Parts, call: Call, command: Create) -> Create:
    _alarm(parts, call, "integration", "the PagerTree integration made nothing of the page; the last route is paged")
    return replace(command, draft=replace(command.draft, receivers=routes.last_resort(parts.policy.routes)))


def by_integration(command: Command) -> bool:
    """A route names integrations or other receivers, never both: the configuration refuses the mixture."""
    return isinstance(command, Create) and any(r.integration for r in command.draft.receivers)


def _alarm(parts: Parts, call: Call, kind: str, what: str) -> None:
    parts.metrics.alarm(kind)
    log.error("alarm", kind=kind, what=what, call=call.id, link=call.link.id)
    parts.store.write(lambda tx: tx.audit("bridge", "alarm", call.link.id, what))
