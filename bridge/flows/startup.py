"""What only a call can tell is checked after the start, so that a wrong name is an alarm now and not at 3 a.m."""

from __future__ import annotations

from bridge.app import Parts
from bridge.errors import Unlistable
from bridge.flows.directory import unknown_receivers
from bridge.log import get_log

log = get_log(__name__)


def check_names(parts: Parts) -> None:
    """An alarm for every receiver of a route or an integration that PagerTree does not know."""
    try:
        unknown = unknown_receivers(parts)
    except Unlistable as fault:
        log.warning("receivers.unchecked", reason=str(fault))
        return
    for where, name in unknown:
        what = f"{where}: PagerTree knows no team, router or user {name}; its pages go to the last route"
        parts.metrics.alarm("receiver")
        log.error("alarm", kind="receiver", what=what)
