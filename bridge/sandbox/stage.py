"""Both simulated systems side by side, and the configuration of a bridge between them: for demo, tests, benchmarks."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bridge.sandbox import pagertree, rootly
from bridge.sandbox.control import Simulated

Section = Mapping[str, Any] | list[Any]


def _over(plain: Any, section: Section) -> Any:
    return section if isinstance(section, list) else {**plain, **section}


def _secret() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Keys:
    """Secrets of one stage, made anew each time."""

    pagertree: str = field(default_factory=_secret, repr=False)
    rootly: str = field(default_factory=_secret, repr=False)
    pagertree_webhook: str = field(default_factory=_secret, repr=False)
    rootly_webhook: str = field(default_factory=_secret, repr=False)
    api: str = field(default_factory=_secret, repr=False)


@dataclass(frozen=True, slots=True)
class Stage:
    pagertree: Simulated[pagertree.PagerTree]
    rootly: Simulated[rootly.Rootly]
    keys: Keys

    def send_webhooks_to(self, url: str) -> None:
        """Both systems tell the bridge at this URL from now on."""
        secret = self.keys.pagertree_webhook
        self.pagertree.system.switches.webhook_url = f"{url}/webhooks/pagertree?secret={secret}"
        self.rootly.system.switches.webhook_url = f"{url}/webhooks/rootly"

    def configuration(self, port: int = 0, **sections: Section) -> dict[str, Any]:
        """A bridge's configuration between the two, as it would stand in YAML. `sections` are merged over it; a list
        stands in the place of what was there."""
        plain: dict[str, Any] = {
            "server": {"host": "127.0.0.1", "port": port},
            "store": "sqlite:///bridge.db",
            "pagertree": {
                "api_key": self.keys.pagertree,
                "api_url": f"{self.pagertree.url}/api/v4",
                "webhook": {"secrets": [self.keys.pagertree_webhook]},
            },
            "rootly": {
                "api_key": self.keys.rootly,
                "api_url": self.rootly.url,
                "webhook": {"secrets": [self.keys.rootly_webhook]},
            },
            "routes": [
                {
                    "match": {"incident.severity": "critical"},
                    "actions": [{"type": "assign", "receiver": ["Payments"]}],
                },
                {"match": {"always": True}, "actions": [{"type": "assign", "receiver": ["On-call"]}]},
            ],
            "jobs": {"poll": "1s", "resync": "10s"},
            "api": {"tokens": [{"name": "stage", "token": self.keys.api, "scopes": ["read", "operate", "admin"]}]},
        }
        return {**plain, **{name: _over(plain.get(name, {}), section) for name, section in sections.items()}}

    def write_configuration(self, folder: Path, port: int = 0, **sections: Section) -> Path:
        """JSON is YAML."""
        path = folder / "config.yaml"
        path.write_text(json.dumps(self.configuration(port, **sections), indent=2))
        path.chmod(0o600)
        return path

    def close(self) -> None:
        self.pagertree.close()
        self.rootly.close()


def open_stage(
    pagertree_switches: pagertree.Switches | None = None, rootly_switches: rootly.Switches | None = None
) -> Stage:
    keys = Keys()
    theirs = replace(pagertree_switches or pagertree.Switches(), api_key=keys.pagertree)
    ours = rootly_switches or rootly.Switches(api_key="")
    ours.api_key, ours.webhook_secret = keys.rootly, keys.rootly_webhook
    return Stage(pagertree.start(theirs), rootly.start(ours), keys)
