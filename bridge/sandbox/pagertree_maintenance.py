"""Maintenance windows: while one is open, what its integrations receive is answered 200 and forgotten.

https://pagertree.com/docs/api/maintenance-windows
"""

from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bridge.sandbox.pagertree_objects import Object, iso
from bridge.sandbox.pagertree_params import check, listed
from bridge.sandbox.pagertree_world import World

TEXTS = ("name", "description", "time_zone")
TIMES = ("start_datetime", "end_datetime")


def window_fields(world: World, given: Object, old: Object) -> Object:
    """A new window (`old` is empty) or what changes of one. Raises Problem 422."""
    fields: Object = {"name": "", "description": "", "time_zone": "", "integration_ids": []}
    fields |= {key: old[key] for key in (*fields, *TIMES) if key in old}
    fields |= {key: str(given[key] or "") for key in TEXTS if key in given}
    if "integration_ids" in given:
        found = [world.integrations.get(str(key)) for key in listed(given["integration_ids"])]
        fields["integration_ids"] = [one["id"] for one in found if one is not None]
    zone = _zone(fields["time_zone"])
    fields |= {key: _time(given.get(key, fields.get(key)), zone) for key in TIMES}
    check(_faults(fields, zone))
    return fields


def paused(world: World, integration: Object, now: datetime) -> bool:
    """Whether a window of this integration is open."""
    at = iso(now)
    return any(
        integration["id"] in window["integration_ids"] and window["start_datetime"] <= at < window["end_datetime"]
        for window in world.maintenance_windows
    )


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _time(text: Any, zone: tzinfo | None) -> str | None:
    """In UTC; a time without an offset is one of the window's zone."""
    try:
        moment = datetime.fromisoformat(str(text or ""))
    except ValueError:
        return None
    return iso(moment if moment.tzinfo else moment.replace(tzinfo=zone))


def _faults(fields: Object, zone: tzinfo | None) -> list[str]:
    found = [f"{key.capitalize()} can't be blank" for key in ("name", *TIMES, "integration_ids") if not fields[key]]
    if zone is None:
        found.append("Time zone is not included in the list")
    if all(fields[key] for key in TIMES) and fields["start_datetime"] >= fields["end_datetime"]:
        found.append("End datetime must be after the start")
    return found
