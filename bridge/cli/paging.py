"""`bridge page`: page teams, users or routers in PagerTree, as `POST /api/v1/pages` does."""

from __future__ import annotations

from pathlib import Path

import click

from bridge.app import Parts
from bridge.cli.changing import carry_out
from bridge.cli.client import Client
from bridge.cli.options import config_option, json_option, read_config
from bridge.cli.reading import screen_for
from bridge.cli.showing import Screen
from bridge.core.mapping import AUTO, SEVERITIES, URGENCIES
from bridge.flows import pages

Answer = dict[str, object]


@click.command()
@click.option("--title", default=None, help="What it is about. Only a page with --incident-id can do without.")
@click.option("--description", default=None, help="More about it.")
@click.option("--team", "teams", multiple=True, help="A team to page: name, prefix id or ULID. May stand repeatedly.")
@click.option("--user", "users", multiple=True, help="A person to page: name, e-mail or id. May stand repeatedly.")
@click.option("--router", "routers", multiple=True, help="A router to page. May stand repeatedly.")
@click.option("--urgency", type=click.Choice((AUTO, *URGENCIES)), default=None, help="How urgent. Default: auto.")
@click.option(
    "--severity", type=click.Choice((AUTO, *SEVERITIES), case_sensitive=False), default=None, help="Of an incident."
)
@click.option("--incident/--no-incident", default=None, help="Make it an incident in PagerTree.")
@click.option("--message", default=None, help="The incident's message in PagerTree.")
@click.option("--tag", "tags", multiple=True, help="A tag. May stand repeatedly.")
@click.option("--incident-id", default=None, help="The Rootly incident that it is for, a UUID.")
@config_option
@json_option
def page(config_file: Path, as_json: bool, **options: object) -> None:
    """Page somebody in PagerTree.

    Without a team, user or router the routes of the configuration choose. The same words within ten
    minutes are the same page.
    """
    config = read_config(config_file)
    fields = {name: list(said) if isinstance(said, tuple) else said for name, said in options.items() if said}
    if options.get("incident") is False:
        fields["incident"] = False
    answer = carry_out(
        config, lambda client: _remotely(client, fields), lambda parts, who: _directly(parts, fields, who)
    )
    _show(screen_for(config), as_json, answer)


def _remotely(client: Client, fields: Answer) -> Answer:
    return client.post("pages", fields)


def _directly(parts: Parts, fields: Answer, who: str) -> Answer:
    """No bridge runs: stored, and owed until one does."""
    answer = pages.place(parts, fields, who)
    said = "No bridge is running: the page leaves when one does."
    return {**answer, "note": " ".join(str(part) for part in (said, answer.get("note")) if part)}


def _show(screen: Screen, as_json: bool, answer: Answer) -> None:
    if as_json:
        screen.json(answer)
        return
    what = "the same page as before" if answer.get("duplicate") else "page"
    screen.line(f"{what} {answer['page']}: {answer['status']}", "green")
    if answer.get("note"):
        screen.line(str(answer["note"]))
    screen.line(f"Look at it with: bridge links show {answer['link']}")
