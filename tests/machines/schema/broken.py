"""The API broken on purpose, for as long as a run lasts; no such switch is in the bridge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bridge.store import rows
from bridge.web import api, bearer, questions
from bridge.web.answers import Refusal
from simulation.virtual import Place, replaced


def field_forgotten() -> list[Place]:
    """A call does not say whether it is unsure."""
    whole = rows.call
    return [(rows, "call", lambda row: {name: value for name, value in whole(row).items() if name != "unsure"})]


def field_added() -> list[Place]:
    """A delivery tells something that the document does not name."""
    whole = rows.delivery
    return [(rows, "delivery", lambda row, links: {**whole(row, links), "fence": 1})]


def status_undocumented() -> list[Place]:
    """What is not there is answered 410."""
    return [(api, "not_found", lambda _message="": Refusal(410, "gone", "It is not here."))]


def scope_unasked() -> list[Place]:
    """Whoever may read may do everything."""
    return [(bearer.Token, "may", lambda *_: True)]


def filters_unchecked() -> list[Place]:
    """A list takes any filter and any word for it."""
    return [(questions, "filters", lambda given, _known: dict(given))]


SWITCHES: dict[str, Callable[[], list[Place]]] = {
    one.__name__: one for one in (field_forgotten, field_added, status_undocumented, scope_unasked, filters_unchecked)
}


@contextmanager
def switched(name: str) -> Iterator[None]:
    places: list[Any] = SWITCHES[name]() if name else []
    with replaced(places):
        yield
