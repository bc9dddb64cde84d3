"""What can have changed on either side while nobody told the bridge, and what must be true once it is repaired."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.machines.drift.world import Pair, World

OVER = ("resolved", "suppressed")


@dataclass(frozen=True, slots=True)
class Kind:
    """`do` changes one side of a pair, `repaired` looks at the other. `of`: alerts or incidents."""

    name: str
    of: str
    do: Callable[[World, Pair], object]
    repaired: Callable[[World, Pair], bool]


def _mirror(world: World, pair: Pair) -> str:
    status: str = world.rootly.alert(pair[1])["status"]
    return status


def _alert(world: World, pair: Pair) -> str:
    status: str = world.pagertree.alert(pair[0])["status"]
    return status


def _noted(world: World, pair: Pair) -> bool:
    return any("was deleted" in note for note in world.rootly.alert(pair[1])["notes"])


def _told(world: World, pair: Pair, word: str) -> bool:
    return any(word in entry["text"] for entry in world.rootly.incident(pair[1])["timeline"])


def _page_shows(world: World, pair: Pair) -> bool:
    return bool(world.pagertree.alert(pair[0])["title"] == world.rootly.incident(pair[1])["title"])


KINDS: tuple[Kind, ...] = (
    Kind(
        *("alert acknowledged", "alerts", lambda w, p: w.pagertree.acknowledge(p[0])),
        lambda w, p: _mirror(w, p) == "acknowledged",
    ),
    Kind(
        *("alert resolved", "alerts", lambda w, p: w.pagertree.resolve(p[0])),
        lambda w, p: _mirror(w, p) == "resolved",
    ),
    Kind(*("alert deleted", "alerts", lambda w, p: w.pagertree.delete(p[0])), _noted),
    Kind(
        *("mirror acknowledged", "alerts", lambda w, p: w.rootly.acknowledge_alert(p[1])),
        lambda w, p: _alert(w, p) == "acknowledged",
    ),
    Kind(
        *("mirror resolved", "alerts", lambda w, p: w.rootly.resolve_alert(p[1])),
        lambda w, p: _alert(w, p) == "resolved",
    ),
    Kind(
        *(
            "incident renamed",
            "incidents",
            lambda w, p: w.rootly.update_incident(p[1], title=f"Checkout of {p[1][:8]}"),
        ),
        _page_shows,
    ),
    Kind(
        *("incident raised", "incidents", lambda w, p: w.rootly.update_incident(p[1], severity="critical")),
        lambda w, p: w.pagertree.alert(p[0])["urgency"] == "critical",
    ),
    Kind(
        *("incident resolved", "incidents", lambda w, p: w.rootly.resolve_incident(p[1])),
        lambda w, p: _alert(w, p) in OVER,
    ),
    Kind(
        *("incident deleted", "incidents", lambda w, p: w.rootly.delete_incident(p[1])),
        lambda w, p: _alert(w, p) in OVER,
    ),
    Kind(
        *("page acknowledged", "incidents", lambda w, p: w.pagertree.acknowledge(p[0])),
        lambda w, p: _told(w, p, "cknowledged"),
    ),
    Kind(
        *("page resolved", "incidents", lambda w, p: w.pagertree.resolve(p[0])),
        lambda w, p: _told(w, p, "esolved"),
    ),
)
