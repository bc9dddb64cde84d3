"""How integrations are shown: an endpoint, which is asked for, in full, and everything else without a secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bridge.cli.showing import Screen
from bridge.flows import integrations as flows
from bridge.flows.integrations import Desk
from bridge.redact import Redactor
from bridge.systems.pagertree import integrations as dialect
from bridge.systems.pagertree.integrations import Integration

COLUMNS = (("ID", "id"), ("NAME", "name"), ("TYPE", "type"), ("STATE", "state"), ("URGENCY", "urgency"),
           ("GOES TO", "destinations"))  # fmt: skip
FACTS = (("integration", "id"), ("ULID", "ulid"), ("name", "name"), ("type", "type"), ("state", "state"),
         ("urgency", "urgency"), ("goes to", "destinations"), ("endpoint", "endpoint"))  # fmt: skip
OPTIONS = (("OPTION", "option"), ("VALUE", "value"))


def rows_of(desk: Desk, found: tuple[Integration, ...]) -> list[dict[str, Any]]:
    """Ready to be shown on a screen that masks nothing more."""
    directory = desk.directory() if any(one.destinations for one in found) else None
    hide = Redactor(desk.config.secrets()).text
    return [_row(desk, one, flows.names_of(directory, one) if directory else (), hide) for one in found]


def _row(desk: Desk, one: Integration, names: tuple[str, ...], hide: Callable[[str], str]) -> dict[str, Any]:
    row: dict[str, Any] = {"id": one.prefix_id or one.id, "ulid": one.id, "name": one.name}
    row |= {"type": one.type or one.type_id, "state": "enabled" if one.enabled else "disabled", "enabled": one.enabled}
    row |= {"urgency": one.urgency, "destinations": list(names), "team_ids": list(one.teams)}
    row |= {"router_ids": list(one.routers), "account_user_ids": list(one.users)}
    row |= {"options": dialect.masked(one.options)}
    return {key: _veiled(value, hide) for key, value in row.items()} | {
        "endpoint": dialect.endpoint(desk.config.pagertree, one)
    }


def _veiled(value: Any, hide: Callable[[str], str]) -> Any:
    match value:
        case str():
            return hide(value)
        case list():
            return [_veiled(inner, hide) for inner in value]
        case dict():
            return {key: _veiled(inner, hide) for key, inner in value.items()}
    return value


def tell(row: dict[str, Any], as_json: bool) -> None:
    screen = Screen()
    if as_json:
        screen.json(row)
        return
    screen.facts(row, FACTS)
    if options := {key: value for key, value in row["options"].items() if value not in (None, "")}:
        screen.line()
        screen.table(OPTIONS, [_option(*pair) for pair in sorted(options.items())])


def _option(key: str, value: object) -> dict[str, object]:
    return {"option": key, "value": json.dumps(value) if isinstance(value, bool | dict | list) else value}
