"""The yardsticks of `load`: what this machine does in the same minutes with nothing to decide, nothing to keep."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

from benchmarks import ingest
from bridge.callers import PAGERS
from tests.forks import ROOT
from tests.machines.load.rig import Rig
from tests.machines.load.vendors import KEYS

CALLS = 300  # to each system
SECONDS = 3.0
CONNECTIONS = 64
MEDIA = {"pagertree": "application/json", "rootly": "application/vnd.api+json"}


def bare_calls(rig: Rig) -> float:
    """Creates a second that a few threads of `requests.Session` make: the very calls that the bridge made, to the same
    systems, which tell nobody meanwhile. They are doubles, so this comes last."""
    for vendor in rig.vendors:
        vendor.do("tell", url="")
    calls = [
        call for name, vendor in zip(KEYS, rig.vendors, strict=True) for call in _made(name, vendor.section, vendor)
    ]
    file = rig.folder / "bare.json"
    file.write_text(json.dumps(calls))
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "benchmarks.loop", str(file), str(PAGERS)], cwd=ROOT, check=True)
    return len(calls) / (time.monotonic() - began)


def _made(name: str, section: dict[str, Any], vendor: Any) -> list[Any]:
    origin = section["api_url"].removesuffix("/api/v4")
    headers = {"Authorization": f"Bearer {KEYS[name]}", "Content-Type": MEDIA[name], "Accept": MEDIA[name]}
    return [("POST", origin + path, headers, body) for path, body in vendor.do("creates", most=CALLS)]


def bare_server() -> float:
    """Posts a second that our server takes for an empty Flask route: nothing read, nothing stored."""
    return float(ingest.measure("flask", CONNECTIONS, SECONDS)["rate"])
