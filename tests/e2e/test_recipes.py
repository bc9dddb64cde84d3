"""The recipes of `docs/recipes.md`, filled in as Rootly fills them in, do what they say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import yaml
from liquid import Environment
from liquid.undefined import Undefined

from tests.e2e.harness import Scene, Seen, until

TEXT = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text()
BLOCKS = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)]
RECIPES = {block["name"]: block for block in BLOCKS if "name" in block}
(ROUTES,) = (block["routes"] for block in BLOCKS if "routes" in block)
NASTY = 'He said "no"\n\tback\\slash {{ x }} {% if %} </script> \u2028 ünïcødé 🔥 \x7f'

rootly = Environment()
rootly.add_filter("to_json", lambda value: json.dumps(None if isinstance(value, Undefined) else value))


def call(scene: Scene, name: str, **known: Any) -> Seen:
    """Make the recipe's call; its answer, with the status that Rootly would judge it by."""
    secrets = {"paging_token": scene.stage.keys.api}
    recipe = {
        key: rootly.from_string(str(text)).render(secrets=secrets, **known) for key, text in RECIPES[name].items()
    }
    url = recipe["url"].replace("https://bridge.example.com", scene.bridge.url)
    body, headers = recipe["body"].encode(), json.loads(recipe["headers"])
    with urlopen(Request(url, body, headers, method=recipe["method"]), timeout=20) as answer:
        assert str(answer.status) == recipe["succeed_on_status"]
        return dict(json.load(answer))


def asked_for(scene: Scene, incident: Seen, title: str, summary: str | None = None) -> Seen:
    """The alert of a page that the recipe asked for."""
    view = {"id": incident["id"], "title": title, "summary": summary}
    first, second = call(scene, "page", incident=view), call(scene, "page", incident=view)
    assert (second["page"], second["duplicate"]) == (first["page"], True)
    return until(lambda: next((a for a in scene.alerts() if a["thirdparty_id"] == first["mark"]), None))


def test_there_is_a_recipe_for_each_move() -> None:
    assert set(RECIPES) == {"page", "update", "acknowledge", "resolve"}
    for recipe in RECIPES.values():
        values = re.findall(r"{{(.*?)}}", recipe["body"])
        assert all(value.strip().endswith("| to_json") for value in values)


@pytest.mark.parametrize(("title", "summary"), [(NASTY, NASTY), ("Plain", None)], ids=["nasty", "plain"])
def test_a_workflow_pages_a_team_once_whatever_the_incident_is_called(
    set_scene: Any, title: str, summary: str | None
) -> None:
    scene = set_scene(routes=[*ROUTES[:1], {**ROUTES[1], "actions": [{"type": "assign", "receiver": ["On-call"]}]}])
    incident = scene.rootly.start_incident("Checkout down", severity="critical")
    alert = asked_for(scene, incident, title, summary)
    assert (alert["title"], alert["urgency"]) == (title, "critical")
    assert alert["description"] == (summary or "")
    scene.quiet()
    assert len(scene.alerts()) == 1, "the routes paged as well"
    scene.rootly.resolve_incident(incident["id"])
    until(lambda: scene.alert(alert)["status"] == "resolved")


def test_a_workflow_changes_the_page(scene: Scene) -> None:
    incident = scene.rootly.start_incident("Checkout down", severity="low")
    alert = asked_for(scene, incident, "Checkout down")
    scene.quiet()
    call(scene, "update", incident={"id": incident["id"], "title": NASTY, "summary": None})
    until(lambda: scene.alert(alert)["title"] == NASTY)


@pytest.mark.parametrize(
    "person", [{"id": 3, "name": 'Robin "R" Field', "email": "robin@example.com"}, None], ids=["known", "null"]
)
def test_a_workflow_acknowledges_and_resolves_in_pagertree(scene: Scene, person: Seen | None) -> None:
    alert = scene.raised()
    mirror = scene.mirror(alert)
    scene.quiet()  # until the answer is stored, nobody here knows the mirror by its id
    view = {"id": mirror["id"], "summary": NASTY, "acknowledged_by": person, "resolved_by": person}
    assert call(scene, "acknowledge", alert=view)["status"] == "acknowledged"
    until(lambda: scene.alert(alert)["status"] == "acknowledged")
    assert call(scene, "resolve", alert=view)["status"] == "resolved"
    until(lambda: scene.alert(alert)["status"] == scene.mirror(alert)["status"] == "resolved")
    who = str(person["name"]) if person else "stage"
    until(lambda: any(f"Resolved through the bridge by {who}: He said" in text for text in scene.comments(alert)))
