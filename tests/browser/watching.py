"""What a browser did while a page was open, and what must never happen: a request elsewhere, a fault, a dialog."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Cookie, Dialog, Page, Request

STATUS = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")


@dataclass  # without slots: Playwright hangs something on who listens
class Watch:
    """`expected`: refusals that a story asks for; the browser tells of each as of a fault."""

    home: str
    expected: set[int] = field(default_factory=set)
    elsewhere: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    answers: bool = True  # what is said to a question that a page asks back

    def over(self, context: BrowserContext) -> None:
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(str(error.error)))
        context.on("dialog", self._dialog)

    def assert_clean(self) -> None:
        assert not self.elsewhere, f"asked of others: {self.elsewhere}"
        assert not self.faults, f"the page is at fault: {self.faults}"
        assert not self.dialogs, f"a script spoke: {self.dialogs}"

    def afresh(self) -> None:
        """For the next one."""
        vars(self).update(vars(Watch(self.home)))

    def _request(self, request: Request) -> None:
        if urlsplit(request.url)[:2] != urlsplit(self.home)[:2]:
            self.elsewhere.append(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        """Breaches of the content security policy are errors too."""
        found = STATUS.match(message.text)
        if message.type == "error" and not (found and int(found[1]) in self.expected):
            self.faults.append(f"{message.text} at {message.location}")

    def _dialog(self, dialog: Dialog) -> None:
        """Our own pages ask before they do what cannot be undone; nothing else speaks."""
        if dialog.type != "confirm" or not dialog.message.endswith("?"):
            self.dialogs.append(dialog.message)
        dialog.accept() if self.answers else dialog.dismiss()


@contextmanager
def watched(context: BrowserContext, home: str) -> Iterator[Watch]:
    """Clean at the end, or the test fails."""
    watch = Watch(home)
    watch.over(context)
    yield watch
    watch.assert_clean()


@dataclass(frozen=True, slots=True)
class Window:
    """Each story takes the same one: to open another one costs more than most stories do."""

    page: Page
    watch: Watch
    cookies: list[Cookie]  # of somebody who has logged in

    @contextmanager
    def taken(self, known: bool) -> Iterator[tuple[Page, Watch]]:
        """Clean at the end, or the test fails; nothing of it goes on."""
        self.page.context.clear_cookies()
        self.page.context.add_cookies(self.cookies if known else [])
        self.watch.afresh()
        yield self.page, self.watch
        try:
            self.watch.assert_clean()
        finally:
            self.page.goto("/healthz")
