"""The one command: format, lint, types, tests, until one fails: `python -m tests [pytest's arguments]`."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
STEPS = ("ruff format --check .", "ruff check .", "mypy --strict bridge")
HANDS = (os.cpu_count() or 1) + 3  # many a test waits for a server: fewer leave processors idle, more get into its way
PYTEST = ("pytest", "-n", str(HANDS), "--dist", "worksteal")

# What our libraries bring along for other tests is not imported by each of pytest's processes.
OURS = "xdist.plugin,pytest_timeout,_hypothesis_pytestplugin"
PLUGINS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": OURS}
# Every bridge that a test starts would be compiled anew without its bytecode.
KEPT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def main(wanted: list[str]) -> int:
    """The first exit code that is not 0, else 0."""
    for step in (*(tuple(shlex.split(step)) for step in STEPS), (*PYTEST, *wanted)):
        print(f"$ python -m {shlex.join(step)}", flush=True)
        if code := subprocess.run([sys.executable, "-m", *step], cwd=ROOT, env=KEPT | PLUGINS, check=False).returncode:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
