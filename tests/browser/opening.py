"""How a browser comes to a page of the console: started with only this machine in reach, logged in, at some width."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, Cookie, Page, Playwright

from bridge.store.contract import Reports
from tests.e2e.harness import Scene
from tests.web.console.browser import NAME, PASSWORD

ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
FEW = ("--disable-gpu", "--in-process-gpu", "--disable-site-isolation-trials")  # processes: every page is ours
SECONDS = 15.0  # until a page shows what it has to
Cookies = Any  # Playwright's storage state


@dataclass(frozen=True, slots=True)
class Look:
    scheme: Literal["light", "dark"] = "light"
    width: int = 1200
    height: int = 800


DESKTOP, PHONE = Look(), Look(width=390, height=844)


@contextmanager
def launched(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    """Root has no sandbox to go into."""
    args = [ALONE, *FEW, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    browser = playwright.chromium.launch(executable_path=chromium, args=args)
    yield browser
    browser.close()


def came(browser: Browser, url: str, look: Look = DESKTOP, cookies: Cookies = None) -> BrowserContext:
    context = browser.new_context(
        base_url=url,
        viewport={"width": look.width, "height": look.height},
        color_scheme=look.scheme,
        reduced_motion="reduce",  # colours are measured when they are there, not on their way
        storage_state=cookies,
        accept_downloads=False,
    )
    context.set_default_timeout(SECONDS * 1000)
    return context


def leave(context: BrowserContext) -> None:
    """Chromium hangs where a context is closed whose page is on its way to another one."""
    for page in context.pages:
        page.goto("about:blank")
    context.close()


def log_in(page: Page, name: str = NAME, password: str = PASSWORD) -> None:
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


@cache  # one login for each bridge: looking at a password takes its time
def entered(browser: Browser, url: str) -> Cookies:
    """The cookies of somebody who has logged in."""
    context = came(browser, url)
    logged_in(context.new_page())
    cookies = context.storage_state()
    leave(context)
    return cookies


def logged_in(page: Page) -> list[Cookie]:
    """Its cookies, as soon as it is."""
    page.goto("/login")
    log_in(page)
    page.get_by_role("button", name="Log out").wait_for()
    return page.context.cookies()


def pages_of(scene: Scene) -> dict[str, str]:
    """Every page of the console, by name, with an address where it has something to show."""
    with scene.bridge.parts.store.reports() as reports:
        link, delivery, call, run = (_newest(reports, what) for what in ("links", "deliveries", "calls", "runs"))
    return {
        "login": "/login",
        "overview": "/",
        "links": "/links",
        "link": f"/links/{link}",
        "unlink": f"/links/{link}/unlink",
        "deliveries": "/deliveries",
        "delivery": f"/deliveries/{delivery}",
        "calls": "/calls",
        "call": f"/calls/{call}",
        "resyncs": "/resyncs",
        "resync": f"/resyncs/{run}",
        "integrations": "/integrations",
        "integration": "/integrations/int_shop",
        "rules": "/rules",
        "audit": "/audit",
        "tokens": "/tokens",
        "settings": "/settings",
    }


def _newest(reports: Reports, what: str) -> str:
    """The one that tells most: an incident's link, a call that is dead, a run that found something."""
    rows: list[Any] = {
        "links": lambda: reports.links({"q": "Checkout fails"}, 1),
        "deliveries": lambda: reports.deliveries({"verdict": "applied", "source": "rootly"}, 1),
        "calls": lambda: reports.calls({"state": "dead"}, 1),
        "runs": lambda: [run for run in reports.runs(20) if run["drifts"]],
    }[what]()
    return str(rows[0]["id"])
