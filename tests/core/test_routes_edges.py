"""Routes and pages at the edges: whose receivers, which words, and what stands where a route says nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.core import pages
from bridge.core.actions import parse_actions
from bridge.core.faults import Faults, never, under
from bridge.core.filling import filled, templates_of, unrendered
from bridge.core.policy import Policy, Terms, title_of
from bridge.core.routes import Assign, Ignore, MarkIncident, SetVal, choose, last_resort, parse_route, unveiled, veiled
from bridge.model import Receiver, Rendered, Trouble
from tests.core.stories import NOW, policy, routes

ALWAYS = {"always": True}
DATA = {"incident": {"severity": "critical"}}


def assign(*receivers: Any) -> dict[str, Any]:
    return {"type": "assign", "receiver": list(receivers)}


def always(*actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"match": ALWAYS, "actions": list(actions), **more}


def page_by(*raw: dict[str, Any], trouble: Trouble | None = None, incident: bool = True) -> pages.Page:
    known = trouble or Trouble(title="Down", severity="high", number="INC-1", url="https://rootly.example/1")
    return pages.page(policy(routes=routes(*raw)), known, "m", incident, NOW)


def test_no_route_at_all_pages_by_the_last_one_and_says_so() -> None:
    never_ = {"match": {"always": False}, "actions": [assign("tem_last")]}
    page = page_by(never_)
    assert page.create is not None
    assert [r.name for r in page.create.draft.receivers] == ["tem_last"]
    assert page.alarms == ("no route matches: the last route's receivers are paged",)
    assert (page.route, page.create.draft.route) == (None, "no route (1 asked, none matches)")


def test_a_route_that_names_nobody_pages_by_the_last_one() -> None:
    page = page_by(always({"type": "setval", "map": {"tags": ["a"]}}), always(assign("tem_last")))
    assert page.create is not None
    assert [r.name for r in page.create.draft.receivers] == ["tem_last"]
    assert page.alarms == ("route 0 (always) names no receiver: the last route's receivers are paged",)
    assert (page.create.draft.tags, page.route) == (("a",), 0)


def test_a_routes_words_stand_before_the_troubles_and_the_troubles_before_none() -> None:
    given = {"title": "T", "description": "D", "urgency": "low", "tags": ["a"]}
    draft = page_by(always(assign("a"), {"type": "setval", "map": given})).create.draft
    assert (draft.title, draft.description, draft.tags) == ("T", "D", ("a",))
    plain = page_by(always(assign("a")), trouble=Trouble(number="INC-1")).create.draft
    assert (plain.title, plain.description, plain.message) == ("Rootly INC-1", None, "INC-1")
    assert page_by(always(assign("a")), trouble=Trouble()).create.draft.message is None
    assert page_by(always(assign("a")), trouble=Trouble()).create.draft.title == "Rootly"


def test_the_message_points_back_unless_the_route_has_one() -> None:
    assert page_by(always(assign("a"))).create.draft.message == "INC-1 https://rootly.example/1"
    own = page_by(always(assign("a"), {"type": "incident", "message": "join"})).create.draft
    bare = page_by(always(assign("a"), {"type": "incident"})).create.draft
    assert (own.message, bare.message) == ("join", "INC-1 https://rootly.example/1")


def test_a_severity_is_on_incidents_and_a_routes_own_stands_before_the_mapped() -> None:
    marks = {"type": "incident", "severity": "sev_1"}
    drafts = [
        page_by(always(assign("a")), incident=False).create.draft,
        page_by(always(assign("a")), incident=True).create.draft,
        page_by(always(assign("a"), marks), incident=False).create.draft,
        page_by(always(assign("a"), {"type": "incident"}), incident=False).create.draft,
    ]
    assert [(d.severity, d.incident) for d in drafts] == [
        (None, False), ("SEV-2", True), ("SEV-1", True), ("SEV-2", True),
    ]  # fmt: skip


def test_an_odd_severity_is_told_once() -> None:
    assert page_by(always(assign("a")), trouble=Trouble(severity="odd")).unmapped == ("odd",)
    assert page_by(always(assign("a"))).unmapped == ()


def test_a_page_in_shadow_is_marked_so() -> None:
    assert page_by(always(assign("a"), shadow=True)).create.draft.shadow
    assert not page_by(always(assign("a"))).create.draft.shadow


def test_what_changes_is_only_what_differs_and_a_route_that_ignores_changes_nothing() -> None:
    quiet = {"match": {"incident.severity": "low"}, "actions": [{"type": "ignore"}]}
    chosen = policy(routes=routes(quiet, always(assign("a"))))
    high, low = (Trouble(title="T", severity=s, facts={"incident": {"severity": s}}) for s in ("high", "low"))
    assert pages.changes(chosen, high, replace(high, title="U"), NOW) == {"title": "U"}
    assert pages.changes(chosen, high, low, NOW) == pages.changes(chosen, low, high, NOW) == {}
    assert pages.newly_paged(chosen, low, high, NOW) == (Receiver("a"),)
    assert pages.newly_paged(chosen, high, low, NOW) == pages.newly_paged(chosen, high, high, NOW) == ()


def test_a_risen_severity_that_a_route_ignores_pages_nobody_more() -> None:
    quiet = {"match": {"incident.severity": "critical"}, "actions": [{"type": "ignore"}]}
    chosen = policy(routes=routes(quiet, always(assign("a"))))
    low, high = (Trouble(severity=s, facts={"incident": {"severity": s}}) for s in ("low", "critical"))
    assert pages.newly_paged(chosen, low, high, NOW) == ()


def test_routes_behind_a_number_are_counted_from_it() -> None:
    three = routes(always(assign("a")), always(assign("b")), always(assign("c")))
    assert [choose(three, DATA, NOW, after).route for after in (-1, 0, 1)] == [0, 1, 2]
    assert choose(three, DATA, NOW, 2).reason == "no route behind route 2 (0 asked, none matches)"
    assert choose(three[:1], DATA, NOW, 0).reason == "no route behind route 0 (0 asked, none matches)"
    assert choose((), DATA, NOW).reason == "no route (0 asked, none matches)"
    assert choose((), DATA, NOW, 5).reason == "no route behind route 5 (0 asked, none matches)"


def test_of_two_values_the_later_stands_and_receivers_add_up_once() -> None:
    first, second = ({"type": "setval", "map": {"title": t, "urgency": u}} for t, u in (("A", "low"), ("B", "high")))
    routing = choose(routes(always(assign("a", "b"), first, assign("b", "c"), second)), DATA, NOW)
    assert (routing.title, routing.urgency, routing.description) == ("B", "high", None)
    assert [r.name for r in routing.receivers] == ["a", "b", "c"]
    kept = choose(routes(always(assign("a"), first, {"type": "setval", "map": {"tags": "x"}})), DATA, NOW)
    assert (kept.title, kept.urgency, kept.tags, kept.reason) == ("A", "low", ("x",), "route 0 (always)")


def test_the_last_resort_is_the_last_route_that_names_somebody_and_may_leave() -> None:
    door = {"integration": "int_1"}
    known = routes(
        always(assign("a")), always(assign("b", door)), always(assign("c"), shadow=True), always(assign(door))
    )
    assert last_resort(known) == (Receiver("b"),)
    assert last_resort(known[2:]) == ()


def test_a_veiled_integration_is_found_again_among_the_routes_and_nothing_else_is() -> None:
    one, two = ({"integration": f"https://pagertree.example/int_{n}", "token": "t"} for n in (1, 2))
    known = routes(always(assign("a", one, two)))
    real = Receiver("https://pagertree.example/int_2", "t", integration=True)
    assert unveiled(known, veiled(real)) == real
    assert veiled(real).token is None
    assert veiled(real).name.startswith("integration ")
    assert len(veiled(real).name) == len("integration ") + 12
    assert unveiled(known, Receiver("integration 000000000000", integration=True)) is None
    assert unveiled(known, Receiver("a")) == veiled(Receiver("a")) == Receiver("a")
    assert unveiled(known, Receiver("nobody")) == Receiver("nobody")


# -- how they are read -------------------------------------------------------------------------------------------------


def faults_of(*actions: Any) -> list[str]:
    faults = Faults()
    parse_actions(list(actions), "actions", faults)
    return [fault.partition(": ")[0] for fault in faults]


@pytest.mark.parametrize(
    ("action", "where"),
    [
        (7, "actions.0.type"),
        ({}, "actions.0.type"),
        ({"type": 7}, "actions.0.type"),
        ({"type": ["assign"]}, "actions.0.type"),
        ({"type": "page"}, "actions.0.type"),
        ({"type": "assign"}, "actions.0.receiver"),
        ({"type": "assign", "receiver": []}, "actions.0.receiver"),
        ({"type": "assign", "receiver": " "}, "actions.0.receiver"),
        ({"type": "assign", "receiver": ["a", 7]}, "actions.0.receiver.1"),
        ({"type": "assign", "receiver": {"integration": "int", "x": 1}}, "actions.0.receiver"),
        ({"type": "assign", "receiver": {"token": "t"}}, "actions.0.receiver.integration"),
        (
            {"type": "assign", "receiver": {"integration": "http://pagertree.example/x"}},
            "actions.0.receiver.integration",
        ),
        ({"type": "assign", "receiver": {"integration": "https://[x"}}, "actions.0.receiver.integration"),
        ({"type": "assign", "receiver": {"integration": "https://"}}, "actions.0.receiver.integration"),
        ({"type": "assign", "receiver": {"integration": "ftp://localhost"}}, "actions.0.receiver.integration"),
        ({"type": "ignore", "reason": 7}, "actions.0.reason"),
        ({"type": "ignore", "reason": ""}, "actions.0.reason"),
        ({"type": "ignore", "why": "x"}, "actions.0.why"),
        ({"type": "setval"}, "actions.0.map"),
        ({"type": "setval", "map": {}}, "actions.0.map"),
        ({"type": "setval", "map": {"x": "y"}}, "actions.0.map.x"),
        ({"type": "setval", "map": {"urgency": "loud"}}, "actions.0.map.urgency"),
        ({"type": "setval", "handlebars": True, "map": {"urgency": "loud"}}, "actions.0.map.urgency"),
        ({"type": "setval", "map": {"title": "{{x}}"}}, "actions.0.map.title"),
        ({"type": "setval", "map": {"tags": ["a", 7]}}, "actions.0.map.tags.1"),
        ({"type": "setval", "handlebars": 1, "map": {"title": "x"}}, "actions.0.handlebars"),
        ({"type": "incident", "severity": "SEV-9"}, "actions.0.severity"),
        ({"type": "incident", "message": []}, "actions.0.message"),
    ],
)
def test_a_wrong_action_is_told_by_its_key(action: object, where: str) -> None:
    assert faults_of(action) == [where]


@pytest.mark.parametrize(
    "receiver",
    [{"integration": url} for url in ("int_1", "https://x.example/i", "http://localhost:1/i", "http://127.0.0.1", "http://[::1]/")],
)  # fmt: skip
def test_an_integration_is_an_id_or_a_safe_url(receiver: dict[str, str]) -> None:
    assert faults_of(assign(receiver)) == []


def test_every_unknown_key_is_told_whatever_it_is() -> None:
    assert faults_of({"type": "ignore", 7: 1, "b": 2, "a": 3}) == ["actions.0.7", "actions.0.a", "actions.0.b"]
    made, faults = parse_route({**always(assign("a")), 7: 1, "x": 2}, "routes.0")
    assert made is None
    assert [fault.partition(": ")[0] for fault in faults] == ["routes.0.7", "routes.0.x"]


@pytest.mark.parametrize("raw", [None, "a", [], {}])
def test_actions_are_a_list_that_is_not_empty(raw: object) -> None:
    faults = Faults()
    assert parse_actions(raw, "actions", faults) == ()
    assert len(faults) == 1


def test_to_ignore_and_to_page_is_told() -> None:
    assert faults_of(assign("a"), {"type": "ignore"}) == ["actions"]
    assert faults_of(assign("a"), {"type": "incident"}) == []


def test_texts_are_read_without_the_space_around_them() -> None:
    faults = Faults()
    given = {"title": " T ", "description": None, "urgency": "low", "tags": " a "}
    read = parse_actions(
        [assign(" a "), {"type": "setval", "map": given}, {"type": "ignore", "reason": " r "}], "", faults
    )
    assert read == (Assign((Receiver("a"),)), SetVal("T", None, "low", ("a",)), Ignore("r"))
    marked = parse_actions([{"type": "incident", "severity": " sev_2 ", "message": " m "}], "", Faults())
    assert marked == (MarkIncident("SEV-2", "m"),)


def test_a_template_of_an_urgency_is_believed_until_it_is_filled_in() -> None:
    given = {"type": "setval", "handlebars": True, "map": {"urgency": "{{x}}", "title": "{{y}}"}}
    assert parse_actions([given], "", Faults()) == (SetVal("{{y}}", None, "{{x}}", None, True),)


# -- templates ---------------------------------------------------------------------------------------------------------

TEMPLATED = (
    SetVal("{{t}}", "{{d}}", "{{u}}", ("{{a}}", "{{b}}"), handlebars=True),
    MarkIncident("SEV-1", "{{m}}", handlebars=True),
    MarkIncident("SEV-1", "plain"),
)


def echoed(template: str, _: Any) -> Rendered:
    return {"{{d}}": Rendered(None, "broken"), "{{u}}": Rendered(" LOW "), "{{b}}": Rendered("  ")}.get(
        template, Rendered(f" {template[2]} ")
    )


def test_every_template_is_named_by_its_key() -> None:
    assert list(templates_of(TEMPLATED)) == [
        ("actions.0.map.title", "{{t}}"), ("actions.0.map.description", "{{d}}"), ("actions.0.map.urgency", "{{u}}"),
        ("actions.0.map.tags.0", "{{a}}"), ("actions.0.map.tags.1", "{{b}}"), ("actions.1.message", "{{m}}"),
    ]  # fmt: skip
    assert list(templates_of([SetVal("{{t}}", handlebars=True), SetVal("t"), Ignore("x")])) == [
        ("actions.0.map.title", "{{t}}")
    ]


def test_filled_in_they_are_tidy_texts_and_what_failed_is_left_out_and_told() -> None:
    actions, faults = filled((*TEMPLATED, Ignore("x")), {}, echoed)
    assert actions == (
        SetVal("t", None, "low", ("a",)), MarkIncident("SEV-1", "m"), MarkIncident("SEV-1", "plain"), Ignore("x"),
    )  # fmt: skip
    assert faults == ("description: broken",)


def test_an_urgency_that_is_none_is_told_by_its_first_forty_characters() -> None:
    actions, faults = filled([SetVal(urgency="x", handlebars=True)], {}, lambda *_: Rendered("Z" * 50))
    assert actions == (SetVal(),)
    assert f"gave {'z' * 40!r}," in faults[0]


def test_without_an_engine_nothing_is_filled_in() -> None:
    assert unrendered("{{x}}", {}).text is None
    assert filled([SetVal("{{x}}", handlebars=True)], {}, unrendered)[0] == (SetVal(),)
    assert Policy(policy().maps, (), NOW).render("{{x}}", {}).text is None


# -- small words -------------------------------------------------------------------------------------------------------


def test_a_fault_begins_with_its_path_if_it_has_one() -> None:
    faults = Faults()
    faults.add("", "wrong")
    faults.add("a.b", "wrong")
    assert (faults, under("", 0), under("a", 0)) == (["wrong", "a.b: wrong"], "0", "a.0")
    assert faults.attempt("c", lambda: int("x")) is None
    assert faults[2].startswith("c: invalid literal")
    assert never(1, 2) is False


def test_what_nobody_chose_is_the_cautious_choice() -> None:
    usual = Policy(policy().maps, (), NOW)
    asked = ("resolve_related_incidents", "resolve_incident_on_page_resolved", "page_on_triage", "private_incidents")
    asked += ("page_closed_meanwhile", "page_rootly_alerts")
    assert not any(getattr(usual, name) for name in asked)
    assert usual.comments_to_rootly
    assert usual.comments_to_pagertree
    assert usual.repage_on_raise
    assert usual.note_mitigated
    assert (usual.page_dropped, usual.retriggered, usual.incident_kinds) == ("alarm", "note", frozenset({"normal"}))
    assert usual.max_page_age.total_seconds() == 3600
    assert (Terms(()).auto_resolve, Terms(()).notify, title_of("int_1")) == (None, None, "int_1")
