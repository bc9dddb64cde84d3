"""The sections of the configuration that belong to no dialect. Defaults are the safe choice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from bridge.store.place import is_postgres
from bridge.systems.fields import ApiUrl, Cidr, Duration, Secret, SecretUrl, Section
from bridge.systems.integrations import RootlyTarget

Scope = Literal["read", "operate", "admin"]
Side = Literal["to_rootly", "to_pagertree"]
Kind = Literal[
    "normal", "normal_sub", "test", "test_sub", "example", "example_sub", "backfilled", "scheduled", "scheduled_sub"
]  # https://docs.rootly.com/incidents, and the `kind` of its API
Name = Annotated[str, Field(min_length=1)]


def _map(words: object) -> object:
    """Null in a map means `auto`."""
    return {key: "auto" if word is None else word for key, word in words.items()} if isinstance(words, dict) else words


WordMap = Annotated[dict[str, str], BeforeValidator(_map)]


class Server(Section):
    """Where the doors are."""

    host: Name = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: ApiUrl | None = None
    trusted_proxies: tuple[Cidr, ...] = ()


class Mapping(Section):
    """Rootly's severities as PagerTree's severities and urgencies; `core.mapping.map_faults` judges the words."""

    severity: WordMap = Field(
        default={"critical": "SEV-1", "high": "SEV-2", "medium": "SEV-3", "low": "SEV-4", "default": "SEV-UNKNOWN"}
    )
    urgency: WordMap = Field(
        default={"critical": "critical", "high": "high", "medium": "medium", "low": "low", "default": "high"}
    )


class Sync(Section):
    """The choices in the matrix."""

    resolve_related_incidents: bool = False
    resolve_incident_on_page_resolved: bool = False
    page_dropped: Literal["alarm", "next_route"] = "alarm"
    comments_to_rootly: bool = True
    comments_to_pagertree: bool = True
    page_on_triage: bool = False
    page_closed_meanwhile: bool = False
    repage_on_raise: bool = True
    note_mitigated: bool = True
    page_rootly_alerts: bool = False
    retriggered: Literal["note", "episode"] = "note"
    incident_kinds: frozenset[Kind] = Field(default=frozenset({"normal"}), min_length=1)
    private_incidents: bool = False
    max_page_age: Annotated[Duration, Field(ge=timedelta(minutes=1))] = timedelta(minutes=60)
    storm_pages_per_minute: Annotated[int, Field(ge=1)] | None = None
    shadow: frozenset[Side] = frozenset()


class Heartbeat(Section):
    """A watch outside that notices when we fall silent."""

    url: SecretUrl
    every: Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(days=1))] = timedelta(minutes=1)


class Canary(Section):
    """An alert of our own that goes through both systems and comes back."""

    destinations: tuple[Name, ...] = Field(min_length=1)
    every: Annotated[Duration, Field(ge=timedelta(minutes=1), le=timedelta(days=7))] = timedelta(hours=1)
    within: Annotated[Duration, Field(ge=timedelta(seconds=10))] = timedelta(minutes=5)


def _sides_differ(sides: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(sides)) < len(sides):
        raise ValueError("names a side twice; each once is enough")
    return sides


class Alarms(Section):
    """When the bridge itself is in trouble, and who is told. Null and false: that rule is off."""

    send_to: Annotated[tuple[Literal["pagertree", "rootly"], ...], AfterValidator(_sides_differ)] = (
        "pagertree",
        "rootly",
    )
    destinations: tuple[Name, ...] = ()
    rootly_target: RootlyTarget | None = None
    owed: Annotated[Duration, Field(ge=timedelta(seconds=10))] | None = timedelta(minutes=5)
    circuit: Annotated[Duration, Field(ge=timedelta(0))] | None = timedelta(minutes=2)
    quarantine: bool = True
    silence: Annotated[Duration, Field(ge=timedelta(minutes=1))] | None = None
    repairs: bool = True
    storm: bool = True
    disk: Annotated[int, Field(ge=1)] | None = 256
    heartbeat: Heartbeat | None = None
    canary: Canary | None = None


class Jobs(Section):
    """How often the schedule runs, and how long finished things are kept."""

    poll: Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(hours=1))] = timedelta(seconds=30)
    resync: Annotated[Duration, Field(ge=timedelta(seconds=5), le=timedelta(days=1))] = timedelta(minutes=5)
    prune: Annotated[Duration, Field(ge=timedelta(minutes=1), le=timedelta(days=30))] = timedelta(days=1)
    retention: Annotated[Duration, Field(ge=timedelta(days=1), le=timedelta(days=3650))] = timedelta(days=90)


def _long_enough(token: Secret) -> Secret:
    if len(token.get_secret_value()) < 16:
        raise ValueError("is too short; take at least 16 characters, best from `openssl rand -hex 32`")
    return token


class Token(Section):
    """Who may use `/api/v1`, and for what."""

    name: Name
    token: Annotated[Secret, AfterValidator(_long_enough)]
    scopes: frozenset[Scope] = Field(min_length=1)


def _names_differ(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    names = [token.name for token in tokens]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"the name {', '.join(twice)} stands twice; the audit tells tokens apart by their names")
    return tokens


class Api(Section):
    tokens: Annotated[tuple[Token, ...], AfterValidator(_names_differ)] = ()


def _store(url: str, info: ValidationInfo) -> str:
    """`sqlite:///file` is beside the configuration file, `sqlite:////folder/file` anywhere; here always the latter."""
    if is_postgres(url):
        return _postgres(url)
    name = url.removeprefix("sqlite:///")
    if name in (url, "", "/", ":memory:") or name.endswith("/") or "?" in name:
        raise ValueError("write sqlite:///bridge.db (beside this file) or sqlite:////folder/bridge.db")
    folder: Path = (info.context or {}).get("folder", Path.cwd())
    return f"sqlite:///{folder / name}"


def _postgres(url: str) -> str:
    parts = urlsplit(url)
    if not parts.path.strip("/") or not (parts.netloc or "host=" in parts.query):
        raise ValueError("write postgresql://user:password@host/database")
    return url


StoreUrl = Annotated[str, AfterValidator(_store)]
