"""`bridge demo`: the bridge at work between two simulated systems, each step with the time it took."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import click
from rich.text import Text

from bridge import log
from bridge.cli.ending import FAILED, end, taken
from bridge.cli.options import read_config
from bridge.cli.showing import Screen
from bridge.cli.story import DOOR, Step, Story
from bridge.cli.waiting import on_signals, until_told
from bridge.config import Config
from bridge.hashing import hash_password
from bridge.model import Request
from bridge.redact import Redactor
from bridge.sandbox.stage import Stage, open_stage
from bridge.transport import Transport, origin
from bridge.whole import Bridge, open_bridge

DEADLINE = 8.0  # seconds in which a step must be seen on the other side
LOOK = 0.003
LOG = "bridge.log"
USERNAME = "admin"  # of the console
AT_THE_DOOR = '{"event_type": "create", "Id": "1", "Title": "From a script"}'


@dataclass(frozen=True, slots=True)
class Set:
    """Everything that the demo has running, and where its files are."""

    stage: Stage
    bridge: Bridge
    config_file: Path
    transport: Transport
    password: str  # the console's, made for this run

    def post(self, said: Mapping[str, object]) -> None:
        """What a tool says, at its door."""
        self.transport.send(Request("POST", f"{self.bridge.url}/integration/{DOOR['id']}", body=said))


@click.command()
@click.option("--once", is_flag=True, help="End after the story: 0 if every step was seen in time, 1 if not.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The bridge's port. Default: any that is free.")
def demo(once: bool, port: int) -> None:
    """Watch the bridge work between two simulated systems.

    Nothing leaves this machine, and what it writes is removed at the end.
    """
    on_signals(lambda: end(0))
    screen = Screen()
    with _running(port) as running:
        missed = play(screen, Story(running.stage, running.post))
        if once:
            end(FAILED if missed else 0)
        _say_where(screen, running)
        until_told()


@contextmanager
def _running(port: int) -> Iterator[Set]:
    with ExitStack() as after:
        folder = Path(after.enter_context(TemporaryDirectory(prefix="bridge-demo-")))
        stage = open_stage()
        after.callback(stage.close)
        password = secrets.token_urlsafe(12)
        sections: dict[str, Any] = {"integrations": [DOOR], "console": _console(password)}
        config_file = stage.write_configuration(folder, port, **sections)
        bridge = _opened(config_file, after)
        stage.write_configuration(folder, bridge.server.port, **sections)  # so that the other commands find it
        stage.send_webhooks_to(bridge.url)
        transport = Transport(frozenset({origin(bridge.url)}))
        after.callback(transport.close)
        yield Set(stage, bridge, config_file, transport, password)


def _console(password: str) -> dict[str, str]:
    return {"username": USERNAME, "password_hash": hash_password(password)}


def _opened(config_file: Path, after: ExitStack) -> Bridge:
    config = read_config(config_file)
    stream = after.enter_context((config_file.parent / LOG).open("w", encoding="utf-8"))
    log.set_up(Redactor(config.secrets()), "info", stream)
    bridge = _at_its_port(config)
    thread = bridge.run_aside()
    after.callback(thread.join, 12)
    after.callback(bridge.stop)
    return bridge


def _at_its_port(config: Config) -> Bridge:
    try:
        return open_bridge(config)
    except OSError as fault:
        raise taken(f"port {config.server.port}", fault) from fault


class Told(Protocol):
    def steps(self) -> Iterable[Step]: ...


def play(screen: Screen, story: Told, deadline: float = DEADLINE) -> bool:
    """Whether a step was missed; what would have followed it is not played."""
    began = time.monotonic()
    for number, step in enumerate(story.steps(), 1):
        lag = _lag_of(step, deadline)
        _tell(screen, number, step, lag)
        if lag is None:
            screen.line(f"Step {number} was not seen within {deadline:g} s: {step.shows} ({step.there}).", "red")
            return True
    screen.line(f"Every step was seen on the other side. It took {time.monotonic() - began:.1f} s.", "green")
    return False


def _lag_of(step: Step, deadline: float) -> float | None:
    """Seconds from what is done here to what is seen there; None: not seen in time."""
    if not _until(step.ready, deadline):
        return None
    began = time.monotonic()
    step.act()
    return time.monotonic() - began if _until(step.seen, deadline) else None


def _until(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK)
    return True


def _tell(screen: Screen, number: int, step: Step, lag: float | None) -> None:
    told = "not seen" if lag is None else f"{lag * 1000:.0f} ms"
    style = "bold red" if lag is None else "green"
    line = Text.assemble(
        (f"{number:>2}  ", "dim"),
        (f"{step.where:<9}  ", "bold cyan" if step.where == "Rootly" else "bold magenta"),
        f"{step.does:<43}  ",
        ("→ ", "dim"),
        f"{step.there + ': ' + step.shows:<58}  ",
        (f"{told:>8}", style),
    )
    screen.console.print(line, soft_wrap=True)
    sys.stdout.flush()


def _say_where(screen: Screen, running: Set) -> None:
    stage, file = running.stage, running.config_file
    places = {"PagerTree": stage.pagertree.url, "Rootly": stage.rootly.url, "the bridge": running.bridge.url}
    commands = ("links list", "deliveries list", "doctor --online")
    raise_one = f'curl -X POST {stage.pagertree.url}/_sandbox/alerts -d \'{{"title": "Another one"}}\''
    screen.line()
    for name, url in places.items():
        screen.line(f"{name:<10}  {url}")
    screen.line(f"{'its log':<10}  {file.parent / LOG}")
    screen.line()
    screen.line("Try, in another terminal:", "bold")
    for command in commands:
        screen.line(f"  bridge {command} --config {file}")
    screen.line(f"  {raise_one}")
    screen.line(f"  curl {running.bridge.url}/integration/{DOOR['id']} -d '{AT_THE_DOOR}'")
    screen.line()
    screen.line("Running until Ctrl-C.")
    screen.line(f"Console: {running.bridge.url} ({USERNAME} / {running.password})", "bold")
    sys.stdout.flush()
