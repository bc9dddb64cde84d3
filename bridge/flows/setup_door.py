"""The de-duplicating door of `bridge setup --door`: a Webhook integration, at which PagerTree folds repeats itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge.flows import integrations as desks
from bridge.flows.checks import Area, fail
from bridge.flows.integrations import Desk
from bridge.flows.setup_parts import Job, Part, done, planned
from bridge.systems.contract import Known
from bridge.systems.pagertree import integrations as dialect
from bridge.systems.pagertree.integrations import Integration, fields_of

NAME = "PagerTree's door"


def open_door(job: Job) -> Iterator[Part]:
    """A Webhook integration: PagerTree de-duplicates there by our marks. Its receivers are its own."""
    desk = Desk(job.config, job.send)
    name = f"{job.name} door"
    mine = next((one for one in desks.all_of(desk, kind="Webhook") if one.name.casefold() == name.casefold()), None)
    team = desks.receivers(desk.directory(), [("team", job.door_team)]) if job.door_team else ()
    if mine is None and not team:
        mend = "add --door-team NAME: the PagerTree team that its alerts go to"
        yield Part(fail(NAME, "is not there, and has nobody to page", mend, Area.CONFIG))
        return
    fields = _new(name, team) if mine is None else _lacking(mine, team)
    changes = _in_words(name, mine, team, fields)
    if changes and job.plan:
        yield planned(NAME, changes)
        return
    yield _stands(job, _opened(desk, mine, fields), changes)


def _new(name: str, team: tuple[Known, ...]) -> dict[str, Any]:
    return fields_of({"name": name, "enabled": True, "urgency": "high"}, team)


def _lacking(mine: Integration, team: tuple[Known, ...]) -> dict[str, Any]:
    """The team joins those whom people have put there."""
    more = [one.id for one in team if one.id not in mine.teams]
    return ({} if mine.enabled else {"enabled": True}) | ({"team_ids": [*mine.teams, *more]} if more else {})


def _in_words(name: str, mine: Integration | None, team: tuple[Known, ...], fields: dict[str, Any]) -> tuple[str, ...]:
    whom = ", ".join(one.title or one.id for one in team)
    if mine is None:
        return (f"create the Webhook integration {name!r} for {whom}",)
    said = {"enabled": "switch it on", "team_ids": f"let it page {whom} too"}
    return tuple(f"{said[key]} ({name})" for key in fields)


def _opened(desk: Desk, mine: Integration | None, fields: dict[str, Any]) -> Integration:
    if mine is not None:
        return desks.update(desk, mine, fields) if fields else mine
    kind = desks.kind_named(desks.kinds_of(desk), "Webhook")
    return desks.create(desk, fields | {"integration_type_id": kind.id})


def _stands(job: Job, door: Integration, changes: tuple[str, ...]) -> Part:
    endpoint = dialect.endpoint(job.config.pagertree, door)
    token = ', token: "${PAGERTREE_DOOR_TOKEN}"' if door.options.get("token") else ""
    route = f'  actions: [{{type: assign, receiver: [{{integration: "{endpoint}"{token}}}]}}]'
    shown = (f"endpoint: {endpoint}", "as the only receiver of a route:", "- match: {always: true}", route)
    return done(NAME, f"{door.name} ({door.prefix_id or door.id}) is open, for routes that name it", changes, shown)
