"""The bridge as its next version will be: the same, with one step more. `python -m tests.e2e.next_version serve …`

Like every step of ours it only adds, to tables that older bridges are writing to.
"""

from __future__ import annotations

from typing import Any

from bridge.store import migrations

NAME = "of_the_next_version"
SCRIPT = """
CREATE TABLE additions (
    id TEXT PRIMARY KEY NOT NULL
);
ALTER TABLE deliveries ADD COLUMN addition TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN addition DOUBLE PRECISION;
ALTER TABLE links ADD COLUMN addition SMALLINT NOT NULL DEFAULT 0;
CREATE INDEX deliveries_addition ON deliveries (addition) WHERE verdict = 'waiting';
"""
STEP = {NAME: (SCRIPT,)}


def main() -> None:
    known: Any = migrations.STEPS
    known.update(STEP)
    from bridge.cli import main as bridge

    bridge()


if __name__ == "__main__":
    main()
