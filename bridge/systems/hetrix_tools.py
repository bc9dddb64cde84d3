"""HetrixTools: uptime, blacklist and resource usage notifications.

Rule: what is down is told, and what is well again resolves just that. PagerTree's adapter takes a recovery for unknown,
mixes up the alerts of one monitor and loses delistings and error texts; `compatible` brings its ways back.
https://docs.hetrixtools.com/uptime-monitoring-webhook-notifications/
https://docs.hetrixtools.com/blacklist-monitoring-webhook-notifications/
https://docs.hetrixtools.com/server-monitoring-resource-usage-webhook-notifications/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import StrictBool

from bridge.model import JSON
from bridge.systems import hetrix_compatible
from bridge.systems.fields import Secret, Section
from bridge.systems.hetrix_words import errors, is_url, link, paragraphs, said, shown, time_of, uptime_data, usage_data
from bridge.systems.payload import mapping, rows
from bridge.systems.tokens import is_token
from bridge.systems.tools import Action, Datum, Post, Reading, Render

NAME = "hetrix_tools"
UNNAMED = "without monitor_id it cannot be told from others, and nothing will resolve it"

_ACTIONS = {"offline": Action.CREATE, "online": Action.RESOLVE}


class Options(Section):
    """`compatible`: read as PagerTree's own adapter does, with its ids."""

    authentication_token: Secret | None = None
    compatible: StrictBool = False


def admits(options: Options, headers: Mapping[str, str], /) -> bool:
    """https://docs.hetrixtools.com/webhook-authentication-token/"""
    token = options.authentication_token
    return token is None or is_token(headers.get("authorization"), token, before="Bearer ")


def read(options: Options, post: Post, _render: Render, /) -> tuple[Reading, ...]:
    params = post.params
    if options.compatible:
        return (hetrix_compatible.read(params),)
    if said(params, "monitor_status"):
        return (_uptime(params),)
    if mapping(params, "resource_usage"):
        return (_usage(params, mapping(params, "resource_usage")),)
    if any(said(item, "monitor") for item in rows(params, "_json")):
        return tuple(_blacklist(params["_json"]))
    return (hetrix_compatible.unknown(params),)


def _uptime(params: JSON) -> Reading:
    status, id_ = said(params, "monitor_status").lower(), said(params, "monitor_id")
    action = _ACTIONS.get(status, Action.OTHER)
    named = f"uptime:{id_}" if id_ else None
    if action is Action.OTHER:
        return Reading(action, named, word=status[:40], remark="monitor_status is neither online nor offline")
    target = said(params, "monitor_target") or _name(params)
    return Reading(
        action,
        named,
        f"{_name(params)} is {status}",
        paragraphs((f"{target} is {status}", *errors(params.get("monitor_errors")))),
        additional_data=uptime_data(params),
        at=time_of(params),
        word=status,
        remark="" if id_ else UNNAMED,
    )


def _name(params: JSON) -> str:
    names = (said(params, key) for key in ("monitor_name", "monitor_target", "monitor_id"))
    return next(filter(None, names), "A monitor")


# -- resource usage ----------------------------------------------------------------------------------------------------


def _usage(params: JSON, usage: JSON) -> Reading:
    """Its faults (agent, drive health, raid, service) carry an error instead of figures. None of them is taken back."""
    kind, id_ = said(usage, "resource_type"), said(params, "monitor_id")
    error = ", ".join(errors(usage.get("error")))
    return Reading(
        Action.CREATE,
        f"usage:{id_}:{kind.lower() or 'unknown'}" if id_ else None,
        f"{_name(params)} {kind} alert" if error and kind else f"{_name(params)} usage alert",
        paragraphs((f"Resource Type: {kind}", *([f"Error: {error}"] if error else _figures(usage)))),
        additional_data=(*usage_data(usage), *shown([Datum("Error", error)])),
        at=time_of(params),
        word=f"usage {kind}"[:80].strip(),
        remark="" if id_ else UNNAMED,
    )


def _figures(usage: JSON) -> Iterator[str]:
    current, average, minutes = (said(usage, f"{key}") for key in ("current_usage", "average_usage", "average_minutes"))
    if current:
        yield f"Current Usage: {current}"
    if average:
        yield f"Average Usage: {average} / {minutes}m" if minutes else f"Average Usage: {average}"


# -- blacklists --------------------------------------------------------------------------------------------------------


def _blacklist(items: object) -> Iterator[Reading]:
    """Each address or domain is an alert of its own, so that its delisting can resolve it."""
    for place, item in enumerate(items if isinstance(items, list) else (), 1):
        if not isinstance(item, Mapping) or not said(item, "monitor"):
            yield Reading(Action.CREATE, fault=f"entry {place} of the list names no monitor")
        elif _is_zero(said(item, "blacklisted_now")):
            yield Reading(Action.RESOLVE, f"blacklist:{said(item, 'monitor')}", word="delisted")
        else:
            yield _listed(item)


def _is_zero(number: str) -> bool:
    """`blacklisted_now` is a number in a text; what is missing or no number does not resolve anything."""
    try:
        return float(number) == 0
    except ValueError:
        return False


def _listed(item: JSON) -> Reading:
    monitor, report = said(item, "monitor"), said(mapping(item, "links"), "report_link")
    label = said(item, "label") or said(item, "lebel")  # so spelt in an older copy of its documents
    before, now = said(item, "blacklisted_before") or "?", said(item, "blacklisted_now") or "?"
    lists = (f"{said(row, 'rbl')}: {said(row, 'delist')}".rstrip(": ") for row in rows(item, "blacklisted_on"))
    return Reading(
        Action.CREATE,
        f"blacklist:{monitor}",
        f"Blacklist Alert: {monitor}",
        paragraphs((f"{monitor} is blacklisted", f"Blacklists: {now}, before: {before}", *filter(None, lists))),
        additional_data=shown([Datum("Label", label), link("Report", report)]),
        url=report if is_url(report) else "",
        word="blacklisted",
    )
