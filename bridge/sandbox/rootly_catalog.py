"""The organization the simulated Rootly starts with: people, teams, services, severities and urgencies.

Ids of records are made from their names, so that a test or a configuration can know them beforehand.
"""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from bridge.sandbox.rootly_records import NOT_FOUND, ORGANIZATION, Refused, now, stamp

Record = dict[str, Any]

BOT = 100
"""The user an API key acts as."""

_PEOPLE = ((BOT, "Rootly", ""), (101, "Robin", "Field"), (102, "Sam", "Hill"), (103, "Kim", "Lake"))
_SEVERITIES = (("SEV0", "critical"), ("SEV1", "high"), ("SEV2", "medium"), ("SEV3", "low"))
_URGENCIES = ("High", "Medium", "Low")
_TEAMS = ("Payments", "Platform")
_SERVICES = ("Checkout", "Ledger")


def record_id(kind: str, name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"rootly-sandbox/{kind}/{name}"))


class Catalog:
    """What alerts and incidents refer to. Each record is flat: its id beside its attributes."""

    def __init__(self) -> None:
        self.born = stamp(now())
        self.users = {number: self._user(number, first, last) for number, first, last in _PEOPLE}
        self.severities = _by_id(self._severity(n, *row) for n, row in enumerate(_SEVERITIES, 1))
        self.urgencies = _by_id(self._urgency(n, name) for n, name in enumerate(_URGENCIES, 1))
        self.groups = _by_id(self._group(n, name) for n, name in enumerate(_TEAMS, 1))
        self.services = _by_id(self._service(n, name) for n, name in enumerate(_SERVICES, 1))

    def user(self, who: int | str | None) -> int:
        """The number of a person named by number, e-mail address or full name; the API key's own user for None."""
        if who is None:
            return BOT
        for number, user in self.users.items():
            if str(who) in (str(number), user["email"], user["full_name"]):
                return number
        raise Refused(422, "User must exist")

    def severity_id(self, word: str | None) -> str | None:
        """The severity by its id, its slug or the word critical, high, medium or low."""
        if word is None:
            return None
        for key, row in self.severities.items():
            if word in (key, row["slug"], row["severity"]):
                return key
        raise Refused(422, "Severity must exist")

    def group_ids(self, teams: Any) -> list[str]:
        return _known(self.groups, teams, "Group")

    def service_ids(self, services: Any) -> list[str]:
        return _known(self.services, services, "Service")

    def urgency_id(self, given: str | None) -> str:
        if given is not None and given not in self.urgencies:
            raise Refused(422, "Alert urgency must exist")
        return given or next(iter(self.urgencies))

    def _dated(self, kind: str, number: int, name: str) -> Record:
        common = {"id": record_id(kind, name), "name": name, "slug": name.lower(), "position": number}
        return common | {"team_id": ORGANIZATION, "deleted_at": None, "created_at": self.born, "updated_at": self.born}

    def _severity(self, number: int, name: str, word: str) -> Record:
        more: Record = {"severity": word, "description": None, "color": "#E58A1F"}
        return self._dated("severities", number, name) | more | _CHANNELS

    def _urgency(self, number: int, name: str) -> Record:
        row = self._dated("alert_urgencies", number, name)
        del row["slug"]
        return row | {"description": f"{name} urgency", "urgency": name.lower(), "color": "#C73C40"}

    def _group(self, number: int, name: str) -> Record:
        people = [user for user in self.users if user != BOT]
        more: Record = {"description": None, "external_id": None, "user_ids": people, "admin_ids": people[:1]}
        return self._dated("groups", number, name) | more | {"pagertree_id": None, "color": "#047BF8"} | _CHANNELS

    def _service(self, number: int, name: str) -> Record:
        more: Record = {"description": None, "external_id": None, "status": "operational", "color": "#047BF8"}
        return self._dated("services", number, name) | more | {"incidents_count": 0, "show_uptime": True} | _CHANNELS

    def _user(self, number: int, first: str, last: str) -> Record:
        full = f"{first} {last}".strip()
        names = {"name": full, "first_name": first, "last_name": last or None, "full_name": full}
        email = f"{full.lower().replace(' ', '.')}@example.com"
        more: Record = {"email": email, "phone": None, "phone_2": None, "slack_id": None, "time_zone": "Etc/UTC"}
        more["full_name_with_team"] = f"[Sandbox] {full}"
        return {"id": number} | names | more | {"updated_at": self.born, "created_at": self.born}


_CHANNELS: Record = {"notify_emails": [], "slack_channels": [], "slack_aliases": []}


def user_row(user: Record) -> Record:
    """A person as alerts embed them: the raw database row, secrets included, without `name`."""
    kept = {key: user[key] for key in ("id", "email", "first_name", "last_name", "created_at", "updated_at")}
    inner: Record = {"jti": f"sandbox-jti-{user['id']}", "session_token": f"sandbox-session-{user['id']}"}
    seen: Record = {"last_seen_at": user["updated_at"], "is_super_admin": False, "current_team_id": ORGANIZATION}
    more: Record = {"deleted_at": None, "time_zone": "UTC", "locale": "en", "theme": "light_v2", "teams_count": 1}
    return kept | inner | seen | more


def user_card(user: Record) -> Record:
    """A person as webhooks show them."""
    return {key: user[key] for key in ("id", "name", "email", "full_name", "full_name_with_team", "slack_id")}


def _by_id(rows: Any) -> dict[str, Record]:
    return {row["id"]: row for row in rows}


def _known(rows: dict[str, Record], wanted: Any, what: str) -> list[str]:
    names = {name: key for key, row in rows.items() for name in (key, row["slug"], row["name"])}
    if missing := [name for name in wanted or () if name not in names]:
        raise Refused(422, f"{what} must exist: {missing[0]}")
    return [names[name] for name in wanted or ()]


def found(rows: dict[str, Record], key: str) -> Record:
    """The record by id or slug. Raises Refused(404)."""
    for row in rows.values():
        if key in (row["id"], row.get("slug")):
            return row
    raise Refused(404, NOT_FOUND)
