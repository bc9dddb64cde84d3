"""Who is on call for the teams that a page is for: asked within a few seconds, and nothing waits for it any longer."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLong
from dataclasses import replace
from threading import Thread

from bridge.app import Parts
from bridge.core.policy import PAGERTREE
from bridge.errors import BridgeError, Unlistable
from bridge.flows.directory import RECEIVERS, directory_of
from bridge.flows.exchange import exchange
from bridge.flows.outage import why
from bridge.log import get_log
from bridge.model import Response
from bridge.systems.contract import Directory, Known
from bridge.systems.pagertree.oncall import current_oncall, read_oncall

ONE_TEAM = 3.0  # seconds for one team's answer
MOST_TEAMS = 10

log = get_log(__name__)


def named(receivers: Sequence[str]) -> str:
    return f"Paged {', '.join(receivers)}."


def who_is_paged(parts: Parts, receivers: Sequence[str], seconds: float) -> tuple[str, str]:
    """The sentence for people, and why it lacks who is on call (empty: it lacks nothing)."""
    plain = named(receivers)
    if PAGERTREE not in parts.circuits.passable():
        return plain, "PagerTree does not answer"
    told: Future[str] = Future()
    Thread(target=_into, args=(told, parts, receivers), daemon=True).start()
    try:
        return told.result(max(seconds, 0.0)), ""
    except TooLong:
        return plain, "PagerTree did not answer in time"
    except BridgeError as fault:
        return plain, str(fault)


def _into(told: Future[str], parts: Parts, receivers: Sequence[str]) -> None:
    try:
        told.set_result(_sentence(parts, receivers))
    except BaseException as fault:
        told.set_exception(fault if isinstance(fault, BridgeError) else BridgeError("it could not be read"))
        if not isinstance(fault, BridgeError):
            log.exception("oncall.crashed")


def _sentence(parts: Parts, receivers: Sequence[str]) -> str:
    directory = directory_of(parts, PAGERTREE, tuple(receivers))
    known = [(name, directory.find(name, *RECEIVERS)) for name in receivers]
    paged = ", ".join(found.title or name if found else name for name, found in known)
    teams = [found for _, found in known if found is not None and found.kind == "team"]
    oncall = "; ".join(f"{team.title}: {_people(parts, team, directory)}" for team in teams[:MOST_TEAMS])
    return f"Paged {paged}. On call now: {oncall}." if oncall else f"Paged {paged}."


def _people(parts: Parts, team: Known, directory: Directory) -> str:
    request = replace(current_oncall(parts.settings[PAGERTREE], team.id), seconds=ONE_TEAM)
    answer = exchange(parts, request)
    if not isinstance(answer, Response) or not answer.ok:
        raise Unlistable(f"who is on call for {team.title} could not be read: {why(answer)}")
    people = ((id_, directory.find(id_, "user")) for id_ in read_oncall(answer))
    return ", ".join(found.title or id_ if found else id_ for id_, found in people) or "nobody"
