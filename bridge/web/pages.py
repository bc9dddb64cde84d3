"""`/api/v1/pages`: pages asked for by people, scripts and workflows.

Rule: what is asked is answered 200, since a Rootly workflow fails on 202; asked twice, it is answered twice alike.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from flask import Blueprint, request

from bridge.flows import pages
from bridge.web import questions, table
from bridge.web.answers import Refusal
from bridge.web.door import add
from bridge.web.saying import saying_why
from bridge.web.table import API

if TYPE_CHECKING:
    from bridge.app import Parts
    from bridge.web.bearer import Bearer

LONGEST = 200  # characters of an id or of an Idempotency-Key


def blueprint(parts: Parts, bearer: Bearer) -> Blueprint:
    doors = Blueprint("pages", __name__, url_prefix=API)

    def place(actor: str) -> pages.Answer:
        fields = questions.json_object(request.environ)
        with saying_why():
            return pages.place(parts, fields, actor, _key())

    def change(actor: str, id_: str, action: str) -> pages.Answer:
        fields = questions.json_object(request.environ)
        with saying_why():
            return pages.change(parts, action, id_[:LONGEST], fields, actor, _key())

    for door in table.doors("pages"):
        add(doors, door, place if door.name == "page" else partial(change, action=door.name), bearer)
    return doors


def _key() -> str:
    """The Idempotency-Key; empty: none was given. Raises 400."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ""
    if not key.strip() or len(key) > LONGEST or not key.isprintable():
        raise Refusal(400, "bad_request", f"An Idempotency-Key has 1 to {LONGEST} printable characters.")
    return key.strip()
