"""The process as the operating system sees it: it ends when asked to, and it is alone with its store."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.sandbox.faults import Fault
from bridge.store.sqlite import open_readonly
from tests.e2e.harness import until
from tests.e2e.kill import Drill, open_drill
from tests.forks import ROOT


@pytest.fixture
def drill(tmp_path: Path) -> Iterator[Drill]:
    with open_drill(tmp_path, seed=1) as one:
        one.bridge.start()
        one.bridge.ready()
        yield one


def test_asked_to_end_it_lets_calls_under_way_end_and_leaves_none_marked(drill: Drill) -> None:
    drill.pagertree.faults.add(Fault("POST", effect="delay", seconds=1.5))
    started = [drill.rootly.start_incident(f"trouble {n}", severity="high")["id"] for n in range(6)]
    until(lambda: sum(e["method"] == "POST" for e in drill.pagertree.requests.since()) == 6, what="in flight")
    code, took = drill.bridge.terminate()
    assert (code, took < 10) == (0, True)
    assert [len(drill.pages(incident)) for incident in started] == [1] * 6
    assert [call for call in drill.bridge.rows("calls") if call["under_way"]] == []
    assert {call["state"] for call in drill.bridge.rows("calls", kind="create")} == {"done"}
    assert open_readonly(drill.bridge.database).verify() == ()


def test_asked_to_end_while_a_call_never_ends_it_ends_all_the_same(drill: Drill) -> None:
    drill.pagertree.faults.add(Fault("POST", effect="delay", seconds=20))
    drill.rootly.start_incident("trouble", severity="high")
    until(lambda: any(e["method"] == "POST" for e in drill.pagertree.requests.since()), what="in flight")
    code, took = drill.bridge.terminate()
    assert (code, took < 11) == (0, True)


def test_a_second_process_on_the_same_store_ends_with_75(drill: Drill) -> None:
    command = [sys.executable, "-m", "bridge", "serve", "--config", str(drill.bridge.folder / "config.yaml")]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert second.returncode == 75
    assert "Traceback" not in second.stderr
    assert drill.bridge.ready()
