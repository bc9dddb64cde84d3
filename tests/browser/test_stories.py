"""What people do at the console, in a real browser, between two systems that show what came of it."""

import re
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bridge.sandbox.faults import Fault
from tests.browser.opening import came, leave, log_in
from tests.browser.watching import Watch, watched
from tests.browser.world import SHOP, Night, open_day
from tests.e2e.harness import Scene, Seen, until
from tests.web.console.browser import NAME, PASSWORD

expect.set_options(timeout=15_000)
Ada = tuple[Page, Watch]


def button(page: Page, words: str):
    return page.get_by_role("button", name=words, exact=True)


def find(page: Page, title: str) -> None:
    """As somebody does who was told of a trouble: by its words."""
    page.goto("/links")
    page.get_by_label("Search").fill(title)
    page.get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)


def incident(scene: Scene, title: str) -> tuple[Seen, Seen]:
    """One that has paged, and its page."""
    begun = scene.rootly.start_incident(title)
    return begun, scene.page(begun)


# -- who may -----------------------------------------------------------------------------------------------------------


def test_a_wrong_password_stays_outside_and_the_right_one_leads_to_where_one_was_going(stranger: Ada) -> None:
    page, watch = stranger
    watch.expected = {401}
    page.goto("/rules")
    log_in(page, password="not the password at all")
    expect(page.get_by_role("alert")).to_contain_text("The user name or the password is wrong.")
    log_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Rules")


def test_after_five_failures_not_even_the_right_password_opens(chromium: Browser, tmp_path: Path) -> None:
    scene = open_day(tmp_path)
    context = came(chromium, scene.bridge.url)
    with watched(context, scene.bridge.url) as watch:
        watch.expected = {401, 429}
        page = context.new_page()
        page.goto("/login")
        for number in range(5):
            log_in(page, password=f"guess number {number}")
        log_in(page)
        expect(page.get_by_role("alert")).to_contain_text("Too many logins failed. Try again in 15 minutes.")
    leave(context)
    scene.close()


def test_after_the_logout_the_back_button_shows_nothing(chromium: Browser, stranger: Ada) -> None:
    page, _ = stranger
    page.goto("/login")
    log_in(page)
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    button(page, "Log out").click()
    expect(button(page, "Log in")).to_be_visible()
    page.go_back()
    expect(button(page, "Log in")).to_be_visible()
    expect(page.get_by_text("pagertree.api_key")).to_have_count(0)


