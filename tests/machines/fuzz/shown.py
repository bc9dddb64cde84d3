"""What people see of a delivery and its links: `bridge deliveries show`, `bridge links show` and the lists.

Rule: whatever was sent, no page crashes, and nothing on it is obeyed by a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from click.testing import CliRunner

from bridge.app import Parts
from bridge.cli import cli
from tests.machines.fuzz.seeds import GLASS

NEWEST = 40  # deliveries among which one is looked at


def spoiled(parts: Parts, chance: Random) -> Iterator[str]:
    """One sentence for each page of some delivery that crashes, or shows what a terminal obeys."""
    config = parts.config.database.parent / GLASS
    with parts.store.reports() as reports:
        row = chance.choice(reports.deliveries({}, NEWEST) or [{}])
        found = reports.delivery(str(row["id"])) if row else None
    named = found["links"] if found and isinstance(found["links"], list) else []
    pages = [("deliveries", "show", str(found["id"]))] if found else []
    pages += [("links", "show", str(link)) for link in named[:1]] or [("deliveries", "list"), ("links", "list")]
    for page in pages:
        if fault := _fault([*page, "--config", str(config)]):
            yield f"bridge {' '.join(page)} {fault}"


def _fault(command: list[str]) -> str:
    ran = CliRunner().invoke(cli, command)
    if ran.exception is not None:
        return f"crashed with {type(ran.exception).__name__}: {str(ran.exception)[:200]} {ran.output[:200]!r}"
    obeyed = sorted({repr(c) for c in ran.output if c != "\n" and not c.isprintable()})
    return f"shows {', '.join(obeyed)[:200]}" if obeyed else ""
