from datetime import UTC, datetime

import pytest

from bridge.core.routes import (
    Assign,
    Ignore,
    MarkIncident,
    Receiver,
    SetVal,
    choose,
    last_resort,
    parse_route,
    unveiled,
    veiled,
)

NOW = datetime(2024, 12, 25, tzinfo=UTC)
CRITICAL = {"incident": {"severity": "critical"}}
LOW = {"incident": {"severity": "low"}}


def assign(*receivers):
    return {"type": "assign", "receiver": list(receivers)}


def route(match, *actions, **more):
    made, faults = parse_route({"match": match, "actions": list(actions), **more}, "routes.0")
    assert faults == ()
    return made


def faults_of(raw):
    made, faults = parse_route(raw, "routes.0")
    assert made is None
    return faults


def actions_of(*actions):
    return route({"always": True}, *actions).actions


ALWAYS = {"always": True}
ROUTES = (
    route({"incident.severity": "critical"}, assign("tem_payments")),
    route({"incident.severity": {"$in": ["critical", "high"]}}, assign("tem_second")),
    route(ALWAYS, assign("tem_oncall")),
)


def test_the_first_route_that_matches_wins():
    routing = choose(ROUTES, CRITICAL, NOW)
    assert (routing.route, routing.receivers) == (0, (Receiver("tem_payments"),))
    assert choose(ROUTES, LOW, NOW).receivers == (Receiver("tem_oncall"),)


def test_the_reason_names_the_route_and_its_match():
    assert choose(ROUTES, CRITICAL, NOW).reason == "route 0 (incident.severity is critical)"
    assert choose(ROUTES, LOW, NOW).reason == "route 2 (always)"


def test_the_next_route_is_looked_for_behind_the_one_that_was_used():
    assert choose(ROUTES, CRITICAL, NOW, after=0).route == 1
    assert choose(ROUTES, LOW, NOW, after=0).route == 2
    assert choose(ROUTES, CRITICAL, NOW, after=2).route is None


def test_no_route_is_a_routing_without_receivers_that_says_so():
    routing = choose(ROUTES[:2], LOW, NOW)
    assert (routing.route, routing.receivers, routing.ignore) == (None, (), False)
    assert routing.reason == "no route (2 asked, none matches)"


def test_the_receivers_of_several_assigns_add_up_once_each():
    made = route(ALWAYS, assign("a", "b"), assign("b", "c"))
    assert [receiver.name for receiver in choose([made], LOW, NOW).receivers] == ["a", "b", "c"]


def test_setval_and_incident_stand_in_the_routing():
    values = {"title": "T", "description": "D", "urgency": "low", "tags": ["x"]}
    made = route(
        ALWAYS, {"type": "setval", "map": values}, {"type": "incident", "severity": "sev_2", "message": "join"}
    )
    routing = choose([made], LOW, NOW)
    assert (routing.title, routing.description, routing.urgency, routing.tags) == ("T", "D", "low", ("x",))
    assert routing.incident == MarkIncident("SEV-2", "join")


def test_of_two_values_for_one_field_the_later_one_stands():
    first = {"type": "setval", "map": {"title": "one", "urgency": "low"}}
    routing = choose([route(ALWAYS, first, {"type": "setval", "map": {"title": "two"}})], LOW, NOW)
    assert (routing.title, routing.urgency) == ("two", "low")


def test_a_route_may_say_that_nobody_is_paged_and_why():
    routing = choose([route({"incident.severity": "low"}, {"type": "ignore", "reason": "office hours"})], LOW, NOW)
    assert routing.ignore
    assert routing.reason == "route 0 (incident.severity is low): office hours"


def test_a_route_in_shadow_says_so():
    assert choose([route(ALWAYS, assign("a"), shadow=True)], LOW, NOW).shadow
    assert not choose(ROUTES, LOW, NOW).shadow


def test_the_last_resort_is_the_last_route_that_pages_people_by_rest():
    integration = {"integration": "int_x"}
    routes = (*ROUTES, route(ALWAYS, assign(integration)), route(ALWAYS, {"type": "ignore"}))
    assert last_resort(routes) == (Receiver("tem_oncall"),)
    assert last_resort([route(ALWAYS, assign(integration, "tem_b"))]) == (Receiver("tem_b"),)


def test_a_route_in_shadow_is_no_last_resort():
    assert last_resort((*ROUTES, route(ALWAYS, assign("a"), shadow=True))) == (Receiver("tem_oncall"),)
    assert last_resort([]) == ()


def test_a_receiver_is_a_text_or_an_integration_with_its_token():
    url = "https://api.pagertree.com/integration/int_1"
    (assigned,) = actions_of(assign(" ada@example.com ", {"integration": url, "token": "hush"}))
    assert assigned == Assign((Receiver("ada@example.com"), Receiver(url, "hush", integration=True)))
    assert "hush" not in repr(assigned)


