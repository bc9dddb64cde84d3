"""Looking at what the bridge knows, while it works."""

from __future__ import annotations

import pytest

from bridge.cli.deliveries import _pretty
from bridge.cli.links import story_of
from bridge.store import stories
from tests.cli.terminal import World
from tests.e2e.harness import until

HOSTILE = "[bold red]\x1b[2J\x1b]0;owned\x07 \u202eevil\n" + "x" * 10_000


@pytest.fixture(scope="module")
def alert(world: World) -> str:
    return world.alert("Disk full")


@pytest.fixture(scope="module")
def hostile(world: World) -> str:
    return world.alert(HOSTILE)


def test_a_list_is_a_document_of_items(world: World, alert: str):
    items = world.read("links", "list")["items"]
    assert [(row["title"], row["status"]) for row in items if row["title"] == "Disk full"] == [("Disk full", "open")]


@pytest.mark.parametrize("what", ["links", "deliveries", "calls", "resyncs"])
def test_every_list_has_items_and_says_where_the_next_begin(world: World, alert: str, what: str):
    assert world.read(what, "list").keys() == {"items", "next"}


def test_a_list_goes_on_where_the_last_page_ended(world: World, alert: str):
    first = world.read("deliveries", "list", "--limit", 1)
    rest = world.read("deliveries", "list", "--before", first["next"])
    whole = [row["id"] for row in world.read("deliveries", "list")["items"]]  # and what came meanwhile
    paged = [row["id"] for page in (first, rest) for row in page["items"]]
    assert paged == whole[-len(paged) :]
    assert len(paged) > 1


def test_a_list_for_people_is_a_table_of_whole_ids(world: World, alert: str):
    shown = world.run("calls", "list").stdout
    assert shown.splitlines()[0].split()[:2] == ["ID", "MADE"]
    assert all(row["id"] in shown for row in world.read("calls", "list")["items"])


def test_a_body_nested_deeper_than_any_that_we_read_is_shown_as_it_came():
    deep = "[" * 900 + "0," * 5000
    body = deep + "0" + "]" * 900
    assert _pretty(body) == body
    assert _pretty('{"a":[1]}') == '{\n  "a": [\n    1\n  ]\n}'


def test_a_list_can_be_filtered(world: World, alert: str):
    found = world.read("deliveries", "list", "--source", "pagertree", "--verdict", "applied", "--since", "1h")["items"]
    assert {(row["source"], row["verdict"]) for row in found} == {("pagertree", "applied")}
    assert world.read("deliveries", "list", "--until", "2020-01-01T00:00Z")["items"] == []
    assert [row["title"] for row in world.read("links", "list", "--search", "disk")["items"]] == ["Disk full"]


@pytest.mark.parametrize("wrong", [("--verdict", "great"), ("--since", "yesterday"), ("--limit", "0")])
def test_a_filter_that_cannot_be_is_wrong_usage(world: World, wrong: tuple[str, str]):
    assert world.run("deliveries", "list", *wrong).exit_code == 2


def test_nothing_is_said_to_be_nothing(world: World):
    assert world.run("resyncs", "list").stdout == "There is nothing here.\n"


def test_a_link_is_found_by_any_of_its_objects_and_tells_its_story(world: World, alert: str):
    link = world.read("links", "show", alert)
    assert [member["system"] for member in link["members"]] == ["pagertree", "rootly"]
    shown = world.run("links", "show", alert).stdout
    assert shown.index("from pagertree by webhook") < shown.index("to rootly: create")
    assert "new in PagerTree" in shown


def test_what_a_story_leaves_out_is_said_with_the_command_that_lists_it(world: World, alert: str, monkeypatch):
    monkeypatch.setattr(stories, "NEWEST", 1)
    link = world.read("links", "show", alert)
    link["counts"]["deliveries"] += 5_000
    (gap,) = [step for step in story_of(link) if str(step["what"]).startswith("…")]
    assert gap["what"] == "… 5,000 deliveries between"
    assert gap["reason"].endswith(f"follow; all of them: bridge deliveries list --link {link['id']}")


def test_a_delivery_shows_what_came_and_what_it_caused(world: World, alert: str):
    call = next(row for row in world.read("calls", "list")["items"] if row["of"].endswith(alert))
    shown = world.run("deliveries", "show", call["delivery"]).stdout
    assert '"title": "Disk full"' in shown
    assert call["id"] in shown
    assert world.read("deliveries", "show", call["delivery"])["calls"][0]["id"] == call["id"]


def test_a_call_shows_its_state_and_its_command(world: World, alert: str):
    call = next(row for row in world.read("calls", "list")["items"] if row["of"].endswith(alert))
    shown = world.run("calls", "show", call["id"]).stdout
    assert ["because", "of", "delivery", call["delivery"]] in [line.split() for line in shown.splitlines()]
    assert '"title": "Disk full"' in shown


@pytest.mark.parametrize("what", ["links", "deliveries", "calls", "resyncs"])
def test_what_is_not_there_is_told_with_code_1(world: World, what: str):
    result = world.run(what, "show", "none")
    assert (result.exit_code, f"bridge {what} list" in result.stderr) == (1, True)


def test_a_hostile_title_reaches_no_terminal_and_spoils_no_table(world: World, hostile: str):
    delivery = world.read("links", "show", hostile)["deliveries"][0]["id"]
    for words in (("links", "list"), ("calls", "list"), ("links", "show", hostile), ("deliveries", "show", delivery)):
        shown = world.run(*words).stdout
        assert not set(shown) & {"\x1b", "\x07", "\u202e"}
    assert "[bold red]" in world.run("links", "list").stdout
    assert max(map(len, world.run("links", "list").stdout.splitlines())) <= 200


def test_a_script_gets_the_hostile_title_whole(world: World, hostile: str):
    assert world.read("links", "show", hostile)["title"].endswith("x" * 1000)


def test_no_secret_is_shown(world: World, alert: str):
    link = until(lambda: world.read("links", "show", alert))
    deliveries = [world.run("deliveries", "show", d["id"]).stdout for d in link["deliveries"]]
    shown = "".join([*deliveries, world.run("calls", "list", "--json").stdout, world.run("doctor").stdout])
    keys = world.stage.keys
    secrets = (keys.pagertree, keys.rootly, keys.pagertree_webhook, keys.rootly_webhook, keys.api)
    assert not [secret for secret in secrets if secret in shown]


def test_deliveries_and_calls_name_their_links_by_title(world: World, alert: str):
    link = world.read("links", "show", alert)
    delivery = link["deliveries"][0]["id"]
    for what, id_ in (("deliveries", delivery), ("calls", link["calls"][0]["id"])):
        (row,) = [line for line in world.run(what, "list").stdout.splitlines() if id_ in line]
        assert "Disk full" in row
    assert f"It belongs to link {link['id']} (Disk full)" in world.run("deliveries", "show", delivery).stdout
