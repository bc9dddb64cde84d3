"""HetrixTools as PagerTree's own adapter reads it, for those who rely on its ids and texts.

Rule: the same outcome, shortcomings included, except that it never fails and that what a sender wrote is escaped.
"""

from __future__ import annotations

from html import escape

from bridge.model import JSON
from bridge.systems.hetrix_words import errors, paragraphs, said, time_of, uptime_data, usage_data
from bridge.systems.payload import mapping, rows
from bridge.systems.ruby_text import is_blank
from bridge.systems.tools import Action, Reading

_ACTIONS = {"offline": Action.CREATE, "online": Action.RESOLVE}  # in exactly this spelling


def read(params: JSON) -> Reading:
    """Without `monitor_errors` nothing counts as uptime, so a real recovery is nothing that it knows."""
    if not is_blank(params.get("monitor_errors")):
        return _uptime(params)
    if not is_blank(params.get("resource_usage")):
        return _usage(params, mapping(params, "resource_usage"))
    if items := rows(params, "_json"):
        return _blacklist(items)
    return unknown(params)


def unknown(params: JSON) -> Reading:
    """`word` says what it is, as far as that can be seen."""
    if isinstance(params.get("_json"), list):
        return Reading(Action.OTHER, word="a list without monitors", remark="no blacklist notification of HetrixTools")
    status = said(params, "monitor_status")[:40]
    remark = "there is neither a monitor_status that counts, nor resource_usage, nor a list of blacklist monitors"
    return Reading(Action.OTHER, word=f"{status} without errors" if status else "unknown payload", remark=remark)


def _uptime(params: JSON) -> Reading:
    status = said(params, "monitor_status")
    return Reading(
        _ACTIONS.get(status, Action.OTHER),
        said(params, "monitor_id") or None,
        f"{said(params, 'monitor_name')} is {status}",
        paragraphs((f"{said(params, 'monitor_target')} is {status}", *errors(params.get("monitor_errors")))),
        additional_data=uptime_data(params),
        at=time_of(params),
        word=status[:40] or "no monitor_status",
    )


def _usage(params: JSON, usage: JSON) -> Reading:
    average = f"{said(usage, 'average_usage')} / {said(usage, 'average_minutes')}m"
    figures = {"Resource Type": said(usage, "resource_type"), "Current Usage": said(usage, "current_usage")}
    lines = (f"{label}: {value}" for label, value in (*figures.items(), ("Average Usage", average)))
    return Reading(
        Action.CREATE,
        said(params, "monitor_id") or None,
        f"{said(params, 'monitor_name')} usage alert",
        paragraphs(lines),
        additional_data=usage_data(usage),
        at=time_of(params),
        word="usage",
    )


def _blacklist(items: tuple[JSON, ...]) -> Reading:
    """One alert for all of them, under an id that nothing will ever repeat."""
    lines = (escape(f"{said(item, 'monitor')} ({said(item, 'blacklisted_now')})") for item in items)
    return Reading(Action.CREATE, None, "Blacklist Alert", "<br/>".join(lines), word="blacklist")
