"""No byte of a secret leaves the process that needs it: a full run with marked secrets, then a search everywhere."""

import base64
import json
import secrets
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import requests
from click.testing import CliRunner

from bridge.cli import cli
from bridge.sandbox import pagertree, rootly
from bridge.sandbox.faults import Fault
from bridge.sandbox.stage import Keys, Stage
from tests.e2e.harness import until
from tests.e2e.harness import write_configuration as write
from tests.e2e.processes import Served, free_port, served

MONITORING = "int_monitorin-0001"


def canary(name: str) -> str:
    return f"CANARY-{name}-{secrets.token_hex(16)}"


def forms(secret: str) -> Iterator[bytes]:
    """The dresses in which a secret may leave: plain, quoted, hex, escaped, and base64 from each of three offsets."""
    raw = secret.encode()
    yield from (raw, quote(secret).encode(), raw.hex().encode(), raw.hex().upper().encode())
    yield json.dumps(secret)[1:-1].encode()
    yield "".join(f"\\u{ord(sign):04x}" for sign in secret).encode()
    for offset in range(3):
        whole = base64.b64encode(b"x" * offset + raw)
        yield whole[4 if offset else 0 : len(whole) // 4 * 4 - 4]


def leaks(secret: str, places: dict[str, bytes]) -> list[str]:
    return [name for name, content in places.items() if any(form in content for form in forms(secret))]


@pytest.mark.parametrize("place", range(9))
def test_the_search_finds_a_secret_in_every_dress(place: int) -> None:
    secret = canary("planted")
    found = list(forms(secret))[place]
    assert leaks(secret, {"clean": b"nothing here", "planted": b"before " + found + b" after"}) == ["planted"]


def test_the_search_finds_a_password_within_encoded_credentials() -> None:
    secret = canary("planted")
    for user in ("a", "ab", "abc", "user"):
        credentials = base64.b64encode(f"{user}:{secret}".encode())
        assert leaks(secret, {"header": credentials}) == ["header"]


class Marked:
    """Both systems and a bridge at debug level, every secret marked; keeps each answer that anybody got."""

    def __init__(self, folder: Path, bridge: Served) -> None:
        self.keys = Keys(**{key.name: canary(key.name.replace("_", "-")) for key in fields(Keys)})
        self.password, self.token = canary("password"), canary("integration")
        theirs = pagertree.Switches(api_key=self.keys.pagertree, queued_seconds=0.01)
        ours = rootly.Switches(self.keys.rootly, webhook_secret=self.keys.rootly_webhook, alerts_per_minute=10_000)
        self.stage = Stage(pagertree.start(theirs), rootly.start(ours), self.keys)
        self.stage.pagertree.system.configure(MONITORING, options={"token": self.token})
        self.bridge, self.folder = bridge, folder
        self.answers: list[bytes] = []
        write(self.stage, folder, self.routes(), bridge.port, pagertree={"settle": "300ms", "webhook": self.webhook()})

    def webhook(self) -> dict[str, Any]:
        return {"secrets": [self.keys.pagertree_webhook], "username": "pagertree", "password": self.password}

    def routes(self) -> list[dict[str, Any]]:
        door = {"integration": f"{self.stage.pagertree.url}/integration/{MONITORING}", "token": self.token}
        return [
            {"match": {"incident.severity": "critical"}, "actions": [{"type": "assign", "receiver": [door]}]},
            {"match": {"always": True}, "actions": [{"type": "assign", "receiver": ["On-call"]}]},
        ]

    @property
    def secrets(self) -> list[str]:
        return [*(getattr(self.keys, key.name) for key in fields(Keys)), self.password, self.token]

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        answer = requests.request(method, f"{self.bridge.url}{path}", timeout=10, **more)
        self.answers.append(repr(answer.headers).encode() + answer.content)
        return answer

    def people_at_work(self) -> None:
        """Both directions; titles and words that hold our own secrets; answers that throw them back at us."""
        said = f"key {self.keys.rootly} and {base64.b64encode(self.token.encode()).decode()} leaked"
        echo = json.dumps({"errors": [{"message": f"Bearer {self.keys.pagertree} is not welcome"}]})
        alert = self.stage.pagertree.system.raise_alert(said, description=quote(self.keys.pagertree))
        self.stage.rootly.system.start_incident(said, severity="critical")
        until(lambda: len(self.stage.rootly.system.state()["alerts"]) == 1)
        self.stage.pagertree.system.comment(alert["id"], self.keys.pagertree_webhook)
        self.stage.pagertree.system.faults.add(Fault("*", effect="status", body=echo, status=401, times=3))
        self.stage.rootly.system.faults.add(Fault("*", effect="status", body=self.keys.rootly, status=422, times=2))
        incident = self.stage.rootly.system.start_incident("quiet", severity="low")
        until(lambda: [a for a in self.stage.pagertree.system.state()["alerts"] if a["title"] == "quiet"], 12)
        self.stage.rootly.system.resolve_incident(incident["id"], message=self.keys.api)

    def strangers_at_the_doors(self) -> None:
        """Every secret, each where it does not belong."""
        for secret in self.secrets:
            self.ask("POST", f"/webhooks/pagertree?{urlencode({'secret': secret + 'x'})}", json={"type": secret})
            self.ask(
                "POST", "/webhooks/rootly", json={"data": secret}, headers={"X-Rootly-Signature": f"t=1,v1={secret}"}
            )
            self.ask("GET", "/api/v1/links", headers={"Authorization": f"Bearer {secret[:-1]}"})
            self.ask("GET", f"/{secret}?token={secret}")
        self.ask("POST", "/webhooks/pagertree", auth=("pagertree", self.password), json={"type": "x", "data": {}})
        self.ask("POST", "/webhooks/pagertree", auth=("pagertree", self.password), data=self.keys.api)

    def operators_reading(self) -> None:
        held = {"Authorization": f"Bearer {self.keys.api}"}
        for kind in ("links", "deliveries", "calls"):
            for row in self.ask("GET", f"/api/v1/{kind}", headers=held).json()["items"]:
                self.ask("GET", f"/api/v1/{kind}/{row['id']}", headers=held)
        self.ask("GET", "/metrics")
        self.ask("GET", "/readyz")
        self.ask("GET", "/api/v1/links/no-such", headers=held)
        backup = str(self.folder / "backup.db")
        for words in (["links", "list"], ["deliveries", "list"], ["calls", "list"], ["doctor", "--online"]):
            self.tell([*words, "--json"])
        self.tell(["db", "backup", backup])

    def tell(self, words: list[str]) -> None:
        result = CliRunner().invoke(cli, [*words, "--config", str(self.folder / "config.yaml")])
        self.answers.append(result.output.encode())

    def places(self) -> dict[str, bytes]:
        """Everything that was written or answered, but the configuration itself."""
        files = {path.name: path.read_bytes() for path in self.folder.iterdir() if path.name != "config.yaml"}
        return files | {f"answer {number}": answer for number, answer in enumerate(self.answers)}


def test_a_full_run_leaves_no_secret_anywhere(tmp_path: Path) -> None:
    with served(tmp_path, free_port()) as bridge:
        run = Marked(tmp_path, bridge)
        bridge.start("--log-level", "debug")
        bridge.ready()
        run.stage.send_webhooks_to(bridge.url)
        run.people_at_work()
        run.strangers_at_the_doors()
        run.operators_reading()
        places = run.places()
        assert {"bridge.log", "bridge.db", "bridge.db-wal", "backup.db"} <= places.keys()
        bridge.terminate()
        places |= {f"{name}, at the end": content for name, content in run.places().items()}
        run.stage.close()
    assert {secret.rsplit("-", 1)[0]: found for secret in run.secrets if (found := leaks(secret, places)[:6])} == {}
