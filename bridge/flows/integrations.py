"""PagerTree's integrations as a person handles them: found by any of their names, made, changed and removed.

Rule: what is named has to be one thing. A name that fits none or several is declined, with what there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from bridge.config import Config
from bridge.core.policy import PAGERTREE
from bridge.errors import ConfigError, Declined, Unanswered, Unlistable, Unreadable
from bridge.flows.asking import RECEIVERS, Read, Send, answer_to, directory_of, whole_list
from bridge.model import Request, Response
from bridge.systems.contract import Directory, Known, Listing
from bridge.systems.pagertree import integrations as dialect
from bridge.systems.pagertree.answers import refusal
from bridge.systems.pagertree.integrations import Integration, Kind
from bridge.systems.pagertree.words import is_ulid

T = TypeVar("T")
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Desk:
    """Where PagerTree is asked from."""

    config: Config
    send: Send

    def ask(self, request: Request) -> Response:
        key = self.config.pagertree.api_key.get_secret_value()
        return answer_to(self.send, request, PAGERTREE, lambda answer: f"{refusal(answer, key)}.")

    def list(self, listing: Listing, read: Read[T]) -> tuple[T, ...]:
        return _or_key_fault(lambda: whole_list(self.send, listing, read))

    def directory(self) -> Directory:
        return _or_key_fault(lambda: directory_of(self.config, PAGERTREE, self.send))


def _or_key_fault(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except Unlistable as fault:
        if fault.auth:
            raise ConfigError((f"pagertree.api_key: {fault}; put a valid key of an admin there",)) from fault
        raise


# -- finding -----------------------------------------------------------------------------------------------------------


def all_of(desk: Desk, enabled: bool | None = None, kind: str = "") -> tuple[Integration, ...]:
    """By name. `kind` is the type's name or id."""
    found = desk.list(dialect.listing(desk.config.pagertree, enabled), dialect.read_page)
    if kind:
        wanted = kind_named(kinds_of(desk), kind)
        found = tuple(one for one in found if one.type_id == wanted.id or wanted.is_called(one.type))
    return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.id)))


def kinds_of(desk: Desk) -> tuple[Kind, ...]:
    found = desk.list(dialect.types(desk.config.pagertree), dialect.read_types)
    return tuple(sorted(found, key=lambda kind: kind.name.casefold()))


def kind_named(kinds: Iterable[Kind], key: str) -> Kind:
    found = next((kind for kind in kinds if kind.is_called(key)), None)
    if found is None:
        raise Declined(f"PagerTree has no integration type {key}: `bridge integrations types` lists them.")
    return found


def find(desk: Desk, key: str) -> Integration:
    """By ULID, prefix id or name."""
    if is_ulid(key):
        return _read(desk.ask(dialect.show(desk.config.pagertree, key)))
    listed = all_of(desk)
    found = [one for one in listed if one.prefix_id == key] or [one for one in listed if _is_named(one, key)]
    if len(found) > 1:
        ids = ", ".join(one.prefix_id or one.id for one in found[:SHOWN])
        raise Declined(f"{len(found)} integrations are called {key}: name one by its id ({ids}).")
    if not found:
        raise Declined(f"PagerTree has no integration {key}: `bridge integrations list` shows what there is.")
    return found[0]


def _is_named(integration: Integration, name: str) -> bool:
    return integration.name.casefold() == name.strip().casefold()


def receivers(directory: Directory, wanted: Iterable[tuple[str, str]]) -> tuple[Known, ...]:
    """`wanted`: kind (team, router, user) and any name of each."""
    found = []
    for kind, name in wanted:
        if (known := directory.find(name, kind)) is None:
            raise Declined(f"PagerTree has no {kind} {name}.")
        found.append(known)
    return tuple(dict.fromkeys(found))


def names_of(directory: Directory, integration: Integration) -> tuple[str, ...]:
    """Whom its alerts go to, as people call them."""
    found = ((id_, directory.find(id_, *RECEIVERS)) for id_ in integration.destinations)
    return tuple(known.title or id_ if known else id_ for id_, known in found)


# -- changing ----------------------------------------------------------------------------------------------------------


def create(desk: Desk, fields: Mapping[str, object]) -> Integration:
    return _read(desk.ask(dialect.create(desk.config.pagertree, fields)))


def update(desk: Desk, integration: Integration, fields: Mapping[str, object]) -> Integration:
    return _read(desk.ask(dialect.update(desk.config.pagertree, integration.id, fields)))


def delete(desk: Desk, integration: Integration) -> None:
    desk.ask(dialect.delete(desk.config.pagertree, integration.id))


def _read(answer: Response) -> Integration:
    try:
        return dialect.read_one(answer)
    except Unreadable as fault:
        raise Unanswered(f"PagerTree answered {answer.status}, but: {fault}.") from fault
