"""strace at a process that runs already: it kills it at a system call, or lets the call fail, as long as it watches."""

from __future__ import annotations

import shutil
import signal
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

ATTACHED = "attached"


def available() -> bool:
    """Says so loudly where it is not: half of a machine is not played then."""
    if shutil.which("strace") is None:
        warnings.warn("strace is not installed: system calls are neither failed nor recorded here", stacklevel=2)
        return False
    return True


@contextmanager
def injected(pid: int, call: str, what: str) -> Iterator[subprocess.Popen[str]]:
    """`what`, such as `error=ENOSPC` or `signal=SIGKILL:when=3`, befalls the call in every thread of the process."""
    command = ["strace", "-f", "-p", str(pid), "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{what}"]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        assert ATTACHED in said, f"strace could not watch: {said}"
        yield tracer
    finally:
        tracer.send_signal(signal.SIGTERM)  # it lets go of the process, which lives on as it was
        tracer.communicate(timeout=20)
