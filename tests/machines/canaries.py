"""Secret canaries: every secret is marked, everything that can fail fails, and every byte that was left is searched.

The search knows each secret plain, quoted, hex, escaped, in base64 at three offsets and within `user:password`.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import requests
import structlog
from click.testing import CliRunner

from bridge import app, log
from bridge.cli import cli
from bridge.flows import process
from bridge.redact import Redactor
from bridge.sandbox import pagertree, rootly
from bridge.sandbox.faults import Fault
from bridge.sandbox.stage import Keys, Stage
from simulation.virtual import Place, replaced
from tests.e2e.harness import Scene, open_scene
from tests.e2e.test_secrets import canary, leaks
from tests.machines.tally import Budget, Tally

PROMISES = ("P7",)
NIGHTLY = 20  # whole runs
LISTS = ("links", "deliveries", "calls", "resyncs")


def log_full_url() -> list[Place]:
    """Lines are logged as they come, those of the HTTP library with whole addresses among them."""
    return [(log._Out, "__init__", _unredacted)]


def _unredacted(out: Any, _redactor: Redactor, stream: Any) -> None:
    out._redactor, out._stream, out._lock = Redactor(()), stream, log.threading.Lock()


def body_kept_unmasked() -> list[Place]:
    """A webhook is stored as it came, with whatever of our secrets somebody wrote into it."""
    return [(Redactor, "bytes", lambda _redactor, body: body)]


def secret_in_error() -> list[Place]:
    """Why a delivery waits is told with the key that was refused."""
    conclude = process._conclude

    def told(parts: Any, delivery: Any, events: Any) -> Any:
        if delivery.attempts == 1:
            raise process.Undecided(f"refused with {parts.config.rootly.api_key.get_secret_value()}")
        return conclude(parts, delivery, events)

    return [(process, "_conclude", told)]


SWITCHES: dict[str, Callable[[], list[Place]]] = {
    switch.__name__: switch for switch in (log_full_url, body_kept_unmasked, secret_in_error)
}
SABOTAGES: Mapping[str, str] = {name: (switch.__doc__ or "").strip() for name, switch in SWITCHES.items()}


@dataclass(slots=True)
class Marked:
    """One bridge whose secrets are all canaries, and everything that anybody got from it."""

    scene: Scene
    keys: Keys
    more: dict[str, str]
    folder: Path
    answers: list[bytes] = field(default_factory=list)

    @property
    def secrets(self) -> list[str]:
        return [*(getattr(self.keys, key.name) for key in fields(Keys)), *self.more.values()]

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        answer = requests.request(method, f"{self.scene.bridge.url}{path}", timeout=10, **more)
        self.answers.append(repr(answer.headers).encode() + answer.content)
        return answer

    def people(self) -> None:
        """Their words hold our secrets, and both systems throw them back at us while they refuse."""
        said = " ".join(self.secrets)
        for system in (self.scene.pagertree, self.scene.rootly):
            for status in (401, 422, 500):
                system.faults.add(
                    Fault("POST", effect="status", body=json.dumps({"errors": [said]}), status=status, times=1)
                )
        alert = self.scene.pagertree.raise_alert(f"seen: {said}", description=said)
        self.scene.rootly.start_incident(f"seen: {said}", severity="critical")
        self.scene.pagertree.comment(alert["id"], said)

    def strangers(self) -> None:
        for secret in self.secrets:
            self.ask("POST", f"/webhooks/pagertree?{urlencode({'secret': secret + 'x'})}", json={"type": secret})
            self.ask("POST", "/webhooks/rootly", data=secret, headers={"X-Rootly-Signature": f"t=1,v1={secret}"})
            self.ask("GET", f"/api/v1/links/{secret}", headers={"Authorization": f"Bearer {secret}x"})
            self.ask("PUT", f"/integration/{secret}?token={secret}", auth=("user", secret))
        door = {"secret": self.keys.pagertree_webhook}
        self.ask("POST", "/webhooks/pagertree", params=door, data=" ".join(self.secrets))  # authentic and unreadable

    def crash(self) -> None:
        """What nobody caught, with a secret in its words and in its locals."""
        try:
            raise ValueError(f"cannot use {' '.join(self.secrets)}")
        except ValueError as fault:
            log._uncaught(ValueError, fault, fault.__traceback__)
        logging.getLogger("urllib3.connectionpool").debug('"GET %s" 200', self.more["heartbeat"])

    def operators(self) -> None:
        for name in LISTS:
            rows = json.loads(self.tell(name, "list", "--json"))["items"]
            self.tell(name, "list")
            for row in rows[:4]:
                self.tell(name, "show", str(row["id"]))
                self.tell(name, "show", str(row["id"]), "--json")
        for words in (("doctor", "--online"), ("setup", "--plan"), ("shadow",), ("links", "show", "nothing")):
            self.tell(*words)
        self.tell("db", "backup", str(self.folder / "backup.db"))
        for path in ("/metrics", "/readyz", "/healthz", "/openapi.json", "/nothing"):
            self.ask("GET", path)

    def tell(self, *words: str) -> str:
        result = CliRunner().invoke(cli, [*words, "--config", str(self.folder / "config.yaml")])
        self.answers.append(f"{result.output} {result.exception!r}".encode())
        return result.stdout

    def outside(self) -> bytes:
        """What our calls wrote into the two systems; what people do there themselves is no call."""
        logs = (self.scene.pagertree.requests.since(), self.scene.rootly.requests.since())
        bodies = [str(entry["json"]) for entries in logs for entry in entries if entry["method"] != "GET"]
        return "\n".join(bodies).encode()

    def places(self) -> dict[str, bytes]:
        files = {path.name: path.read_bytes() for path in self.folder.iterdir() if path.name != "config.yaml"}
        answers = {f"answer {number}": answer for number, answer in enumerate(self.answers)}
        return {**files, **answers, "calls": self.outside(), "process": Path("/proc/self/cmdline").read_bytes()}


@contextmanager
def _logged() -> Iterator[io.StringIO]:
    """Everything at DEBUG, the HTTP library as well; afterwards all is as it was."""
    stream, root, before = io.StringIO(), logging.getLogger(), structlog.get_config()
    handlers, level, set_up = root.handlers[:], root.level, log.set_up
    quiet = {name: logging.getLogger(name).level for name in log._QUIET}
    try:
        yield stream
    finally:
        structlog.configure(**before)
        root.handlers[:], log.set_up = handlers, set_up
        root.setLevel(level)
        for name, was in quiet.items():
            logging.getLogger(name).setLevel(was)


@contextmanager
def _marked(folder: Path, stream: io.StringIO) -> Iterator[Marked]:
    keys = Keys(**{key.name: canary(key.name.replace("_", "-")) for key in fields(Keys)})
    more = {name: canary(name) for name in ("password", "tool", "heartbeat")}
    theirs = pagertree.Switches(api_key=keys.pagertree, queued_seconds=0.01)
    ours = rootly.Switches(keys.rootly, webhook_secret=keys.rootly_webhook, alerts_per_minute=10_000)
    stage = Stage(pagertree.start(theirs), rootly.start(ours), keys)
    webhook = {"secrets": [keys.pagertree_webhook], "username": "pagertree", "password": more["password"]}
    heartbeat = {"url": f"{stage.rootly.url}/beat/{more['heartbeat']}", "every": "1s"}
    tool = {"id": "int_up", "name": "Up", "type": "hetrix_tools", "urgency": "low", "send_to": ["rootly"]}
    tool |= {"options": {"authentication_token": more["tool"]}}
    sections: dict[str, Any] = {"pagertree": {"settle": "300ms", "webhook": webhook}, "integrations": [tool]}
    scene = open_scene(folder, stage, alarms={"heartbeat": heartbeat}, **sections)
    parts: app.Parts = scene.bridge.parts
    log.set_up(parts.redactor, "debug", stream)
    for name in log._QUIET:
        logging.getLogger(name).setLevel(logging.DEBUG)
    try:
        yield Marked(scene, keys, more, folder)
    finally:
        scene.close()


def _searched(folder: Path, chance: Random) -> list[str]:
    with _logged() as stream:
        with _marked(folder, stream) as run:
            deeds = [run.people, run.strangers, run.crash]
            chance.shuffle(deeds)
            for deed in deeds:
                deed()
            run.scene.bridge.parts.store.write(lambda tx: tx.audit("ada", "note", "x", "a row"))
            run.operators()
            places = {**run.places(), "log": stream.getvalue().encode()}
        places |= {f"{name}, at the end": content for name, content in run.places().items()}
        places |= {"log, at the end": stream.getvalue().encode()}
    found = {secret.rsplit("-", 1)[0]: leaks(secret, places) for secret in run.secrets}
    return [f"P7 {name} is in {', '.join(where[:4])}" for name, where in found.items() if where]


def run(folder: Path, budget: Budget, sabotage: str = "") -> Tally:
    tally = Tally()
    while budget.left(tally.cases) and not tally.broken:
        here = folder / str(tally.cases)
        here.mkdir()
        with replaced(SWITCHES[sabotage]() if sabotage else ()):
            tally.broken += _searched(here, Random(budget.seed + tally.cases))
        tally.cases += 1
    return tally
