"""The one configuration file, judged offline as far as it can be: all faults at once, and none shows a secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bridge import config_sections as sections
from bridge.config_checks import cautions, checks, maps_of, secrets_in
from bridge.config_console import Console
from bridge.config_faults import closest, faults_of
from bridge.config_integrations import read_integrations
from bridge.config_text import Key, Text, dotted, read_text
from bridge.core.filling import templates_of
from bridge.core.mapping import Maps
from bridge.core.policy import Policy, Terms
from bridge.core.routes import Route, parse_route
from bridge.errors import ConfigError
from bridge.known import TOOLS
from bridge.model import Receiver
from bridge.redact import MASK
from bridge.store.place import file_of, passwords_in, shown
from bridge.systems.integrations import Settings as Integration
from bridge.systems.pagertree.words import BUDGET
from bridge.systems.pagertree.words import Settings as PagerTree
from bridge.systems.rootly.words import ALERTS, READ, WRITE
from bridge.systems.rootly.words import Settings as Rootly
from bridge.templates import template_fault

_TELLING = 6  # characters: a shorter value is no secret, and would be masked inside our own words


@dataclass(frozen=True, slots=True)
class Config:
    """Every section, checked. `store` is absolute, and may hold a password: `place` is for people; `warnings` are
    sentences for the log and `doctor`."""

    server: sections.Server
    store: str = field(repr=False)
    pagertree: PagerTree
    rootly: Rootly
    mapping: sections.Mapping
    routes: tuple[Route, ...]
    sync: sections.Sync
    integrations: tuple[Integration, ...]
    alarms: sections.Alarms
    jobs: sections.Jobs
    api: sections.Api
    console: Console
    warnings: tuple[str, ...] = ()

    @property
    def database(self) -> Path | None:
        """The store's file; None: it is on a server."""
        return file_of(self.store)

    @property
    def folder(self) -> Path | None:
        """Whose disk the store fills; None: not ours."""
        return self.database.parent if self.database else None

    @property
    def place(self) -> str:
        """The store, as people may see it."""
        return shown(self.store)

    def maps(self) -> Maps:
        return maps_of(self.mapping, self.rootly)

    def policy(self, installed_at: datetime) -> Policy:
        """What the judgement needs to know of it."""
        chosen = dict(self.sync) | {"shadow": frozenset(side.removeprefix("to_") for side in self.sync.shadow)}
        del chosen["storm_pages_per_minute"]
        terms = {one.id: _terms(one) for one in self.integrations}
        return Policy(self.maps(), self.routes, installed_at, integrations=terms, **chosen)

    def budgets(self) -> dict[str, int | None]:
        """Calls a minute by `Request.budget`; None is no limit of our own."""
        rootly = self.rootly
        limits = {READ: rootly.requests_per_minute, WRITE: rootly.requests_per_minute, ALERTS: rootly.alerts_per_minute}
        return {BUDGET: self.pagertree.requests_per_minute, **limits}

    def secrets(self) -> tuple[str, ...]:
        """Every secret text, and what is made of several: for the redactor."""
        return tuple(sorted({*secrets_in(self), *passwords_in(self.store)}))


def _terms(settings: Integration) -> Terms:
    target = settings.rootly_target
    return Terms(
        send_to=settings.send_to,
        receivers=tuple(Receiver(name) for name in settings.destinations),
        notify=(target.type, target.id) if target else None,
        auto_aggregate=settings.auto_aggregate,
        auto_resolve=settings.auto_resolve,
    )


def load_config(path: Path, env: Mapping[str, str]) -> Config:
    """Raises `ConfigError` with all faults, each a sentence that begins with its key."""
    text = read_text(path, env)
    faults = dict(text.faults)
    parts = {name: _section(name, text, faults) for name in _KINDS} | {"routes": _routes(text, faults)}
    parts["integrations"], wrong = read_integrations(text.tree.get("integrations", []), TOOLS)
    faults.update({key: sentence for key, sentence in wrong.items() if not _is_told(key, text)})
    for name in text.tree.keys() - parts.keys():
        faults[(name,)] = f"is not a key; {closest(name, list(parts))}"
    good = {name: part for name, part in parts.items() if part is not None}
    faults.update(checks(good))
    if faults:
        raise ConfigError(_sentences(faults, text))
    return Config(**parts, warnings=(*text.warnings, *cautions(good)))


def _section(name: str, text: Text, faults: dict[Key, str]) -> Any:
    """The section's value, or None when something is wrong in it."""
    raw = text.tree.get(name, _EMPTY.get(name, {}))
    try:
        value = _ADAPTERS[name].validate_python(raw, context={"folder": text.folder})
    except ValidationError as error:
        for key, sentence in faults_of(error, name, _KINDS[name]):
            if not _is_told(key, text):
                faults.setdefault(key, sentence)
        return None
    return None if any(known[0] == name for known in text.faults) else value


def _is_told(key: Key, text: Text) -> bool:
    """What could not be read is a fault already."""
    return any(key[: len(known)] == known for known in text.faults)


def _routes(text: Text, faults: dict[Key, str]) -> tuple[Route, ...] | None:
    raw = text.tree.get("routes")
    if not isinstance(raw, list) or not raw:
        faults[("routes",)] = f"give a list with at least one route, such as {_A_ROUTE}"
        return None
    parsed = [parse_route(route, f"routes.{place}") for place, route in enumerate(raw)]
    for fault in (fault for _, wrong in parsed for fault in wrong):
        key, _, sentence = fault.partition(": ")
        faults.setdefault(tuple(key.split(".")), sentence)
    routes = tuple(route for route, _ in parsed if route)
    faults.update(_templates(routes) if len(routes) == len(raw) else {})
    return routes if len(routes) == len(raw) else None


def _templates(routes: Sequence[Route]) -> Iterator[tuple[Key, str]]:
    for place, route in enumerate(routes):
        for key, template in templates_of(route.actions):
            if (fault := template_fault(template)) is not None:
                yield ("routes", place, *key.split(".")), f"is no template: {fault}"


def _sentences(faults: Mapping[Key, str], text: Text) -> tuple[str, ...]:
    """In the order of the sections, without a value that came from a variable or a file."""
    order = {name: place for place, name in enumerate(Config.__slots__)}
    found = []
    for key, sentence in sorted(faults.items(), key=lambda fault: order.get(str(fault[0][0]), -1)):
        for value in text.values:
            sentence = sentence.replace(value, MASK) if len(value) >= _TELLING else sentence
        found.append(f"{dotted(key)}: {sentence}")
    return tuple(found)


_A_ROUTE = "{match: {always: true}, actions: [{type: assign, receiver: [tem_oncall]}]}"
_KINDS: dict[str, Any] = {
    "server": sections.Server,
    "store": sections.StoreUrl,
    "pagertree": PagerTree,
    "rootly": Rootly,
    "mapping": sections.Mapping,
    "sync": sections.Sync,
    "alarms": sections.Alarms,
    "jobs": sections.Jobs,
    "api": sections.Api,
    "console": Console,
}
_EMPTY: dict[str, object] = {"store": "sqlite:///bridge.db"}
_ADAPTERS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in _KINDS.items()}