def test_a_token_that_is_made_here_opens_the_api_once_it_is_copied(ada: Ada, scene: Scene) -> None:
    page, _ = ada
    page.goto("/tokens")
    page.get_by_label("Name", exact=True).fill("nightly report")
    page.get_by_label("read: see everything").check()
    button(page, "Make a token").click()
    token = page.locator("#new-token").inner_text().strip()
    asked = urllib.request.Request(f"{scene.bridge.url}/api/v1/links", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        assert answer.status == 200
    page.get_by_role("link", name="Tokens").click()
    expect(page.get_by_role("cell", name="nightly report")).to_be_visible()
    assert token not in page.content()


# -- one trouble -------------------------------------------------------------------------------------------------------


def test_a_link_is_found_by_its_title_and_tells_both_sides(ada: Ada, scene: Scene) -> None:
    incident(scene, "Orders arrive twice")
    page, _ = ada
    find(page, "Orders arrive twice")
    expect(page.locator("#live .sentence")).to_contain_text("Paged once")
    story = page.locator(".story")
    expect(story).to_contain_text("new: paged by route 1 (incident.severity is critical)")
    expect(story.locator(".pagertree", has_text="Create the alert")).to_contain_text("to Payments")
    expect(story.locator(".rootly").first).to_contain_text("A webhook came")


def test_who_acknowledges_and_resolves_here_does_so_on_both_sides(ada: Ada, scene: Scene) -> None:
    begun, alert = incident(scene, "Refunds wait")
    page, _ = ada
    find(page, "Refunds wait")
    button(page, "Acknowledge").click()
    until(lambda: scene.alert(alert)["status"] == "acknowledged")
    expect(page.locator("#live .sentence")).to_contain_text("somebody has acknowledged")
    button(page, "Resolve").click()
    until(lambda: scene.alert(alert)["status"] == "resolved")
    until(lambda: f"Acknowledged through the bridge by {NAME}" in "".join(scene.timeline(begun)))


def test_who_says_no_to_the_question_has_done_nothing(ada: Ada, scene: Scene) -> None:
    _, alert = incident(scene, "Parcels go astray")
    page, watch = ada
    find(page, "Parcels go astray")
    watch.answers = False
    button(page, "Resolve").click()
    expect(button(page, "Resolve")).to_be_visible()
    assert scene.alert(alert)["status"] == "open"


def test_a_delivery_is_judged_again(ada: Ada, scene: Scene) -> None:
    incident(scene, "Prices are gone")
    scene.quiet()
    page, _ = ada
    find(page, "Prices are gone")
    before, alerts = len(scene.audit()), len(scene.alerts())
    page.get_by_role("link", name="A webhook came").first.click()
    button(page, "Judge it again").click()
    expect(page.get_by_role("status").first).to_contain_text("judged again")
    until(lambda: len(scene.audit()) > before)
    scene.quiet()
    assert len(scene.alerts()) == alerts, "what is there already is not done twice"


def test_a_dead_call_is_retried_and_made(ada: Ada, scene: Scene) -> None:
    scene.rootly.faults.add(Fault(status=422, method="POST", path="/v1/alerts"))
    alert = scene.pagertree.raise_alert("Invoices are blank")
    until(lambda: scene.calls(state="dead"))
    scene.rootly.faults.clear()
    page, _ = ada
    page.goto("/calls?state=dead")
    page.get_by_role("link", name="Create the alert").click()
    expect(page.locator("#live .sentence")).to_contain_text("422")
    button(page, "Retry now").click()
    expect(page.locator("#live .sentence")).to_contain_text("done")
    assert scene.mirror(alert)["summary"] == "Invoices are blank"


# -- both sides --------------------------------------------------------------------------------------------------------


def test_a_plan_shows_what_a_resync_would_repair_and_the_resync_repairs_it(ada: Ada, scene: Scene) -> None:
    scene.quiet()
    scene.lose_webhooks()
    alert = scene.pagertree.raise_alert("Nobody told of this")
    until(lambda: scene.alert(alert)["status"] == "open" and not scene.pagertree.sender.waiting())
    scene.lose_webhooks(0.0)
    page, _ = ada
    page.goto("/resyncs")
    button(page, "Plan").click()
    expect(page.locator("#live .sentence")).to_contain_text("this is what a resync would repair")
    assert not scene.mirrors(alert)
    button(page, "Run it now").click()
    expect(page.locator("#live .sentence")).to_contain_text("done")
    assert scene.mirror(alert)["summary"] == "Nobody told of this"


def test_templates_are_tried_on_a_body_that_came_and_nothing_is_sent(ada: Ada, scene: Scene) -> None:
    post = Night(scene, None).post
    post(SHOP["id"], {"event_type": "create", "Id": "t-1", "Title": "Basket is empty", "host": "shop-1"})
    until(lambda: scene.deliveries(integration=SHOP["id"], verdict="applied"))
    scene.quiet()
    writes = scene.writes()
    page, _ = ada
    page.goto("/integrations")
    page.get_by_role("link", name="Shop", exact=True).click()
    page.get_by_label("Title template").fill("{{data.host}} says: {{data.Title}}")
    button(page, "Try").click()
    expect(page.get_by_text("shop-1 says: Basket is empty")).to_be_visible()
    assert scene.writes() == writes


def test_what_would_happen_is_told_and_nothing_is_sent_or_kept(ada: Ada, scene: Scene) -> None:
    incident(scene, "Stock is wrong")
    scene.quiet()
    known, writes = scene.deliveries(), scene.writes()
    newest = next(row["id"] for row in known if row["verdict"] == "applied" and row["source"] == "rootly")
    page, _ = ada
    page.goto(f"/deliveries/{newest}")
    body = page.locator("#body").inner_text()
    page.get_by_role("link", name="Rules").click()
    page.get_by_label("It comes from").select_option("rootly")
    page.get_by_label("Its body").fill(
        re.sub(r'"id": "[^"]{36}"', '"id": "0f3b1c5e-7c9c-4e7a-9c57-000000000001"', body)
    )
    button(page, "Ask").click()
    expect(page.locator("#what-if ~ .sentence")).to_contain_text("new: paged by route 2 (always)")
    assert (scene.writes(), len(scene.deliveries())) == (writes, len(known))


def test_a_click_counts_though_the_page_would_refresh_under_it(ada: Ada, scene: Scene) -> None:
    page, _ = ada
    incident(scene, "Lamps flicker")
    page.goto("/links")
    page.get_by_role("link", name="Lamps flicker").hover()
    page.mouse.down()
    incident(scene, "Lamps are out")
    for _ in range(2):  # what the first was asked for may be older than the news
        page.wait_for_event("requestfinished", lambda request: "hx-request" in request.headers)
    page.mouse.up()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Lamps flicker")


@pytest.mark.parametrize(("path", "shown"), [("/links", "a[href^='/links/']"), ("/", "a[href='/links?status=live']")])
def test_a_new_trouble_appears_without_a_reload(ada: Ada, scene: Scene, path: str, shown: str) -> None:
    scene.raised(f"There before {path}")
    page, _ = ada
    page.goto(path)
    page.evaluate("document.body.dataset.loaded = 'once'")
    told = page.locator("#live").locator(shown).first
    before = told.inner_text()
    scene.raised(f"New at {path}")
    expect(told).not_to_have_text(before)
    assert page.evaluate("document.body.dataset.loaded") == "once"


# -- by keyboard -------------------------------------------------------------------------------------------------------

SEEN = """() => { const style = getComputedStyle(document.activeElement);
  return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none"; }"""
WORDS = "() => document.activeElement.innerText || document.activeElement.name || ''"
PAINTED = """() => new Promise((done) =>
  new PerformanceObserver((_, watch) => { watch.disconnect(); done(); }).observe({type: "paint", buffered: true}))"""


def painted(page: Page) -> None:
    """Chromium drops every key that is pressed before a page is loaded and was first seen."""
    page.wait_for_load_state()
    page.evaluate(PAINTED)


def tab_to(page: Page, words: str, most: int = 60) -> None:
    """Forward from where one is; whatever has the focus on the way shows it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        assert page.evaluate(SEEN), f"no focus is seen on {page.evaluate(WORDS)!r}"
        if page.evaluate(WORDS).strip() == words:
            return
    raise AssertionError(f"{words} is not reached by Tab")


def test_the_keyboard_alone_leads_from_the_login_to_an_acknowledge(stranger: Ada, scene: Scene) -> None:
    _, alert = incident(scene, "Gift cards fail")
    page, _ = stranger
    page.goto("/login")
    painted(page)
    for text, key in ((NAME, "Tab"), (PASSWORD, "Enter")):
        page.keyboard.type(text)
        page.keyboard.press(key)
    button(page, "Log out").wait_for()
    painted(page)
    page.keyboard.press("/")
    page.wait_for_url("**/links")
    painted(page)
    page.keyboard.press("/")
    page.keyboard.type("Gift cards")
    page.wait_for_url("**q=Gift*")
    tab_to(page, "Gift cards fail")
    page.keyboard.press("Enter")
    button(page, "Acknowledge").wait_for()
    painted(page)
    tab_to(page, "Acknowledge")
    page.keyboard.press("Enter")
    expect(page.locator("#live .sentence")).to_contain_text("somebody has acknowledged")
    until(lambda: scene.alert(alert)["status"] == "acknowledged")


def test_the_first_tab_offers_to_skip_the_menu(ada: Ada) -> None:
    page, _ = ada
    page.goto("/calls")
    painted(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
