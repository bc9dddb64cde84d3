"""Integrations over REST: what a new or changed one is made of, and what is wrong with it.

https://pagertree.com/docs/api/integrations: options go in as `option_<key>` and come back under `options`.
"""

from dataclasses import dataclass

from bridge.sandbox.pagertree_objects import Object
from bridge.sandbox.pagertree_params import check, listed
from bridge.sandbox.pagertree_types import OUTGOING, TRUE, blank, cast, faults, kinds_of
from bridge.sandbox.pagertree_world import URGENCIES, Switches, World

RECEIVERS = {"account_user_ids": "account_users", "router_ids": "routers", "team_ids": "teams"}
PLAIN = ("name", "enabled", "urgency")


@dataclass(frozen=True, slots=True)
class Rules:
    """What fields are judged against."""

    world: World
    switches: Switches


def new_fields(rules: Rules, given: Object) -> Object:
    """All of a new one. Raises Problem 422."""
    kind = rules.world.integration_types.get(str(given.get("integration_type_id")))
    name = kind["name"] if kind else ""
    start: Object = {"name": "", "enabled": True, "urgency": None, "account_user_ids": [], "router_ids": []}
    start |= {"team_ids": [], "integration_type": {"id": kind["id"], "name": name} if kind else {}}
    start["options"] = blank(name, kinds_of(name, rules.switches.comment_options))
    fields = start | _given(rules, name, given, start["options"])
    check([*_faults(rules, name, fields), *([] if kind else ["Integration type must exist"])])
    return fields


def changed_fields(rules: Rules, given: Object, old: Object) -> Object:
    """Only what was given, judged together with the rest; the type of an integration stays. Raises Problem 422."""
    name = old["integration_type"]["name"]
    fields = _given(rules, name, given, old["options"])
    check(_faults(rules, name, old | fields))
    return fields


def shown(switches: Switches, integration: Object) -> Object:
    if not switches.hide_passwords:
        return integration
    return integration | {"options": {k: None if k == "password" else v for k, v in integration["options"].items()}}


def _given(rules: Rules, name: str, given: Object, options: Object) -> Object:
    fields: Object = {key: given[key] for key in PLAIN if key in given}
    if "enabled" in fields:
        fields["enabled"] = fields["enabled"] in TRUE
    for key, kind in RECEIVERS.items():
        if key in given:
            found = [getattr(rules.world, kind).get(str(id_)) for id_ in listed(given[key])]
            fields[key] = [one["id"] for one in found if one is not None]
    asked = {key.removeprefix("option_"): value for key, value in given.items() if key.startswith("option_")}
    return fields | {"options": options | cast(kinds_of(name, rules.switches.comment_options), asked)}


def _faults(rules: Rules, name: str, fields: Object) -> list[str]:
    found = [] if str(fields["name"] or "").strip() else ["Name can't be blank"]
    needed = name != OUTGOING or rules.switches.outgoing_needs_destinations
    if fields["urgency"] not in URGENCIES and (needed or fields["urgency"]):
        found.append("Urgency is not included in the list" if fields["urgency"] else "Urgency can't be blank")
    if needed and not any(fields[key] for key in RECEIVERS):
        found.append("Destinations can't be blank")
    return found + faults(name, fields["options"])
