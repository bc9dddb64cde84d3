"""`bridge links pause|resume|unlink|link`: what a person does to a link, as `/api/v1/links` does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from bridge.app import Parts
from bridge.cli.changing import carry_out
from bridge.cli.options import config_option, json_option, read_config
from bridge.cli.reading import screen_for
from bridge.core.durations import parse_duration
from bridge.flows import joining, surgery

Answer = dict[str, object]
Directly = Callable[[Parts, str], Answer]


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--for", "length", default=None, metavar="2h", help="How long. Default: until somebody resumes it.")
@config_option
@json_option
def pause(config_file: Path, as_json: bool, id_: str, length: str | None) -> None:
    """Hold a link: nothing is decided on it, and no call of it leaves.

    ID is the link's, or that of any alert or incident in it. Afterwards everything is caught up.
    """
    span = None
    if length is not None:
        try:
            span = parse_duration(length)
        except ValueError as fault:
            raise click.BadParameter(str(fault), param_hint="--for") from None
    answer = _asked(
        config_file, _path(id_, "pause"), {"for": length}, lambda parts, who: surgery.pause(parts, id_, who, span)
    )
    _show(config_file, as_json, answer, f"paused {surgery.until_words(answer)}")


@click.command()
@click.argument("id_", metavar="ID")
@config_option
@json_option
def resume(config_file: Path, as_json: bool, id_: str) -> None:
    """Let a paused link go on: what came meanwhile is judged again, what is owed leaves."""
    answer = _asked(config_file, _path(id_, "resume"), {}, lambda parts, who: surgery.resume(parts, id_, who))
    _show(config_file, as_json, answer, f"goes on: {surgery.freed_words(answer)}")


@click.command()
@click.argument("id_", metavar="ID")
@config_option
@json_option
def unlink(config_file: Path, as_json: bool, id_: str) -> None:
    """Take a pair apart and leave it alone: nothing links its objects again.

    `bridge links link` of the same two objects undoes it.
    """
    answer = _asked(config_file, _path(id_, "unlink"), {}, lambda parts, who: surgery.unlink(parts, id_, who))
    _show(config_file, as_json, answer, f"taken apart: {surgery.ended_words(answer)} superseded")


@click.command("link")
@click.option("--pagertree", required=True, metavar="ID", help="The alert in PagerTree: alt_… or its ULID.")
@click.option("--rootly", required=True, metavar="UUID", help="The alert or incident in Rootly.")
@click.option("--note", is_flag=True, help="Say so on both sides.")
@config_option
@json_option
def link(config_file: Path, as_json: bool, **fields: Any) -> None:
    """Link two objects that are there: both are read first, then kept in step."""
    answer = _asked(config_file, "links", fields, lambda parts, who: joining.join(parts, fields, who))
    _show(config_file, as_json, answer, str(answer.get("note", "linked")))


def _path(id_: str, move: str) -> str:
    return f"links/{quote(id_, safe='') or '-'}/{move}"


def _asked(config_file: Path, path: str, fields: Answer, directly: Directly) -> Answer:
    return carry_out(read_config(config_file), lambda client: client.post(path, fields), directly)


def _show(config_file: Path, as_json: bool, answer: Answer, said: str) -> None:
    screen = screen_for(read_config(config_file))
    if as_json:
        screen.json(answer)
        return
    screen.line(f"link {answer['link']}: {said}", "green")
    screen.line(f"Look at it with: bridge links show {answer['link']}")
