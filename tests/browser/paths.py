"""The click paths of docs/console.md, read and walked: what the page says is what happens.

A path is a numbered list under a heading that ends in a question mark. Each step is one sentence:
Click **words** · Click the first **words** · Type `text` into **label** · Click the newest row whose **column** is
`text` (or is not `text`) · Read “text” · Find the button **words**
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect

QUESTION = re.compile(r"^### ([^\n]+\?)\n(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)
STEP = re.compile(r"^\d+\. (.+)$", re.MULTILINE)
MOST_CLICKS = 3


@dataclass(frozen=True, slots=True)
class Way:
    question: str
    steps: tuple[str, ...]

    @property
    def clicks(self) -> int:
        return sum(step.startswith("Click") for step in self.steps)


def ways(document: str) -> list[Way]:
    found = [Way(question, tuple(STEP.findall(text))) for question, text in QUESTION.findall(document)]
    return [way for way in found if way.steps]


def walk(page: Page, step: str) -> None:
    """AssertionError for a sentence that is none of ours, or that is not true."""
    for pattern, do in _STEPS.items():
        if found := re.fullmatch(pattern, step):
            do(page, *found.groups())
            return
    raise AssertionError(f"no step: {step}")


def _click(page: Page, words: str) -> None:
    _pressable(page, words).click()


def _click_first(page: Page, words: str) -> None:
    _pressable(page, words).first.click()


def _pressable(page: Page, words: str) -> Locator:
    return page.get_by_role("link", name=words, exact=True).or_(page.get_by_role("button", name=words, exact=True))


def _type(page: Page, text: str, label: str) -> None:
    """The list follows while one types, once the page's scripts are there."""
    page.wait_for_load_state()
    page.get_by_label(label).fill(text)
    page.wait_for_url(re.compile(r".*[?&]\w+=" + re.escape(quote(text)) + "(&.*)?$"))


def _click_row(page: Page, column: str, no: str | None, text: str) -> None:
    page.get_by_role("columnheader", name=column, exact=True).wait_for()  # the click before may still be on its way
    page.wait_for_load_state()
    heads = page.get_by_role("columnheader").all_inner_texts()
    cell = f"td:nth-child({heads.index(column) + 1})"
    rows = page.locator("#live tbody tr")
    for row in rows.all():
        if (text in row.locator(cell).inner_text().split()) is (no is None):
            row.get_by_role("link").first.click()
            return
    raise AssertionError(f"no row whose {column} is {no or ''} {text}")


def _read(page: Page, text: str) -> None:
    expect(page.locator("#main")).to_contain_text(text)


def _find(page: Page, words: str) -> None:
    expect(page.get_by_role("button", name=words, exact=True).first).to_be_visible()


_STEPS: dict[str, Callable[..., None]] = {
    r"Click \*\*(.+)\*\*\.": _click,
    r"Click the first \*\*(.+)\*\*\.": _click_first,
    r"Click the newest row whose \*\*(.+)\*\* is (not )?`(.+)`\.": _click_row,
    r"Type `(.+)` into \*\*(.+)\*\*\.": _type,
    r"Read “(.+)”\.": _read,
    r"Find the button \*\*(.+)\*\*\.": _find,
}
