"""How a story stands at its end, in the vendors and in the bridge's book: what must not show how it was told."""

from __future__ import annotations

from collections import Counter
from typing import Any

from simulation.invariants import GONE
from tests.machines.orders.scene import Scene
from tests.machines.orders.tellings import STRANGERS

LINKS = """
SELECT kind, origin_system, origin_id, status, episode, listed, held, apart FROM links
WHERE origin_id = :id OR origin_alias = :id
"""
LIVE = """
SELECT refs.id, refs.system, refs.kind, refs.status, refs.lowered, refs.gone
FROM refs JOIN links ON links.id = refs.link
WHERE (links.origin_id = :id OR links.origin_alias = :id) AND refs.kind IN ('alert', 'incident')
    AND refs.id <> '' AND refs.episode = links.episode AND (refs.status < 3 OR refs.id = links.origin_id)
ORDER BY 2, 3, 4, 5, 6
"""


End = tuple[str, list[Any], object]  # a vendor's status, what lives on the other side, what the book says


def end_of(scene: Scene) -> tuple[End, ...]:
    """A page that was withdrawn in time is as good as one that was resolved, so only what lives is compared."""
    alerts = [_alert(scene, alert) for alert in scene.people.alerts]
    incidents = [_incident(scene, incident) for incident in scene.people.incidents]
    return (*alerts, *incidents)


def _alert(scene: Scene, key: str) -> End:
    alert = scene.vendors.pagertree.world.inside[key]
    mirrors = [m for m in scene.vendors.rootly.alerts.by_id.values() if m.external_id == alert.shown["prefix_id"]]
    live = sorted(mirror.status for mirror in mirrors if mirror.status not in GONE)
    return alert.status, live, _book(scene, key)


def _incident(scene: Scene, key: str) -> End:
    incident = scene.vendors.rootly.incidents.by_id[key]
    pages = [a for a in scene.vendors.pagertree.world.alerts if _mark(a).startswith(f"rootly:{key}#")]
    live = sorted((p["title"], p["urgency"], p["status"], _mark(p)) for p in pages if p["status"] not in GONE)
    return incident.status, live, _book(scene, key)


def _mark(alert: dict[str, Any]) -> str:
    return str(alert["thirdparty_id"])


def _book(scene: Scene, key: str) -> tuple[object, ...]:
    """Its links and what lives of them, without what only a forged webhook spoke of."""
    links, live = (scene.book.execute(sql, {"id": key}).fetchall() for sql in (LINKS, LIVE))
    return [tuple(row) for row in links], [tuple(row)[1:] for row in live if row[0] not in STRANGERS.values()]


def made_twice(scene: Scene) -> str:
    """No call is ever lost here, so not even a double that is resolved later has an excuse."""
    pages = Counter(_mark(alert) for alert in scene.vendors.pagertree.world.alerts)
    mirrors = Counter(alert.deduplication_key or alert.id for alert in scene.vendors.rootly.alerts.by_id.values())
    doubles = [name for made in (pages, mirrors) for name, count in made.items() if count > 1]
    return f"I2 more than one alert was made for {doubles[0]}" if doubles else ""


def outlived(scene: Scene) -> str:
    """Whose end was told has nothing live on the other side, whatever was told after it."""
    for key in scene.people.alerts:
        status, live, _book_says = _alert(scene, key)
        if status in GONE and live:
            return f"P3 alert {key} is {status}, and its mirror {live[0]}"
    for key in scene.people.incidents:
        status, live, _book_says = _incident(scene, key)
        if status in ("resolved", "cancelled") and live:
            return f"P3 incident {key} is {status}, and its page lives"
    return ""
