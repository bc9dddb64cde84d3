"""`bridge resyncs`: earlier comparisons and what each found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bridge.cli.options import config_option, json_option, page_options
from bridge.cli.reading import show_list, show_one
from bridge.cli.showing import Screen

COLUMNS = (("ID", "id"), ("BEGAN (UTC)", "started_at"), ("STATE", "state"), ("SEEN", "seen"), ("DRIFTS", "drifts"),
           ("REPAIRS", "repairs"), ("BY", "detail.actor"), ("WHY", "detail.why"))  # fmt: skip
FACTS = (("resync", "id"), ("state", "state"), ("why", "detail.why"), ("only a plan", "detail.plan"),
         ("by", "detail.actor"), ("began", "started_at"), ("ended", "finished_at"), ("seen", "detail.seen"),
         ("drifts", "detail.drifts"), ("repairs", "repairs"), ("what became of them", "verdicts"),
         ("not judged", "detail.refusals"),
         ("webhooks fetched", "detail.missed"), ("requests", "calls"), ("seconds", "detail.seconds"))  # fmt: skip
FOUND = (("DRIFT", "kind"), ("OBJECT", "object"), ("LINK", "link"), ("TITLE", "title"))


@click.group()
def resyncs() -> None:
    """Earlier comparisons and what they found."""


@resyncs.command("list")
@page_options
@config_option
@json_option
def list_(config_file: Path, as_json: bool, limit: int, before: str) -> None:
    """The comparisons, newest first."""
    show_list(config_file, as_json, limit, COLUMNS, lambda reports, n: reports.runs(n, before))


@resyncs.command()
@click.argument("id_", metavar="ID")
@config_option
@json_option
def show(config_file: Path, as_json: bool, id_: str) -> None:
    """One comparison and every difference it found."""
    show_one(config_file, as_json, "resync", id_, lambda reports: reports.run(id_), tell_run)


def tell_run(screen: Screen, run: Any) -> None:
    screen.facts(run, FACTS)
    screen.line()
    if found := run["detail"]["found"]:
        screen.table(FOUND, found)
    elif run["state"] == "done":
        screen.line("Nothing differs.", "green")
