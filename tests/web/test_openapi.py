"""The document and the docs page: they describe every door, nothing but doors, and the answers as they really are."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel, ValidationError
from werkzeug.test import Client

from bridge import model
from bridge.flows import resync
from bridge.systems.page_fields import Page
from bridge.web import schemas_stored as stored
from bridge.web.door import Door
from bridge.web.examples import EXAMPLES
from bridge.web.front import Front
from bridge.web.hooks import DOORS as HOOKS
from bridge.web.openapi import document, path_of
from bridge.web.table import BY_NAME, DOORS
from tests.machines.orders.machine import silent
from tests.machines.schema.world import TOKENS, World, open_world
from tests.web.doors import READER, bearer

TOLD = document()
SCHEMAS = TOLD["components"]["schemas"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A bridge over rows of every kind, with resyncs and links that people have touched."""
    with silent(), open_world(tmp_path_factory.mktemp("day"), 1) as world:
        resync.resync(world.parts, plan=True, actor="ada")
        yield world


def validator(name: str) -> Draft202012Validator:
    whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def test_the_document_is_openapi_3_1(client: Client):
    answer = client.get("/openapi.json")
    assert answer.json == json.loads(json.dumps(TOLD))
    assert TOLD["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(TOLD).validate()


def test_every_rule_of_the_application_is_in_the_document_and_nothing_else(front: Front):
    rules = [rule for rule in front.flask.url_map.iter_rules() if not rule.endpoint.startswith("console.")]
    methods = {(method, path_of(rule.rule)) for rule in rules for method in (rule.methods or set()) - {"HEAD"}}
    hooks = {("POST", f"/webhooks/{name}") for name in HOOKS} | {("POST", "/integration/{id}")}
    told = {(method.upper(), path) for path, methods in TOLD["paths"].items() for method in methods}
    assert told == methods | hooks


def test_names_are_used_once():
    assert len(BY_NAME) == len(DOORS)
    assert all(re.fullmatch(r"[A-Z][A-Za-z]+", name) for name in SCHEMAS), "two models of one name get longer ones"


def test_what_the_document_refers_to_is_there():
    for place in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(TOLD)):
        found: Any = TOLD
        for step in place.split("/"):
            found = found[step]


@pytest.mark.parametrize("door", [door for door in DOORS if door.rule.startswith("/api/")], ids=lambda door: door.name)
def test_every_door_of_the_api_asks_for_the_scope_that_it_names(client: Client, door: Door):
    told = TOLD["paths"][path_of(door.rule)][door.method.lower()]
    assert told["security"] == [{"bearerAuth": [door.scope]}]
    path = door.rule.replace("<id_>", "x")
    assert client.open(path, method=door.method).status_code == 401
    if door.scope != "read":
        refused = client.open(path, method=door.method, headers=bearer(READER))
        assert f'scope="{door.scope}"' in refused.headers["WWW-Authenticate"]


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_examples_are_what_they_are_examples_of(name: str):
    validator(name).validate(EXAMPLES[name])
    models = {one.__name__: one for door in DOORS for one in (door.asks, door.answer) if isinstance(one, type)}
    if name in models:
        models[name].model_validate(EXAMPLES[name])


def test_every_body_that_is_asked_has_an_example():
    asked = {door.asks.__name__ for door in DOORS if door.asks is not None}
    assert asked - {"Nothing", "Foreign"} <= set(EXAMPLES)


@pytest.mark.parametrize(
    "teams",
    [
        None,
        "Payments",
        ["Payments", None],
        {"id": 7},
        {"name": ["x"], "email": "ada@example.com"},
        [{"name": "Payments"}],
        7,
        {},
        {"title": "Payments"},
        {"name": None},
        [["Payments"]],
        {"id": True},
    ],
    ids=str,
)
def test_who_may_be_paged_is_told_as_it_is_taken(teams: object):
    said = {"title": "Disk full", "teams": teams}
    try:
        taken = Page.model_validate(said) is not None
    except ValidationError:
        taken = False
    assert validator("Page").is_valid(said) is taken


# -- answers -----------------------------------------------------------------------------------------------------------


def get(world: World, path: str) -> Any:
    answer = Client(world).get(path, headers={"Authorization": f"Bearer {TOKENS['read']}"})
    assert answer.status_code == 200, answer.text
    return answer.json


@pytest.mark.parametrize("what", ["links", "deliveries", "calls", "resyncs"])
def test_stored_rows_are_answered_as_their_models_say(world: World, what: str):
    paths = {door.rule: door.answer for door in DOORS if door.method == "GET"}
    lists, single = (validator(paths[f"/api/v1/{what}{end}"].__name__) for end in ("", "/<id_>"))
    listed = get(world, f"/api/v1/{what}?limit=200")
    assert listed["items"]
    lists.validate(listed)
    for row in listed["items"]:
        single.validate(get(world, f"/api/v1/{what}/{row['id']}"))


@pytest.mark.parametrize("kind", ["Create", "Update", "Advance", "Note", "Recheck", "Draft", "Trouble", "Receiver"])
def test_stored_nouns_have_the_fields_of_the_model(kind: str):
    real = {field.name for field in dataclasses.fields(getattr(model, kind))} - {"token"}
    shown: type[BaseModel] = getattr(stored, kind)
    assert set(shown.model_fields) == real


# -- the page ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def page(client: Client) -> str:
    """Without any token or login."""
    answer = client.get("/docs")
    assert answer.status_code == 200
    assert "style-src 'self'" in answer.headers["Content-Security-Policy"]
    return answer.text


def test_the_page_shows_every_door_and_every_body(page: str):
    for door in DOORS:
        assert f"<code>{door.method} {path_of(door.rule)}</code>" in page
    assert all(f'id="{name}"' in page for name in SCHEMAS)


def test_what_the_page_points_to_is_on_it(page: str):
    ids = re.findall(r' id="([^"]+)"', page)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert len(ids) == len(set(ids))


def test_the_page_loads_nothing_from_elsewhere_and_has_nothing_inline(page: str):
    loaded = re.findall(r'(?:src|href)="(?!#)([^"]+)"', page)
    assert all(address.startswith("/") and not address.startswith("//") for address in loaded)
    assert not re.search(r"<style|<script(?![^>]* src=)|\sstyle=|\son\w+=", page)


def test_each_door_has_a_line_for_a_terminal(page: str):
    assert page.count("<code>curl ") == len(DOORS)
