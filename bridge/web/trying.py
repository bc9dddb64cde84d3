"""`/api/v1/overview`, `/api/v1/what-if` and `/api/v1/integrations/<id>/try`: looks that change nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Blueprint, request

from bridge.errors import Unreadable
from bridge.flows import trying
from bridge.flows.overview import overview
from bridge.flows.supposed import NoSource
from bridge.flows.trying import NoBody, NoIntegration, Templates
from bridge.flows.whatif import what_if
from bridge.model import Hook
from bridge.web import questions
from bridge.web.answers import Refusal, not_found
from bridge.web.door import View, add
from bridge.web.schemas_trying import Try, WhatIf
from bridge.web.table import API
from bridge.web.trying_doors import DOORS

if TYPE_CHECKING:
    from bridge.app import Parts
    from bridge.web.bearer import Bearer

Row = dict[str, Any]
WRONG = (422, "invalid")
T = TypeVar("T")


class Trying:
    """The doors; each takes the token's name and what the path names."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def overview(self, _actor: str) -> Row:
        questions.filters(request.args, {})
        with self._parts.store.reports() as reports:
            return overview(self._parts.config, reports, self._parts.clock())

    def what_if(self, _actor: str) -> Row:
        wanted = questions.asked(WhatIf, request.environ, WRONG)
        hook = hook_of(wanted.body, wanted.headers, wanted.query)
        return answered(lambda: what_if(self._parts, wanted.source, hook))

    def try_templates(self, _actor: str, id_: str) -> Row:
        wanted = questions.asked(Try, request.environ, WRONG)
        return answered(lambda: self._tried(id_, wanted))

    def _tried(self, id_: str, wanted: Try) -> Row:
        trying.door_of(self._parts, id_)
        if wanted.delivery is not None:
            hook = trying.hook_of(self._parts, id_, wanted.delivery)
        elif wanted.body is not None:
            hook = hook_of(wanted.body, wanted.headers, wanted.query)
        else:
            raise NoBody("Give a body, or name a delivery of this integration.")
        return trying.try_templates(
            self._parts, id_, Templates(wanted.title_template, wanted.description_template), hook
        )


def hook_of(body: object, headers: Mapping[str, str], query: Mapping[str, str]) -> Hook:
    """A text is the body as it would come, anything else is sent as JSON."""
    text, kind = (body, {}) if isinstance(body, str) else (json.dumps(body), {"content-type": "application/json"})
    return Hook(
        text.encode(errors="replace"), {**kind, **{name.lower(): said for name, said in headers.items()}}, query
    )


def answered(ask: Callable[[], T]) -> T:
    """Raises a refusal for what was asked wrongly."""
    try:
        return ask()
    except (Unreadable, NoSource, NoBody) as fault:
        raise Refusal(*WRONG, str(fault)) from None
    except NoIntegration as fault:
        raise not_found(str(fault)) from None


def blueprint(parts: Parts, bearer: Bearer) -> Blueprint:
    doors, one = Blueprint("trying", __name__, url_prefix=API), Trying(parts)
    views: Mapping[str, View] = {"overview": one.overview, "whatIf": one.what_if, "tryTemplates": one.try_templates}
    for door in DOORS:
        add(doors, door, views[door.name], bearer)
    return doors
