"""What an alert that we make or change says: only what PagerTree permits, which drops an unknown key without a word.

https://pagertree.com/docs/api/alerts and https://pagertree.com/docs/integration-guides/webhook
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from bridge.model import JSON, Create, Draft, Link, Receiver, Request
from bridge.systems.contract import Directory
from bridge.systems.pagertree.words import BUDGET, SEVERITY_UNKNOWN, URGENCY_UNSAID, Settings

_DESTINATION = {
    "team": "destination_team_ids",
    "router": "destination_router_ids",
    "user": "destination_account_user_ids",
}
_IN_META = {"incident": "incident", "severity": "incident_severity", "message": "incident_message"}
_CHANGEABLE = ("title", "description", "urgency", "tags")


def new_alert(command: Create, directory: Directory) -> JSON:
    draft = command.draft
    meta = _incident(draft)
    return {
        "title": draft.title,
        "urgency": draft.urgency or URGENCY_UNSAID,
        **({"description": draft.description} if draft.description is not None else {}),
        **({"meta": meta} if meta else {}),
        **_destinations(draft.receivers, directory),
        **({"tags": list(draft.tags)} if draft.tags else {}),
        "thirdparty_id": command.of,  # not among the documented keys; PagerTree's own command line sends it
    }


def _incident(draft: Draft) -> dict[str, object]:
    message = {"incident_message": draft.message} if draft.message else {}
    if not draft.incident:
        return {"incident": False, **message} if message else {}
    return {"incident": True, "incident_severity": draft.severity or SEVERITY_UNKNOWN, **message}


def receivers_in(fields: JSON) -> tuple[Receiver, ...]:
    """Whom an update sends the alert to, by the names that were given."""
    names = fields.get("receivers")
    return tuple(Receiver(str(name)) for name in names) if isinstance(names, list | tuple) else ()


def _destinations(receivers: tuple[Receiver, ...], directory: Directory) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for receiver in receivers:
        known = directory.find(receiver.name, *_DESTINATION)
        if known is not None and known.id not in (ids := found.setdefault(_DESTINATION[known.kind], [])):
            ids.append(known.id)
    return found


def integration_of(draft: Draft) -> Receiver | None:
    """The Webhook integration that the page goes through, if it names nothing but integrations."""
    receivers = draft.receivers
    return receivers[0] if receivers and all(r.integration for r in receivers) else None


def through_integration(settings: Settings, door: Receiver, command: Create) -> Request:
    """https://pagertree.com/docs/integration-guides/webhook: its keys are written like this, its token is a header."""
    draft = command.draft
    said = {
        "Description": draft.description,
        "Urgency": draft.urgency,
        "Tags": list(draft.tags),
        "Meta": _incident(draft),
    }
    body = {"event_type": "create", "Id": command.of, "Title": draft.title, **{k: v for k, v in said.items() if v}}
    token = {"pagertree-token": door.token} if door.token else {}
    headers = {"Accept": "application/json", **token}
    return Request("POST", _door_url(settings, door.name), headers, body=body, budget=BUDGET)


def _door_url(settings: Settings, name: str) -> str:
    """An id, or the whole endpoint. Only ever on the host of the API: an alert and a token go nowhere else."""
    api, given = urlsplit(settings.api_url), urlsplit(name)
    if (given.scheme, given.netloc) == (api.scheme, api.netloc):
        return name
    last = given.path.rstrip("/").rpartition("/")[2]
    return f"{api.scheme}://{api.netloc}/integration/{quote(last, safe='')}"


def changed(fields: JSON, link: Link, directory: Directory) -> JSON:
    """Only what is named. Meta may be replaced as a whole over there: an incident says again that it is one."""
    changed = {key: fields[key] for key in _CHANGEABLE if key in fields}
    changed |= _destinations(receivers_in(fields), directory)
    if isinstance(tags := changed.get("tags"), tuple):
        changed["tags"] = list(tags)
    meta = {theirs: fields[ours] for ours, theirs in _IN_META.items() if ours in fields}
    if meta and link.kind == "incident":
        meta = {"incident": True, **meta}
    return {**changed, "meta": meta} if meta else changed
