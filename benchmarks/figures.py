"""What a benchmark says: one figure beside its yardstick, and whether the aim is met. All of one run, in one table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One row. `met` None: it has no aim and only explains its neighbours."""

    part: str  # a, b, c, … as the table of parts names them
    name: str
    value: float
    unit: str
    yardstick: str = ""  # what it is compared with, and that one's figure
    ratio: float | None = None
    aim: str = ""
    met: bool | None = None
    note: str = ""


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that is not below `share` of them all.

    >>> percentile(range(1, 101), 0.99)
    99
    """
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * share // 1) - 1)]


def middle(values: Sequence[float]) -> float:
    return statistics.median(values)


def spread(values: Sequence[float], digits: int = 0) -> str:
    """The rounds behind a median, for people.

    >>> spread([3.0, 1.0, 2.0])
    '1…3 in 3 rounds'
    """
    return f"{min(values):.{digits}f}…{max(values):.{digits}f} in {len(values)} rounds"


def show(figures: Sequence[Figure], heading: str) -> None:
    table = Table(title=heading, title_justify="left", show_lines=False)
    for column in ("", "figure", "value", "yardstick", "ratio", "aim", "", "note"):
        table.add_column(column, justify="right" if column in ("value", "ratio") else "left", overflow="fold")
    for figure in figures:
        table.add_row(*_cells(figure))
    Console(width=None if Console().is_terminal else 200).print(table)


def _cells(figure: Figure) -> tuple[str, ...]:
    verdict = {True: "met", False: "NOT MET", None: ""}[figure.met]
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    value = f"{_number(figure.value)} {figure.unit}"
    return (figure.part, figure.name, value, figure.yardstick, ratio, figure.aim, verdict, figure.note)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
