"""Where fuzzing begins: the real payloads of the samples and vectors, and a bridge with a door for each of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlencode

from bridge.app import Parts, assemble
from bridge.config import load_config

TESTS = Path(__file__).parent.parent.parent
ROOTLY_SECRET = "CANARY-rootly-fuzz-0123456789abcdef"
PAGERTREE_SECRET = "CANARY-pagertree-fuzz-0123456789abcdef"
USER, PASSWORD = "pagertree", "CANARY-password-fuzz-0123456789abcdef"
TOKEN = "CANARY-tool-fuzz-0123456789abcdef"
READER, OPERATOR = "CANARY-reader-fuzz-0123456789abcdef", "CANARY-operator-fuzz-0123456789abcdef"
CONFIG, GLASS = "config.yaml", "glass.yaml"  # of the bridge, and the same without its doors, for who only looks
TYPES = ("created", "updated", "in_triage", "mitigated", "resolved", "cancelled", "deleted", "scheduled.created")


@dataclass(frozen=True, slots=True)
class Seed:
    """One real request: at which door, what it says, and what stands beside its body."""

    source: str
    body: str  # JSON
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> str:
        return f"/webhooks/{self.source}" if self.source in ("pagertree", "rootly") else f"/integration/{self.source}"


def seeds() -> tuple[Seed, ...]:
    """A system's samples as often as a tool's vectors, though there are fewer."""
    systems = [*_samples("pagertree", "type"), *_samples("rootly", "event"), *_incidents()]
    return (*systems, *systems, *systems, *(seed for file, _ in _files() for seed in _vectors(file)))


def _samples(system: str, sign: str) -> list[Seed]:
    bodies = (file.read_text() for file in sorted((TESTS / "samples" / system).glob("*.json")))
    return [Seed(system, body) for body in bodies if sign in json.loads(body) and "data" in json.loads(body)]


def _incidents() -> list[Seed]:
    """The one incident under every name of news."""
    body = json.loads((TESTS / "samples/rootly/incident_created.json").read_text())
    named = ({**body, "event": {**body["event"], "type": f"incident.{word}"}} for word in TYPES)
    return [Seed("rootly", json.dumps(one)) for one in named]


@cache
def _files() -> list[tuple[str, list[Any]]]:
    files = sorted((TESTS / "vectors").glob("*.json"))
    return [(file.stem, [one for one in json.loads(file.read_text()) if _fits(one)]) for file in files]


def _fits(one: Any) -> bool:
    """Whether its options may stand in a configuration: start refuses a template with a helper that there is not."""
    return "nobody_has_this_helper" not in json.dumps(one.get("options"))


def _vectors(tool: str) -> list[Seed]:
    given = dict(_files())[tool]
    doors = _doors(tool)
    return [_seed(one, _door_of(one, doors)) for one in given if "body" in one or "form" in one]


def _door_of(one: Mapping[str, Any], doors: Mapping[str, Any]) -> str:
    """The integration that has the options of the example, but for its token."""
    wanted = json.dumps(_tokenless(one.get("options", {})), sort_keys=True)
    return next(name for name, options in doors.items() if json.dumps(options, sort_keys=True) == wanted)


def _seed(one: Mapping[str, Any], door: str) -> Seed:
    skipped = ("authorization", "pagertree-token")
    headers = tuple((k.lower(), v) for k, v in one.get("headers", {}).items() if k.lower() not in skipped)
    return Seed(door, json.dumps(one.get("body", one.get("form"))), urlencode(one.get("query", {})), headers)


def _tokenless(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key not in ("token", "authentication_token")}


def _doors(tool: str) -> dict[str, Any]:
    """An integration for every different set of options among the examples."""
    sets = {json.dumps(_tokenless(one.get("options", {})), sort_keys=True) for one in dict(_files())[tool]}
    return {f"int_{tool}_{number}": json.loads(options) for number, options in enumerate(sorted(sets))}


# -- the bridge --------------------------------------------------------------------------------------------------------


def integrations() -> list[dict[str, Any]]:
    return [_integration(tool, name, options) for tool, _ in _files() for name, options in _doors(tool).items()]


def _integration(tool: str, name: str, options: dict[str, Any]) -> dict[str, Any]:
    key = "authentication_token" if tool == "hetrix_tools" else "token"
    worded = {"title_template": "[{{integration.name}}] {{data.title}}", "auto_aggregate": "1h", "auto_resolve": "1d"}
    return {
        "id": name,
        "name": f"Fuzzed {tool}",
        "type": tool,
        "urgency": "high",
        "options": {**options, key: TOKEN},
        "send_to": ["pagertree", "rootly"],
        "destinations": ["tem_oncall"],
        **(worded if name.endswith("_0") and tool != "custom_webhook" else {}),
    }


def configuration() -> dict[str, Any]:
    nowhere = "http://127.0.0.1:9"
    return {
        "server": {"port": 0, "trusted_proxies": ["10.0.0.0/8"]},
        "store": "sqlite:///bridge.db",
        "pagertree": {
            "api_key": "CANARY-pagertree-key-0123",
            "api_url": f"{nowhere}/api/v4",
            "webhook": {"secrets": [PAGERTREE_SECRET], "username": USER, "password": PASSWORD},
        },
        "rootly": {
            "api_key": "CANARY-rootly-key-0123",
            "api_url": nowhere,
            "webhook": {"secrets": ["CANARY-older-0123456789abcdef", ROOTLY_SECRET]},
        },
        "routes": [
            {"match": {"incident.title": {"$regex": "^x+$"}}, "actions": [{"type": "ignore"}]},
            {"match": {"always": True}, "actions": [{"type": "assign", "receiver": ["tem_oncall"]}]},
        ],
        "api": {
            "tokens": [
                {"name": "reader", "token": READER, "scopes": ["read"]},
                {"name": "operator", "token": OPERATOR, "scopes": ["operate"]},
            ]
        },
        "alarms": {"send_to": []},
        "integrations": integrations(),
    }


def open_parts(folder: Path) -> Parts:
    """A bridge with a fresh store in the folder and no engine room."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = configuration()
    for name, said in ((CONFIG, whole), (GLASS, {**whole, "integrations": []})):
        (folder / name).write_text(json.dumps(said))
        (folder / name).chmod(0o600)
    return assemble(load_config(folder / CONFIG, {}), clock)


def clock() -> datetime:
    """Goes on from shortly before what the samples tell, else all of it would have begun before the bridge."""
    return datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(seconds=monotonic() - _BEGAN)


_BEGAN = monotonic()
