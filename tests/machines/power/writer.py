"""Run as a program under strace: the bridge's own store at work, telling on standard output what it has promised.

`python -m tests.machines.power.writer FOLDER TRANSACTIONS SEED [SABOTAGE]`. `kept KEY` and `ended KEY` are told after
the writer has answered; the long WAL and the idle second are cut short, so that every kind of checkpoint is met.
"""

from __future__ import annotations

import os
import random
import sys
from datetime import timedelta
from pathlib import Path

from bridge.model import Hook, Verdict
from bridge.store import sqlite_engine, writer
from bridge.store.contract import Transaction
from bridge.store.sqlite import SqliteStore, open_sqlite
from tests.machines.kills.sabotage import break_on_purpose

TOLD = 1  # standard output
LIVES = 3  # opened so many times, so that closing and opening again is met too
LEASE = timedelta(hours=1)


def told(word: str, key: str) -> None:
    os.write(TOLD, f"{word} {key}\n".encode())


def live(path: Path, transactions: int, chance: random.Random, life: int) -> None:
    store = open_sqlite(path)
    number = 0
    while number < transactions:
        together = chance.randint(1, 4)
        _keep(store, [f"{life}-{number + i}" for i in range(together)], chance)
        number += together
        if chance.random() < 0.3:
            _end(store)
    store.close()


def _keep(store: SqliteStore, keys: list[str], chance: random.Random) -> None:
    size = chance.choice((50, 500, 5_000, 30_000))
    promises = [store.submit(lambda tx, k=key: tx.keep("rootly", k, Hook(os.urandom(size)))) for key in keys]
    for key, promise in zip(keys, promises, strict=True):
        promise.result(60)
        told("kept", key)


def _end(store: SqliteStore) -> None:
    def work(tx: Transaction) -> list[str]:
        taken = tx.claim_deliveries(3, LEASE)
        for one in taken:
            tx.close(one, Verdict.IGNORED, "seen", ())
        tx.audit("power", "end", "store")
        return [one.key for one in taken]

    for key in store.write(work):
        told("ended", key)


def main(folder: Path, transactions: int, seed: int, sabotage: str = "") -> None:
    break_on_purpose(sabotage)
    sqlite_engine.LONG_WAL, sqlite_engine.NEXT_TRY, writer.IDLE = 200_000, 50_000, 0.01
    chance = random.Random(seed)
    for life in range(LIVES):
        live(folder / "bridge.db", max(1, transactions // LIVES), chance, life)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
