"""`/settings`: the configuration in force, to be read. Of a secret it says that it is set, and of a long one its end.

Rule: nothing here can be changed, and no secret stands on the page.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, Response
from pydantic import BaseModel, SecretStr

from bridge import __version__
from bridge.core.durations import say_duration
from bridge.web.console.rendering import page

if TYPE_CHECKING:
    from bridge.app import Parts

SECTIONS = ("server", "pagertree", "rootly", "sync", "alarms", "jobs", "api", "console", "integrations")
LONG = 16  # characters of a secret whose last four say nothing of the rest
NO_END = ("password_hash", "totp_secret")  # what is tried offline, or makes codes: no part of it is shown
Row = tuple[str, str]


def rows_of(name: str, value: object) -> Iterator[Row]:
    """Each key as it would be written, with its value in words."""
    match value:
        case BaseModel():
            for key, inner in value:
                yield from rows_of(f"{name}.{key}", inner)
        case Mapping() if value:
            for key, inner in value.items():
                yield from rows_of(f"{name}.{key}", inner)
        case tuple() | list() if any(isinstance(one, BaseModel | SecretStr) for one in value):
            for place, inner in enumerate(value):
                yield from rows_of(f"{name}.{place}", inner)
        case SecretStr():
            yield name, secret_said(value.get_secret_value(), whole=name.endswith(NO_END))
        case _:
            yield name, said(value)


def secret_said(text: str, whole: bool = False) -> str:
    """
    >>> secret_said("0123456789abcdef"), secret_said("short"), secret_said("")
    ('set, …cdef', 'set', 'not set')
    """
    if not text:
        return "not set"
    return f"set, …{text[-4:]}" if len(text) >= LONG and not whole else "set"


def said(value: object) -> str:
    match value:
        case None:
            return "not set"
        case bool():
            return "true" if value else "false"
        case timedelta():
            return say_duration(value)
        case tuple() | list():
            return ", ".join(map(str, value)) or "none"
        case frozenset():
            return ", ".join(sorted(map(str, value))) or "none"
        case Mapping():
            return "none"
    return str(value)


def add(doors: Blueprint, parts: Parts) -> None:
    def settings() -> Response:
        config = parts.config
        with parts.store.reports() as reports:
            replicas, installed = reports.replicas(), reports.fact("installed_at")
        sections = {name: [*_masked(parts, rows_of(name, getattr(config, name)))] for name in SECTIONS}
        about = {
            "Bridge": __version__,
            "Python": platform.python_version(),
            "Store": config.place,
            "Engine": parts.store.name,
            "Several bridges may share it": "yes" if parts.store.shared else "no",
        }
        shown = {"sections": sections, "about": about, "installed": installed, "warnings": config.warnings}
        return page("settings.html", title="Settings", replicas=replicas, **shown)

    doors.add_url_rule("/settings", "settings", settings)


def _masked(parts: Parts, rows: Iterator[Row]) -> Iterator[Row]:
    """Without what is a secret in another place of the configuration."""
    return ((key, parts.redactor.text(text)) for key, text in rows)
