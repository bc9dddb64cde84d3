"""How the console looks after a bad night: to everybody, at every width, whatever the troubles are called."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, expect
from rich.cells import cell_len

from tests.browser.opening import DESKTOP, PHONE, Look, came, leave, pages_of
from tests.browser.paths import MOST_CLICKS, Way, walk, ways
from tests.browser.pictures import FOLDER, LOOKS, NAMES
from tests.browser.watching import Watch, watched
from tests.browser.world import HARMFUL
from tests.cli.terminal import run
from tests.e2e.harness import Scene

LOGGED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[")
ROOT = Path(__file__).parent.parent.parent
DOCUMENT = (ROOT / "docs" / "console.md").read_text()
TURNED = "\N{RIGHT-TO-LEFT OVERRIDE}\N{RIGHT-TO-LEFT ISOLATE}"
Reader = tuple[Page, Watch]
VIOLATIONS = "axe.run({resultTypes: ['violations'], preload: false}).then((found) => found.violations)"
TOO_WIDE = "() => document.scrollingElement.scrollWidth - window.innerWidth"
CUT_OFF = """() => [...document.querySelectorAll(".scroll")].filter((one) => one.scrollWidth > one.clientWidth)
  .map((one) => one.ariaLabel)"""


@pytest.fixture(scope="module")
def guest(chromium: Browser, night: Scene) -> Iterator[Reader]:
    """Somebody who has not logged in."""
    context = came(chromium, night.bridge.url)
    with watched(context, night.bridge.url) as watch:
        yield context.new_page(), watch
    leave(context)


def seen_as(page: Page, look: Look) -> None:
    page.emulate_media(color_scheme=look.scheme)
    page.set_viewport_size({"width": look.width, "height": look.height})


def serious(page: Page) -> list[str]:
    """Of a table the first rows: the others look like them, and each costs a look at every colour."""
    page.evaluate(
        "document.querySelectorAll('tbody tr:nth-child(n+6), ol > li:nth-child(n+6)').forEach((one) => one.remove())"
    )
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    bad = [one for one in page.evaluate(VIOLATIONS) if one["impact"] in ("serious", "critical")]
    return [f"{one['id']}: {one['help']}: {node['html'][:160]}" for one in bad for node in one["nodes"]]


@pytest.mark.timeout(150)  # axe looks at every colour twice, and a busy machine is slow
@pytest.mark.parametrize("name", NAMES)
def test_every_page_is_for_everybody_by_day_and_night_on_desk_and_phone(
    reader: Reader, guest: Reader, night: Scene, name: str
) -> None:
    page, watch = guest if name == "login" else reader
    page.goto(pages_of(night)[name])
    for look in (DESKTOP, Look("dark", PHONE.width, PHONE.height)):
        seen_as(page, look)
        assert page.evaluate(TOO_WIDE) <= 0, f"the page scrolls sideways at {look.width} px"
        assert page.evaluate(CUT_OFF) == [], f"a part of a row is not seen at {look.width} px"
        assert serious(page) == [], look
    watch.assert_clean()


def test_on_a_phone_the_menu_opens_by_a_touch(reader: Reader) -> None:
    page, watch = reader
    seen_as(page, PHONE)
    page.goto("/")
    expect(page.get_by_role("link", name="Rules")).to_be_hidden()
    page.get_by_text("Menu").click()
    page.get_by_role("link", name="Rules").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rules")
    watch.assert_clean()


def test_what_is_not_there_is_a_page_too(reader: Reader) -> None:
    page, watch = reader
    watch.expected = {404}
    page.goto("/links/nothing")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    assert serious(page) == []
    watch.assert_clean()


def test_what_is_asked_of_others_and_what_the_policy_forbids_is_noticed(chromium: Browser, night: Scene) -> None:
    context = came(chromium, night.bridge.url)
    watch = Watch(night.bridge.url)
    watch.over(context)
    page = context.new_page()
    page.goto("/login")
    with page.expect_console_message(lambda message: "inline event handler" in message.text):
        page.evaluate("document.body.innerHTML += '<img src=x onerror=alert(1)>'")
    with pytest.raises(Error):
        page.goto("http://elsewhere.invalid/")
    page.wait_for_url("chrome-error://chromewebdata/")
    leave(context)
    assert [fault for fault in watch.faults if "Content Security Policy" in fault]
    assert set(watch.elsewhere) == {"http://elsewhere.invalid/"}  # Chromium may try again by itself
    assert not watch.dialogs


def links_with_harm(scene: Scene) -> list[dict[str, Any]]:
    found = [row for row in scene.links() if set(row["title"]) & set("<\x1b\x9b" + TURNED) or len(row["title"]) > 500]
    assert len(found) >= len(HARMFUL)
    return found


def test_no_title_is_obeyed_or_breaks_a_page(reader: Reader, night: Scene) -> None:
    page, watch = reader
    links = links_with_harm(night)
    deliveries = [row["id"] for row in night.deliveries() if set(row["links"]) & {link["id"] for link in links}]
    calls = [row["id"] for row in night.calls() if row["link"] in {link["id"] for link in links}]
    one_each = [f"/links/{link['id']}" for link in links]
    seen_as(page, PHONE)
    for path in ("/links", "/deliveries", "/calls", *one_each, f"/deliveries/{deliveries[0]}", f"/calls/{calls[0]}"):
        page.goto(path)
        assert page.locator("main script, main img, main b").count() == 0
        assert page.evaluate(TOO_WIDE) <= 0, path
        assert not set(page.content()) & set("\x1b\x9b\x07" + TURNED), path
    watch.assert_clean()


@pytest.mark.parametrize("what", ["links", "deliveries", "calls"])
def test_no_title_breaks_a_table_of_the_terminal(night: Scene, what: str) -> None:
    shown = [line for line in told(night, what, "list", "--limit", "200") if "--before" not in line]
    assert len(shown) > 20
    assert len({cell_len(line) for line in shown}) == 1, "each line ends where the others do"


def test_no_title_is_obeyed_where_the_terminal_tells_all_of_it(night: Scene) -> None:
    for link in links_with_harm(night):
        lines = told(night, "links", "show", link["id"])
        assert [line.split()[0] for line in lines[:3]] == ["link", "title", "status"]


def told(scene: Scene, *words: str) -> list[str]:
    """The lines of a command, none of which moves the cursor, colours, or turns the line. The bridge of this process
    may log something meanwhile, to the same place."""
    folder = scene.bridge.parts.config.folder
    shown = run(*words, "--config", folder / "config.yaml").stdout
    assert not set(shown) & set("\x1b\x9b\x07\x00\r" + TURNED)
    return [line for line in shown.splitlines() if line and not LOGGED.match(line)]


# -- what the document says --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ways(DOCUMENT), ids=lambda way: re.sub(r"\W+", "-", way.question))
def test_a_question_at_three_in_the_morning_is_answered_as_the_document_says(
    reader: Reader, night: Scene, way: Way
) -> None:
    page, watch = reader
    seen_as(page, DESKTOP)
    page.goto("/")
    for step in way.steps:
        walk(page, step)
    assert way.clicks <= MOST_CLICKS
    watch.assert_clean()


def test_there_are_five_questions_and_each_ends_with_what_is_to_be_seen() -> None:
    asked = ways(DOCUMENT)
    assert len(asked) == 5
    assert all(way.steps[-1].startswith(("Read", "Find")) for way in asked)


def test_every_page_has_its_pictures_and_every_picture_that_is_shown_is_there() -> None:
    there = {path.name for path in FOLDER.glob("*.png")}
    assert there == {f"{name}-{look}.png" for name in NAMES for look in LOOKS}
    assert set(re.findall(r"\]\(pictures/([^)]+)\)", DOCUMENT)) <= there
    assert max(path.stat().st_size for path in FOLDER.glob("*.png")) < 80_000


def test_every_page_of_the_menu_is_told_of(reader: Reader) -> None:
    page, _ = reader
    seen_as(page, DESKTOP)
    page.goto("/")
    words = page.locator("header nav a").all_inner_texts()
    assert len(words) == 10
    assert set(words) <= set(re.findall(r"^\| \*\*(\w+)\*\*", DOCUMENT, re.MULTILINE))
