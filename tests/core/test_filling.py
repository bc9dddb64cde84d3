"""Templates in routes: filled in with what routes match; one that fails leaves the field as it was and says so."""

import pytest

from bridge.core.filling import templates_of
from bridge.core.mapping import Maps
from bridge.model import Create
from bridge.templates import render
from tests.core.stories import incident, judged, policy, routes

ASSIGN = {"type": "assign", "receiver": ["tem_oncall"]}


def page_of(*actions: dict[str, object]) -> tuple[Create, str]:
    """The page of an incident by one route with these actions, and the reason that was given."""
    route = {"match": {"always": True}, "actions": [ASSIGN, *actions]}
    maps = Maps(urgency={"critical": "auto", "default": "high"})  # a route's own urgency counts where the map says so
    chosen = policy(routes=routes(route), render=render, maps=maps)
    decision = judged(incident(), None, chosen)
    (command,) = decision.commands
    assert isinstance(command, Create)
    return command, decision.reason


def setval(**fields: object) -> dict[str, object]:
    return {"type": "setval", "handlebars": True, "map": fields}


def test_title_description_tags_and_urgency_are_filled_in() -> None:
    page, _ = page_of(
        setval(
            title="[{{uppercase incident.severity}}] {{incident.title}}",
            description="{{incident.status}}",
            tags=["sev-{{incident.severity}}", "{{incident.nothing}}"],
            urgency="{{#eq incident.severity 'critical'}}low{{/eq}}",
        )
    )
    assert page.draft.title == "[CRITICAL] Checkout is down"
    assert (page.draft.description, page.draft.tags, page.draft.urgency) == ("started", ("sev-critical",), "low")


def test_the_message_of_an_incident_is_filled_in() -> None:
    page, _ = page_of({"type": "incident", "handlebars": True, "message": "join for {{{incident.title}}}"})
    assert page.draft.message == "join for Checkout is down"


def test_without_the_flag_a_text_is_a_text() -> None:
    page, _ = page_of({"type": "setval", "map": {"title": "{ not a template }"}})
    assert page.draft.title == "{ not a template }"


@pytest.mark.parametrize(
    "template", ["{{noSuchHelper incident.title 1}}", "{{#each incident}}", "{{incident.missing}}"]
)
def test_a_template_that_gives_nothing_leaves_the_title_as_it_was(template: str) -> None:
    page, _ = page_of(setval(title=template))
    assert page.draft.title == "Checkout is down"


def test_a_template_that_fails_is_told_in_the_reason() -> None:
    _, reason = page_of(setval(title="{{noSuchHelper incident.title 1}}"))
    assert "title: the template failed" in reason


def test_an_urgency_that_is_none_is_told_and_leaves_the_default() -> None:
    page, reason = page_of(setval(urgency="{{incident.title}}"))
    assert page.draft.urgency == "high"
    assert "'checkout is down', which is none of silent" in reason


def test_every_template_is_found_with_its_key() -> None:
    (route,) = routes({"match": {"always": True}, "actions": [ASSIGN, setval(title="{{a}}", tags=["{{b}}"])]})
    assert dict(templates_of(route.actions)) == {"actions.1.map.title": "{{a}}", "actions.1.map.tags.0": "{{b}}"}
