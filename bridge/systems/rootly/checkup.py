"""What `bridge doctor` asks Rootly: who else pages PagerTree from there, where its webhooks go, its severities."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bridge.core.marks import pagertree_key
from bridge.model import JSON, Request, Response
from bridge.systems.contract import Listing
from bridge.systems.payload import text
from bridge.systems.rootly.answers import next_page, read_list
from bridge.systems.rootly.jsonapi import get
from bridge.systems.rootly.reading import flat, rows
from bridge.systems.rootly.words import PAGE_SIZE, Settings, pagertree_alert

# What the bridge acts on; https://docs.rootly.com/configuration/webhooks. An endpoint that names none gets all.
NEEDED = (
    *("incident.created", "incident.updated", "incident.in_triage", "incident.mitigated", "incident.resolved"),
    *("incident.cancelled", "incident.deleted", "incident_event.created", "alert.created", "alert.updated"),
)
_OURS = pagertree_key("")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where Rootly sends webhooks. `lacking`: what the bridge would need and does not get."""

    url: str
    enabled: bool
    lacking: tuple[str, ...]


def newest_alerts(settings: Settings) -> Request:
    return get(settings, "/v1/alerts", {"page[size]": PAGE_SIZE})


def read_linked(answer: Response) -> tuple[frozenset[str], frozenset[str]]:
    """PagerTree alerts by prefix id: those that incidents name as their page, and those that an alert not of our
    making stands for. Rootly's own integration leaves both. Raises `Unlistable`."""
    alerts = [flat(row) for row in read_list(answer)[0]]
    pages = {text(incident, "pagertree_alert_id") for alert in alerts for incident in rows(alert, "incidents")}
    foreign = {text(alert, "external_id") for alert in alerts if not _is_ours(alert)}
    return _alerts_among(pages), _alerts_among(foreign)


def _is_ours(alert: JSON) -> bool:
    return text(alert, "deduplication_key").startswith((_OURS, "sha256:"))


def _alerts_among(ids: set[str]) -> frozenset[str]:
    return frozenset(id_ for id_ in ids if pagertree_alert(id_))


def endpoints(settings: Settings) -> Request:
    return get(settings, "/v1/webhooks/endpoints", {"page[size]": PAGE_SIZE})


def read_endpoints(answer: Response) -> tuple[Endpoint, ...]:
    """Only what is needed of them: the answer holds their secrets. Raises `Unlistable`."""
    return tuple(_endpoint(flat(row)) for row in read_list(answer)[0])


def _endpoint(row: JSON) -> Endpoint:
    types = row.get("event_types")
    wanted = set(types) if isinstance(types, list) and types else set(NEEDED)
    lacking = tuple(word for word in NEEDED if word not in wanted)
    return Endpoint(text(row, "url"), row.get("enabled") is not False, lacking)


def severities(settings: Settings) -> Listing:
    return Listing("Rootly's severities", "severity", get(settings, "/v1/severities", {"page[size]": PAGE_SIZE}))


def read_severities(listing: Listing, answer: Response) -> tuple[tuple[tuple[str, str], ...], Request | None]:
    """Name and `severity` attribute of each: the maps go by the attribute. Raises `Unlistable`."""
    found, meta, links = read_list(answer)
    after = next_page(meta, links)
    named = tuple((text(row, "name"), text(row, "severity")) for row in map(flat, found))
    return named, replace(listing.first, params={**listing.first.params, **after}) if after else None
