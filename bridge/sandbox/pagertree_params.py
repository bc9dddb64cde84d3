"""Reading the parameters of REST calls, JSON or form, and judging them as PagerTree's validations do."""

from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from bridge.sandbox.pagertree_objects import Object
from bridge.sandbox.pagertree_types import TRUE
from bridge.sandbox.pagertree_world import SEVERITIES, URGENCIES, World

DESTINATIONS = {
    "destination_team_ids": "teams",
    "destination_router_ids": "routers",
    "destination_account_user_ids": "account_users",
}


class Problem(Exception):
    """An answer in PagerTree's error shape; one message for each thing that is wrong."""

    def __init__(self, status: int, *messages: str) -> None:
        super().__init__("; ".join(messages))
        self.status, self.messages = status, messages


def params() -> Object:
    """Raises Problem 400 for a body that is no object."""
    if not request.is_json:
        return _nested(request.form)
    found = request.get_json(silent=True) if request.data else {}
    if not isinstance(found, dict):
        raise Problem(400, "the body could not be read")
    return found


def _nested(form: "MultiDict[str, str]") -> Object:
    """Form fields as Rails reads them: `tags[]` is a list, `meta[incident]` an object."""
    found: Object = {}
    for name, values in form.lists():
        outer, _, inner = name.partition("[")
        if inner == "]":
            found[outer] = values
        elif inner:
            found.setdefault(outer, {})[inner.rstrip("]")] = values[-1]
        else:
            found[name] = values[-1]
    return found


def alert_fields(given: Object, keep_thirdparty_id: bool) -> Object:
    """For a new alert, all of them; unknown parameters are dropped. Raises Problem 422."""
    fields: Object = {"title": "", "urgency": "", "meta": incident({}, {})} | alert_changes(given, incident({}, {}))
    if keep_thirdparty_id and given.get("thirdparty_id") is not None:
        fields["thirdparty_id"] = str(given["thirdparty_id"])
    check(faults(fields))
    return fields


def alert_changes(given: Object, meta: Object) -> Object:
    """For an alert that has this `meta`: only what was given."""
    found: Object = {name: str(given[name] or "") for name in ("title", "description", "urgency") if name in given}
    if "tags" in given:
        tags = [str(tag) for tag in listed(given["tags"]) if tag]
        found |= {"tags": tags, "tag_list": tags}
    return found | {"meta": incident(meta, given["meta"])} if isinstance(given.get("meta"), dict) else found


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def incident(old: Object, given: Object) -> Object:
    """The three keys PagerTree permits in `meta`, each as given, else as it was."""
    meta = {"incident": False, "incident_severity": None, "incident_message": None} | old
    meta |= {name: given[name] for name in meta if name in given}
    severity = meta["incident_severity"]
    spelt = str(severity).upper().replace("_", "-") if severity else None
    return meta | {"incident": meta["incident"] in TRUE, "incident_severity": spelt}


def faults(fields: Object) -> list[str]:
    """What is wrong with an alert's attributes, where they are present."""
    found = []
    if not str(fields.get("title", "-")).strip():
        found.append("title can't be blank")
    if fields.get("urgency", "low") not in URGENCIES:
        found.append("urgency is not included in the list" if fields["urgency"] else "urgency can't be blank")
    meta = fields.get("meta", {})
    if meta.get("incident") and meta["incident_severity"] not in SEVERITIES:
        found.append("incident_severity is not included in the list")
    return found


def check_changes(fields: Object) -> None:
    check(faults(fields))


def receivers(world: World, given: Object, accept_prefix_ids: bool) -> list[Object]:
    """The destinations that exist, unknown ids left out. Raises Problem 422 if none is left."""
    keys = [(getattr(world, kind), key) for name, kind in DESTINATIONS.items() for key in listed(given.get(name))]
    found = [collection.get(str(key), accept_prefix_ids) for collection, key in keys]
    known = [each for each in found if each is not None]
    if not known:
        raise Problem(422, "destinations can't be blank")
    return known


def check(messages: list[str]) -> None:
    """Raises Problem 422."""
    if messages:
        raise Problem(422, *messages)
