"""Run as a program: the operating system refuses to let files grow, then lets them again.

`python -m tests.store.full_disk PATH`; prints what the refused write was told.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from bridge.errors import Unavailable
from bridge.model import Hook
from bridge.store.sqlite import open_sqlite


def let_files_grow_to(size):
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))


def keep(store, key, size):
    return store.write(lambda tx: tx.keep("rootly", key, Hook(b"x" * size)))


def main(path):
    store = open_sqlite(path)
    keep(store, "before", 100)
    let_files_grow_to(200_000)
    try:
        keep(store, "refused", 1_000_000)
    except Unavailable as refusal:
        print(refusal)
    let_files_grow_to(resource.RLIM_INFINITY)
    assert keep(store, "before", 100).duplicate
    assert not keep(store, "refused", 1_000_000).duplicate
    assert store.verify() == ()
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
