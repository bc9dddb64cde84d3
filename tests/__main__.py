"""The one command: format, lint, types, tests, until one fails: `python -m tests [pytest's arguments]`."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
STEPS = ("ruff format --check .", "ruff check .", "mypy --strict bridge")
HANDS = (os.cpu_count() or 1) + 1  # many a test waits for a server: one more than there are processors
PYTEST = ("pytest", "-n", str(HANDS), "--dist", "worksteal")


def main(wanted: list[str]) -> int:
    """The first exit code that is not 0, else 0."""
    for step in (*(tuple(shlex.split(step)) for step in STEPS), (*PYTEST, *wanted)):
        print(f"$ python -m {shlex.join(step)}", flush=True)
        if code := subprocess.run([sys.executable, "-m", *step], cwd=ROOT, check=False).returncode:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
