"""Run as a program: children that keep deliveries are killed in the middle; all that they reported is still there.

Prints how many keys were checked. `python -m tests.store.killed_children PATH KILLS`
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from bridge.model import Hook
from bridge.store.sqlite import open_sqlite

HOOK = Hook(b"x" * 500)


def keep_and_tell(path, round_, out):
    """The child: a key is told only after `keep` was answered."""
    store = open_sqlite(path)
    for number in range(100_000):
        key = f"{round_}-{number}"
        store.write(lambda tx, k=key: tx.keep("rootly", k, HOOK))
        os.write(out, f"{key}\n".encode())


def told_before_the_kill(path, round_):
    """Each child gets a little further than the one before, from its very first key on, however slow the machine."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        keep_and_tell(path, round_, writing)
        os._exit(1)
    os.close(writing)
    with os.fdopen(reading) as told:
        keys = [told.readline().strip() for _ in range(1 + round_ % 10)]
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return [*keys, *told.read().splitlines()]


def check(path, keys):
    store = open_sqlite(path)
    missing = [key for key in keys if not store.write(lambda tx, k=key: tx.keep("rootly", k, HOOK)).duplicate]
    faults = store.verify()
    store.close()
    assert not missing, f"lost: {missing}"
    assert not faults, faults


def main(path, kills):
    told = []
    for round_ in range(kills):
        keys = told_before_the_kill(path, round_)
        check(path, keys)
        told += keys
    print(len(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
