"""Prometheus Alertmanager's webhook: a group of alerts, each firing or resolved.

Each alert of the group is one of ours (`per: alert`), or the group is one (`per: group`, as in PagerTree's own
integration). https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from bridge.core.mapping import URGENCIES, urgency_rank
from bridge.errors import Unreadable
from bridge.model import JSON
from bridge.systems.fields import Secret, Section
from bridge.systems.payload import clean, mapping, moment, rows, text
from bridge.systems.tokens import is_token
from bridge.systems.tools import Action, Datum, Post, Reading, Render

NAME = "alertmanager"
VERSION = "4"  # of the payload, since 2017
MOST_TAGS = 30
MOST_NAMED = 10  # alerts of a group whose titles its description lists

# Alertmanager knows no severities of its own: these are the words that rules commonly give their `severity` label.
_URGENCY = MappingProxyType(
    {word: word for word in URGENCIES}
    | {"error": "high", "page": "high", "warning": "medium", "info": "low", "none": "low"}
)
_ACTION = MappingProxyType({"firing": Action.CREATE, "resolved": Action.RESOLVE})


class Options(Section):
    """`urgency_label`: the label whose word is the alert's urgency."""

    token: Secret | None = None
    per: Literal["alert", "group"] = "alert"
    urgency_label: Annotated[str, Field(min_length=1)] = "severity"


def admits(options: Options, headers: Mapping[str, str], /) -> bool:
    """`Authorization: Bearer <token>`, which its `http_config` can send, or PagerTree's own header."""
    if options.token is None:
        return True
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    given = (bearer.strip() if scheme.lower() == "bearer" else "", headers.get("pagertree-token", ""))
    hits = [is_token(one, options.token) for one in given]
    return any(hits)


def read(options: Options, post: Post, _render: Render, /) -> tuple[Reading, ...]:
    group = post.params
    if not isinstance(listed := group.get("alerts"), list):
        raise Unreadable("this is no webhook of Prometheus Alertmanager: it has no list of alerts")
    alerts = rows(group, "alerts")
    readings = (
        [_group(options, group, alerts)] if options.per == "group" else [_alert(options, group, a) for a in alerts]
    )
    readings = readings or [Reading(Action.OTHER, word="empty")]
    remarks = (readings[0].remark, *_oddities(group, len(listed) - len(alerts)))
    readings[0] = replace(readings[0], remark="; ".join(filter(None, remarks)))
    return tuple(readings)


def _alert(options: Options, group: JSON, alert: JSON) -> Reading:
    labels, notes = mapping(alert, "labels"), mapping(alert, "annotations")
    status = _status(alert, group)
    reading = Reading(_ACTION.get(status, Action.OTHER), word=status or "no status")
    if reading.action is Action.OTHER:
        return replace(reading, remark=f"the status {status[:40]!r} is neither firing nor resolved")
    if not (id_ := text(alert, "fingerprint") or (_hash(labels) if labels else "")):
        return replace(reading, fault="an alert without fingerprint and labels cannot be told from others")
    return replace(
        reading,
        id=id_,
        title=_title(notes, labels, mapping(group, "groupLabels")),
        description=_description(notes),
        urgency=_urgency(options, alert),
        tags=_tags(labels),
        additional_data=tuple(_lines(alert, group, notes)),
        url=_link(alert, "generatorURL") or _link(group, "externalURL"),
        at=_time(alert, "endsAt" if status == "resolved" else "startsAt"),
        remark=_unknown_words(options, alert),
    )


def _group(options: Options, group: JSON, alerts: tuple[JSON, ...]) -> Reading:
    """The group as one alert: what its alerts have in common, firing while any of them is."""
    firing = tuple(alert for alert in alerts if _status(alert, group) == "firing")
    status = "firing" if firing else _status(*alerts[:1], group)
    key = text(group, "groupKey") or _hash(mapping(group, "groupLabels"))
    labels = {**mapping(group, "commonLabels"), **mapping(group, "groupLabels")}
    whole = {"fingerprint": key, "labels": labels, "annotations": group.get("commonAnnotations")}
    began = min((at.isoformat() for one in firing if (at := _time(one, "startsAt"))), default=None)
    reading = _alert(options, group, whole | {"status": status, "startsAt": began})
    if not firing:
        return reading
    described = "\n".join(filter(None, (reading.description, *_named(firing))))
    remark = _unknown_words(options, *firing)
    return replace(reading, description=described, urgency=_highest(options, firing), remark=remark)


