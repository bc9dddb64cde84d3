"""The commands that stay: as processes, from their first line to their exit code."""

from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path
from urllib.request import urlopen

import yaml

from tests.cli.terminal import World, process, run


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_the_demo_sees_every_step_and_leaves_nothing_behind(tmp_path: Path):
    demo = process("demo", "--once", env={"TMPDIR": str(tmp_path)})
    out, err = demo.communicate(timeout=50)
    steps = [line for line in out.splitlines() if line[:2].strip().isdigit()]
    assert (demo.returncode, err, len(steps)) == (0, "", 10)
    assert all(line.endswith(" ms") for line in steps)
    assert list(tmp_path.iterdir()) == []


def test_the_bridge_serves_until_sigterm_and_ends_with_0(still: World):
    port = free_port()
    still.stage.write_configuration(still.config.parent, port)
    serving = process("serve", "--config", still.config)
    try:
        first = json.loads(serving.stderr.readline())
        assert (first["event"], first["url"]) == ("serving", f"http://127.0.0.1:{port}")
        assert urlopen(f"{first['url']}/healthz", timeout=5).read() == b"ok\n"
    finally:
        serving.send_signal(signal.SIGTERM)
    assert serving.wait(10) == 0


def test_the_sandbox_tells_what_a_configuration_needs_and_ends_with_0():
    sandbox = process("sandbox", "--json", "--webhooks-to", "http://127.0.0.1:9/")
    try:
        told = json.loads(sandbox.stdout.readline())
        assert urlopen(f"{told['pagertree']}/_sandbox/state", timeout=5).status == 200
        switches = json.loads(urlopen(f"{told['rootly']}/_sandbox/switches", timeout=5).read())
        assert switches["webhook_url"] == "http://127.0.0.1:9/webhooks/rootly"
        assert switches["webhook_secret"] == told["config"]["rootly"]["webhook"]["secrets"][0]
    finally:
        sandbox.send_signal(signal.SIGINT)
    assert sandbox.wait(10) == 0


def test_the_sandbox_prints_yaml_for_people():
    sandbox = process("sandbox")
    lines = []
    while not (lines and "Ctrl-C" in lines[-1]):
        lines.append(sandbox.stdout.readline())
    os.kill(sandbox.pid, signal.SIGTERM)
    assert yaml.safe_load("".join(lines)).keys() == {"pagertree", "rootly"}
    assert sandbox.wait(10) == 0


def test_a_second_bridge_on_the_same_store_is_busy(world: World):
    result = world.run("serve")
    assert (result.exit_code, "is held by process" in result.stderr) == (75, True)


def test_a_broken_store_is_left_as_it_is(still: World):
    database = still.config.parent / "bridge.db"
    database.write_bytes(b"no database" * 500)
    assert still.run("serve").exit_code == 78
    assert database.read_bytes() == b"no database" * 500


def test_an_address_that_is_taken_is_told(still: World):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        still.stage.write_configuration(still.config.parent, taken.getsockname()[1])
        result = still.run("serve")
    assert (result.exit_code, "cannot be opened" in result.stderr) == (1, True)


def test_the_bridge_does_not_start_with_a_debugger(still: World):
    result = run("serve", "--config", still.config, env={"FLASK_DEBUG": "1"})
    assert (result.exit_code, "FLASK_DEBUG" in result.stderr) == (78, True)
    assert not (still.config.parent / "bridge.db").exists()
