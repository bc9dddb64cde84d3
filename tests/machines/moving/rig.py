"""One bridge that changes its store between two simulated systems that go on telling it of trouble."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from bridge.sandbox.faults import Fault
from bridge.sandbox.stage import Stage
from bridge.store.opening import open_readonly
from bridge.store.sql_store import ReadOnly
from tests.e2e.harness import fast_stage, until, write_configuration
from tests.e2e.processes import free_port
from tests.forks import ROOT, Child, fork
from tests.machines.moving.people import PAUSE, People
from tests.machines.moving.post import Post
from tests.machines.moving.served import HONEST
from tests.machines.replicas.judge import Judge

PATIENCE = 120.0  # seconds: beside a whole suite on the same processors
LOOK = 0.3  # seconds between two looks
ALIVE = 15.0  # seconds after which a bridge that should refuse counts as started
CONFIGURATION = {"pagertree": {"settle": "1s"}, "jobs": {"poll": "1s", "resync": "1d"}}
SOMETIMES = (Fault("POST", effect="drop_after", rate=0.05), Fault("POST", effect="status", rate=0.05))
ALWAYS = (Fault(effect="status", status=503),)
STORES = re.compile(r"VmHWM:\s+(\d+) kB")


@dataclass(slots=True)
class Ended:
    """A command: its exit code, how long it took, and the most memory that it had (in MiB)."""

    code: int
    seconds: float
    mib: float
    said: str


@dataclass(slots=True)
class Rig:
    folder: Path
    stage: Stage
    port: int
    post: Post
    people: People
    sabotage: str
    store: str = ""
    serving: Child | None = None
    reading: dict[str, ReadOnly] = field(default_factory=dict)

    @property
    def old(self) -> Path:
        """The file from which it moves."""
        return self.folder / "bridge.db"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def judge(self) -> Judge:
        return self.people.judge

    # -- commands

    @property
    def configuration(self) -> Path:
        return self.folder / "config.yaml"

    def _begun(self, *words: str, log: str) -> Child:
        """What it says is added to `log`."""
        return fork("tests.machines.moving.served", [self.sabotage or HONEST, *words], ROOT, self.folder / log)

    def _said(self, *words: str, kill_when: Callable[[], bool] = lambda: False) -> Ended:
        """Killed as soon as `kill_when` says so."""
        log = self.folder / "said"
        log.unlink(missing_ok=True)
        process, began, mib = self._begun(*words, log=log.name), time.monotonic(), 0.0
        try:
            while process.poll() is None:
                mib = max(mib, _peak(process.pid))
                if kill_when():
                    process.kill()
                time.sleep(LOOK / 10)
        finally:
            process.kill()
            code = process.wait(PATIENCE)
        return Ended(code, time.monotonic() - began, mib, log.read_text())

    def migrate(self, old: str, new: str, kill_when: Callable[[], bool] = lambda: False) -> Ended:
        words = ("db", "migrate", "--from", old, "--to", new, "--json", "--config", str(self.configuration))
        return self._said(*words, kill_when=kill_when)

    def serve(self, store: str) -> None:
        """Returns when it is ready."""
        path, self.store = self.configuration, store
        path.write_text(json.dumps(json.loads(path.read_text()) | {"store": store}))
        words = ("serve", "--config", str(path), "--log-level", "warning")
        self.serving = self._begun(*words, log="bridge.log")
        until(self._answers, PATIENCE, lambda: f"the bridge does not answer: {self.log()[-2000:]}")

    def refused(self, store: str) -> Ended:
        """What a bridge says that is started on this store beside ours; stopped if it lives."""
        aside = self.folder / "aside"
        aside.mkdir(exist_ok=True)
        words = json.loads(self.configuration.read_text())
        path = aside / "config.yaml"
        path.write_text(json.dumps(words | {"store": store, "server": {"host": "127.0.0.1", "port": free_port()}}))
        path.chmod(0o600)
        began = time.monotonic()
        return self._said("serve", "--config", str(path), kill_when=lambda: time.monotonic() - began > ALIVE)

    def stop(self) -> int:
        """Its exit code."""
        assert self.serving is not None
        self.serving.terminate()
        return self.serving.wait(PATIENCE)

    def log(self) -> str:
        return (self.folder / "bridge.log").read_text()

    def _answers(self) -> bool:
        assert self.serving is not None
        assert self.serving.poll() is None, f"the bridge ended: {self.log()[-2000:]}"
        try:
            return requests.get(f"{self.url}/readyz", timeout=3).status_code == 200
        except requests.RequestException:
            return False

    # -- faults of the two systems

    def fail(self, faults: tuple[Fault, ...]) -> None:
        for system in (self.stage.pagertree.system, self.stage.rootly.system):
            system.faults.clear()
            for fault in faults:
                system.faults.add(fault)

    def heal(self) -> None:
        """And what an operator does then: calls that failed often would wait for minutes."""
        self.fail(())
        held = {"Authorization": f"Bearer {self.stage.keys.api}"}
        for call in self.rows("calls", state="owed"):
            if call["attempts"] > 3:
                requests.post(f"{self.url}/api/v1/calls/{call['id']}/retry", headers=held, timeout=10)

    # -- the store, and the end

    def rows(self, what: str, **filters: str) -> list[dict[str, Any]]:
        """`what`: deliveries, calls or links."""
        with self._readers().reports() as reports:
            found: list[dict[str, Any]] = getattr(reports, what)(filters, 10_000)
            return found

    def unsound(self) -> tuple[str, ...]:
        return self._readers().verify()

    def lost(self, since: str) -> set[str]:
        """Accepted deliveries that have no end with a reason: all of them came after that id."""
        ended: set[str] = set()
        with self._readers().reports() as reports:
            before = ""
            while page := reports.deliveries({}, 1_000, before):
                ended |= {str(row["id"]) for row in page if row["verdict"] != "waiting" and row["reason"]}
                before = str(page[-1]["id"])
                if before <= since:
                    break
        return self.post.accepted - ended

    def _readers(self) -> ReadOnly:
        """Of the store that it has now."""
        if self.store not in self.reading:
            self.reading[self.store] = open_readonly(self.store)
        return self.reading[self.store]

    def rests(self) -> bool:
        systems = (self.stage.pagertree.system, self.stage.rootly.system)
        sending = sum(system.sender.waiting() for system in systems)
        owed = [call for call in self.rows("calls", state="owed") if call["kind"] != "recheck"]
        return not (sending or owed or self.rows("deliveries", verdict="waiting"))

    def seen(self, condition: Callable[[], object], seconds: float) -> None:
        """Looks now and then: whoever is waited for needs the processor."""

        def looked() -> object:
            time.sleep(LOOK)
            return condition()

        until(looked, seconds, self.why)

    def agree(self, seconds: float) -> None:
        self.seen(lambda: self.rests() and not self.judge.wrong(), seconds)

    def why(self) -> str:
        owed = [f"{c['kind']} {c['of']} {c['reason']}" for c in self.rows("calls", state="owed")]
        waiting = [f"{d['source']} {d['reason']}" for d in self.rows("deliveries", verdict="waiting")]
        return " | ".join([*self.judge.wrong()[:5], *owed[:5], *waiting[:5]])[:1500]

    def crashes(self) -> list[str]:
        return [text[:600] for text in self.log().split("Traceback")[1:]]


def _peak(pid: int) -> float:
    """The most memory so far, in MiB; 0 once it has ended."""
    try:
        found = STORES.search(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


@contextmanager
def open_rig(folder: Path, sabotage: str = "", pause: float = PAUSE) -> Iterator[Rig]:
    """Nothing is served yet."""
    with ExitStack() as after:
        stage = fast_stage()
        after.callback(stage.close)
        for system in (stage.pagertree.system, stage.rootly.system):
            system.sender.change(retries=14, base_seconds=0.1)
        port = free_port()
        write_configuration(stage, folder, port=port, **CONFIGURATION)
        post = Post((f"http://127.0.0.1:{port}",)).open()
        after.callback(post.close)
        stage.send_webhooks_to(post.url)
        rig = Rig(folder, stage, port, post, People(stage, Judge(stage), pause), sabotage)
        after.callback(_end, rig)
        yield rig


def _end(rig: Rig) -> None:
    rig.people.enough()
    for readers in rig.reading.values():
        readers.close()
    if rig.serving is not None and rig.serving.poll() is None:
        rig.serving.kill()
        rig.serving.wait(10)