def test_one_receiver_needs_no_list():
    assert actions_of({"type": "assign", "receiver": "tem_a"}) == (Assign((Receiver("tem_a"),)),)


def test_actions_are_read_as_they_are_written():
    wanted = (SetVal(tags=("one",)), Ignore(), MarkIncident())
    written = ({"type": "setval", "map": {"tags": "one"}}, {"type": "ignore"}, {"type": "incident"})
    assert actions_of(*written) == wanted


@pytest.mark.parametrize(
    ("action", "fault"),
    [
        ({"type": "aggregate", "by": []}, "type: aggregate is not in this version: an action is one of assign"),
        ({"type": "stakeholder"}, "type: stakeholder is not in this version"),
        ({}, "type: is missing"),
        ("assign", "type: is missing"),
        ({"type": "assign", "receiver": "a", "delay": "5m"}, "delay: is not in this version: assign has receiver"),
        ({"type": "assign"}, "receiver: needs a receiver"),
        ({"type": "assign", "receiver": ["a", ""]}, "receiver.1: is a text"),
        ({"type": "assign", "receiver": 7}, "receiver: is a text"),
        (
            {"type": "assign", "receiver": {"integration": "http://example.com/x"}},
            "receiver.integration: needs an https",
        ),
        ({"type": "assign", "receiver": {"token": "hush"}}, "receiver.integration: needs the URL or the id"),
        ({"type": "assign", "receiver": {"integration": "int_1", "token": 7}}, "receiver.token: needs a text"),
        ({"type": "setval"}, "map: needs a mapping"),
        ({"type": "setval", "map": {"colour": "red"}}, "map.colour: is not a field"),
        ({"type": "setval", "map": {"urgency": "loud"}}, "map.urgency: loud is not one of silent, low, medium"),
        ({"type": "setval", "map": {"title": "{{alert.title}}"}}, "map.title: holds {{: add handlebars: true"),
        ({"type": "setval", "map": {"tags": ["a", 7]}}, "map.tags.1: needs a text"),
        ({"type": "setval", "handlebars": "yes", "map": {"title": "x"}}, "handlebars: needs true or false"),
        ({"type": "incident", "severity": "SEV-9"}, "severity: SEV-9 is not one of SEV-1"),
        ({"type": "incident", "message": ["x"]}, "message: needs a text"),
    ],
    ids=str,
)
def test_a_fault_of_an_action_is_named_by_its_key(action, fault):
    raw = {"match": ALWAYS, "actions": [{"type": "setval", "map": {"title": "t"}}, action]}
    (said,) = faults_of(raw)
    assert said.startswith(f"routes.0.actions.1.{fault}")


def test_plain_http_is_for_loopback_only():
    for host in ("127.0.0.1:8000", "localhost", "[::1]:9"):
        assert actions_of(assign({"integration": f"http://{host}/integration/int_1"}))
    assert faults_of({"match": ALWAYS, "actions": [assign({"integration": "https://"})]})


def test_ignoring_and_assigning_in_one_route_contradict():
    (said,) = faults_of({"match": ALWAYS, "actions": [{"type": "ignore"}, assign("a")]})
    assert said.startswith("routes.0.actions: ignore pages nobody")


def test_all_faults_of_a_route_are_told_at_once():
    said = faults_of({"match": {"a": {"$x": 1, "$in": 2}}, "actions": [], "shadow": "yes", "macth": {}})
    assert [fault.split(": ")[0] for fault in said] == [
        "routes.0.macth",
        "routes.0.match.a.$x",
        "routes.0.match.a.$in",
        "routes.0.actions",
        "routes.0.shadow",
    ]


def test_a_route_needs_a_match_and_actions():
    assert [fault.split(": ")[0] for fault in faults_of({})] == ["routes.0.match", "routes.0.actions"]
    assert faults_of("always") == ("routes.0: needs a mapping with match and actions",)


def test_no_fault_shows_a_token():
    raw = {"match": ALWAYS, "actions": [assign({"integration": "", "token": "hush"}, {"token": "hush", "x": 1})]}
    assert "hush" not in " ".join(faults_of(raw))


def test_the_address_of_an_integration_is_never_stored_and_still_found_again() -> None:
    door = Receiver("https://api.pagertree.com/integration/int_x", "tok", integration=True)
    routes = (route({"always": True}, assign({"integration": door.name, "token": door.token})),)

    kept = veiled(door)
    assert "int_x" not in kept.name
    assert kept.token is None
    assert unveiled(routes, kept) == door
    assert unveiled((), kept) is None
    assert veiled(Receiver("tem_a")) == Receiver("tem_a") == unveiled(routes, Receiver("tem_a"))
