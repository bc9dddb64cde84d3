"""What people and scripts are shown: tables with colour on a terminal, plain lines elsewhere, or one JSON document.

Rule: texts from outside are data. No markup in them is obeyed, no control character reaches the terminal, no secret
leaves, and a long one is cut where it would spoil a table.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge.redact import Redactor

LONGEST_CELL = 200
LONGEST_ID = 40
GAP = 2  # columns of a terminal between two of a table
LONGEST_TITLE = 40  # beside other columns
WIDE = 200  # columns where no terminal says how many there are
COLOURS = {
    **dict.fromkeys(("applied", "done", "resolved", "OK", "closed", "enabled"), "green"),
    **dict.fromkeys(("waiting", "owed", "running", "WARN", "acknowledged"), "yellow"),
    **dict.fromkeys(("quarantined", "dead", "FAIL", "failed", "refused", "open"), "red"),
    **dict.fromkeys(("ignored", "superseded", "shadow", "disabled"), "dim"),
}
Column = tuple[str, str]  # its title, and the key of the row (dots lead inside)


class Screen:
    """Standard output."""

    def __init__(self, redactor: Redactor | None = None) -> None:
        self._redact = redactor.text if redactor else str
        terminal = sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if terminal else WIDE
        self.console = Console(file=sys.stdout, width=width, markup=False, highlight=False, emoji=False)

    def json(self, value: object) -> None:
        click.echo(self._redact(json.dumps(value, indent=2)))

    def line(self, text: str = "", style: str = "") -> None:
        """One line, never broken; `text` may come from outside."""
        self.console.print(Text(self._redact(plain(text)), style=style), soft_wrap=True)

    def lines(self, text: str) -> None:
        for one in text.splitlines():
            self.line(one)

    def table(self, columns: Sequence[Column], rows: Iterable[Mapping[str, object]]) -> None:
        """The last column is folded where it is too long, the others are cut."""
        cells = [[self._cell(_at(row, key)) for _, key in columns] for row in rows]
        shown = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
        for (title, _), width in zip(columns, self._widths(columns, cells), strict=True):
            shown.add_column(title, no_wrap=True, overflow="ellipsis", width=width)
        shown.columns[-1].no_wrap, shown.columns[-1].overflow = False, "fold"
        for row in cells:
            shown.add_row(*row)
        self.console.print(shown)

    def _widths(self, columns: Sequence[Column], cells: Sequence[Sequence[Text]]) -> list[int]:
        """An id stays whole, since a command takes it: it stands in the first column."""
        heads = [Text(title) for title, _ in columns]
        widths = [max(cell.cell_len for cell in column) for column in zip(heads, *cells, strict=True)]
        whole = widths[:1] if widths[0] <= LONGEST_ID else []
        room = self.console.width - GAP * (len(columns) - 1) - sum(whole)
        return [*whole, *fitting(widths[len(whole) :], room)]

    def facts(self, row: Mapping[str, object], keys: Sequence[Column]) -> None:
        """One thing, a line for each fact that there is."""
        width = max(len(title) for title, _ in keys)
        for title, key in keys:
            if (value := said(_at(row, key))) != "":
                told = (self._redact(plain(value)), _colour(value))
                self.console.print(Text.assemble((f"{title:<{width}}  ", "bold"), told), soft_wrap=True)

    def _cell(self, value: object) -> Text:
        text = self._redact(plain(said(value), LONGEST_CELL))
        return Text(text, style=_colour(text))


def fitting(widths: Sequence[int], room: int) -> list[int]:
    """The widest give way first.

    >>> fitting([9, 200, 7, 100], 80)
    [9, 32, 7, 32]
    """
    most = next((most for most in range(max(widths, default=1), 1, -1) if _cut(widths, most) <= room), 1)
    return [min(width, most) for width in widths]


def _cut(widths: Sequence[int], most: int) -> int:
    return sum(min(width, most) for width in widths)


def short(title: str) -> str:
    """A title that has to leave room for other columns."""
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"


def plain(text: str, longest: int | None = None) -> str:
    """One line of printable characters: a terminal obeys what is not."""
    if longest is not None and len(text) > longest:
        text = text[: longest - 1] + "…"
    return "".join(c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text)


def said(value: object) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return "yes"
        case list() | tuple():
            return ", ".join(said(inner) for inner in value)
        case dict():
            return ", ".join(f"{key} {said(inner)}" for key, inner in value.items())
    return str(value)


def when(moment: object, precise: bool = False) -> str:
    """A stored time as people read it, in UTC.

    >>> when("2026-01-31T12:00:00.250000+00:00"), when("2026-01-31T12:00:00.250000+00:00", precise=True)
    ('2026-01-31 12:00:00', '2026-01-31 12:00:00.250')
    """
    text = str(moment).partition("+")[0].replace("T", " ") if moment else ""
    return text[: 23 if precise else 19]


def _colour(text: str) -> str:
    return COLOURS.get(text, "")


def _at(row: Mapping[str, object], key: str) -> Any:
    value: Any = row
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return when(value) if key.endswith(("_at", "_try", "_way")) else value
