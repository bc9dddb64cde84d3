"""Prometheus' own judge of rules and expressions."""

import shutil
import subprocess

from tests.programs import go_without


def promtool(*words):
    """What it says; the test fails if it is not content."""
    if shutil.which("promtool") is None:
        go_without("promtool", "prometheus")
    done = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