def _named(firing: tuple[JSON, ...]) -> Iterator[str]:
    for alert in firing[:MOST_NAMED]:
        yield f"- {_title(mapping(alert, 'annotations'), mapping(alert, 'labels'), {})}"
    if (more := len(firing) - MOST_NAMED) > 0:
        yield f"- and {more} more"


def _highest(options: Options, firing: tuple[JSON, ...]) -> str | None:
    """None: the integration's, which an alert that names no urgency would have, may be higher."""
    found = [_urgency(options, alert) for alert in firing]
    highest = max(found, key=urgency_rank)
    return highest if None not in found or urgency_rank(highest) >= urgency_rank("high") else None


# -- its parts ---------------------------------------------------------------------------------------------------------


def _status(*records: JSON) -> str:
    """The first that is told."""
    return next((status for record in records if (status := text(record, "status").strip().lower())), "")


def _hash(labels: JSON) -> str:
    """Stands in for a fingerprint: the same for the same labels, in whichever order they came."""
    return sha256(json.dumps(dict(labels), sort_keys=True).encode()).hexdigest()[:16]


def _title(notes: JSON, labels: JSON, group: JSON) -> str:
    found = text(notes, "summary", "title") or text(labels, "alertname")
    found = found or ", ".join(f"{key}={value}" for key, value in group.items()) or "Alertmanager alert"
    return " ".join(clean(found).split())


def _description(notes: JSON) -> str | None:
    runbook = text(notes, "runbook_url")
    parts = (text(notes, "description", "message"), f"Runbook: {runbook}" if runbook else "")
    return "\n\n".join(filter(None, parts)) or None


def _tags(labels: JSON) -> tuple[str, ...]:
    told = (f"{clean(str(key))}:{text(labels, key)}" for key in labels if text(labels, key))
    return tuple(sorted(told))[:MOST_TAGS]


def _word(options: Options, alert: JSON) -> str:
    return text(mapping(alert, "labels"), options.urgency_label).strip().lower()


def _urgency(options: Options, alert: JSON) -> str | None:
    """None: the integration's."""
    return _URGENCY.get(_word(options, alert))


def _unknown_words(options: Options, *alerts: JSON) -> str:
    words = sorted({word for alert in alerts if (word := _word(options, alert)) and word not in _URGENCY})
    shown = ", ".join(word[:40] for word in words[:5])
    return f"{options.urgency_label} {shown} is no urgency known here, so the integration's stands" if words else ""


def _lines(alert: JSON, group: JSON, notes: JSON) -> Iterator[Datum]:
    links = (
        ("Source", alert, "generatorURL"),
        ("Alertmanager", group, "externalURL"),
        ("Runbook", notes, "runbook_url"),
    )
    for label, record, key in links:
        if url := _link(record, key):
            yield Datum(label, url, "link")
    if at := _time(alert, "startsAt"):
        yield Datum("Started", at.isoformat(), "datetime")


def _link(record: JSON, key: str) -> str:
    url = text(record, key)
    return url if url.startswith(("http://", "https://")) else ""


def _time(record: JSON, key: str) -> datetime | None:
    """Alertmanager writes the year 1 for a time that is not known yet."""
    at = moment(record, key)
    return at if at is not None and at.year > 1 else None


def _oddities(group: JSON, strangers: int) -> Iterator[str]:
    if (version := text(group, "version")) not in ("", VERSION):
        yield f"the payload has version {version[:20]!r}, read as {VERSION}"
    if (left := text(group, "truncatedAlerts")) not in ("", "0"):
        yield f"Alertmanager left {left[:20]} alerts of this group out; raise max_alerts of its receiver"
    if strangers:
        yield f"{strangers} entries of its list are no alerts"
