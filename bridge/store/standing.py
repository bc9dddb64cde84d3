"""How a call stands, in one sentence for whoever was woken by it: what was tried, what came back, what it waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]  # a call, a link or a circuit, as `rows` shows them


def standing(call: Row, link: Row, before: Sequence[Row], circuits: Sequence[Row]) -> str:
    """`before`: creates and advances of the link that were decided earlier and are owed."""
    match call["state"]:
        case "owed":
            parts = (_awaits(call, link, before, circuits), _tried(call), _doubt(call))
            return "; ".join(part for part in parts if part)
        case "dead":
            return f"{call['reason']}; {_times(call['attempts'])}, given up; `bridge calls retry {call['id']}`"
        case "shadow":
            return f"decided in shadow: it never leaves for {call['target']}"
        case "superseded":
            tries = f"; {_times(call['attempts'])} before" if call["attempts"] else ""
            return f"not needed any more: {call['reason']}{tries}"
    return f"{call['reason']}; {_times(call['attempts'])}" if call["attempts"] else str(call["reason"])


def _awaits(call: Row, link: Row, before: Sequence[Row], circuits: Sequence[Row]) -> str:
    if call["under_way"]:
        return f"under way since {_at(call['under_way'])}"
    if link["held"]:
        until = f"until {_at(link['held_until'])}" if link["held_until"] else "until it is resumed"
        return f"waits: {link['held_by'] or 'somebody'} paused the link, {until}"
    if call["blocked"]:
        return _behind(call, before)
    for circuit in circuits:
        if circuit["open"] and circuit["target"] == call["target"]:
            since, again = _at(circuit["since"]), _at(circuit["probe_at"])
            return f"held: {call['target']} is out of reach since {since} ({circuit['reason']}), asked again at {again}"
    return f"due at {_at(call['due_at'])}"


def _behind(call: Row, before: Sequence[Row]) -> str:
    """An advance waits for what comes before it, anything else for the create of its object."""
    moves = ("create", "advance") if call["kind"] == "advance" else ("create",)
    owed = [one for one in before if one["target"] == call["target"]]
    first = [one for one in owed if one["kind"] in moves and (call["kind"] == "advance" or one["of"] == call["of"])]
    return f"waits for call {first[0]['id']} ({first[0]['kind']})" if first else "waits for an earlier call"


def _tried(call: Row) -> str:
    if call["attempts"]:
        return f"{_times(call['attempts'])}, last: {call['reason'] or 'no answer was stored'}"
    return str(call["reason"] or "not tried yet")


def _times(attempts: int) -> str:
    return {0: "never tried", 1: "tried once"}.get(attempts, f"tried {attempts} times")


def _doubt(call: Row) -> str:
    return "it may have had its effect: looked for before it is repeated" if call["unsure"] else ""


def _at(moment: object) -> str:
    """To the second, as everything beside it."""
    return f"{str(moment)[:19].replace('T', ' ')} UTC"


def outlook(delivery: Row) -> str:
    """Why a delivery did what it did, or nothing, and what comes next."""
    match delivery["verdict"]:
        case "waiting":
            why = f"{_looks(delivery['attempts'])}{delivery['reason']}" if delivery["reason"] else "not judged yet"
            return f"{why}; judged at {_at(delivery['due_at'])} or soon after"
        case "quarantined":
            return f"{delivery['reason']}; kept as it came: `bridge replay {delivery['id']}` judges it again"
    return str(delivery["reason"])


def _looks(attempts: int) -> str:
    return f"looked at {'once' if attempts == 1 else f'{attempts} times'}: "
