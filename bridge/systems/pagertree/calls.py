"""What we ask of PagerTree: one request per command, and the questions. https://pagertree.com/docs/api/alerts"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from bridge.core.marks import sign_text
from bridge.model import (
    JSON,
    Advance,
    Command,
    Create,
    Link,
    Member,
    Note,
    Recheck,
    Ref,
    Request,
    Status,
    Update,
)
from bridge.systems.contract import Directory
from bridge.systems.pagertree.drafts import changed, integration_of, new_alert, through_integration
from bridge.systems.pagertree.words import (
    BUDGET,
    NEWEST_FIRST,
    PAGE_SIZE,
    Settings,
    is_ulid,
)

_VERB = {Status.ACKNOWLEDGED: "acknowledge", Status.RESOLVED: "resolve"}
_FEW = "10"


def request(
    settings: Settings, command: Command, member: Member, link: Link, call: str, directory: Directory, /
) -> Request:
    """The call that carries out the command. Receivers that the directory does not know are left out: whoever calls
    has judged that already."""
    match command:
        case Create(draft=draft) if (door := integration_of(draft)) is not None:
            return through_integration(settings, door, command)
        case Create():
            return phrase(settings, "POST", "/alerts", new_alert(command, directory))
        case Update(fields=fields):
            return phrase(settings, "PUT", _path(member.ref), changed(fields, link, directory))
        case Advance(status=status):
            return phrase(settings, "POST", f"{_path(member.ref)}/{_VERB[status]}")
        case Note(text=text):
            return phrase(settings, "POST", f"{_path(member.ref)}/comments", {"body": sign_text(text, call)})
        case Recheck():
            return _by_mark(settings, command.of)


# -- asking ----------------------------------------------------------------------------------------------------


def look_up(settings: Settings, command: Command, member: Member, _since: datetime | None = None, /) -> Request | None:
    """By our mark. A create that carries it among its tags as well is looked for there: `thirdparty_id` was dropped."""
    match command:
        case Create(draft=draft) if command.of in draft.tags:
            return look_up_by_tag(settings, command.of)
        case Create() | Recheck():
            return _by_mark(settings, command.of)
        case Note():
            return phrase(settings, "GET", f"{_path(member.ref)}/comments", params={"limit": PAGE_SIZE, **NEWEST_FIRST})
    return None


def _by_mark(settings: Settings, mark: str) -> Request:
    return phrase(settings, "GET", "/alerts", params={"thirdparty_id": mark, "limit": _FEW, **NEWEST_FIRST})


def look_up_by_tag(settings: Settings, mark: str) -> Request:
    """Where PagerTree drops marks. Should it pass over this filter, the newest alerts come, and ours is among them."""
    params = {"tags": mark, "ops": "tags:contains", "limit": PAGE_SIZE, **NEWEST_FIRST}
    return phrase(settings, "GET", "/alerts", params=params)


def addressable(ref: Ref, /) -> bool:
    """Paths are documented with ULIDs only."""
    return any(is_ulid(name) for name in ref.names)


def reread(settings: Settings, ref: Ref, /) -> Request:
    """By ULID, else as a list of one. Should the filter be passed over, the newest alerts come, and it may be there."""
    if addressable(ref):
        return by_path(settings, ref)
    return phrase(settings, "GET", "/alerts", params={"prefix_id": ref.id, "limit": PAGE_SIZE, **NEWEST_FIRST})


def by_path(settings: Settings, ref: Ref) -> Request:
    return phrase(settings, "GET", _path(ref))


def listing(settings: Settings, path: str, **filters: str) -> Request:
    return phrase(settings, "GET", path, params={**filters, "limit": PAGE_SIZE, **NEWEST_FIRST})


def probe(settings: Settings, /) -> Request:
    return phrase(settings, "GET", "/teams", params={"limit": "1"})


def _path(ref: Ref) -> str:
    name = next((name for name in (ref.alias, ref.id) if is_ulid(name)), ref.id)
    return f"/alerts/{quote(name, safe='')}"


def phrase(
    settings: Settings, method: str, path: str, body: JSON | None = None, params: Mapping[str, str] | None = None
) -> Request:
    headers = {"Authorization": f"Bearer {settings.api_key.get_secret_value()}", "Accept": "application/json"}
    return Request(method, settings.api_url + path, headers, params or {}, body, BUDGET)
