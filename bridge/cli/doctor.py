"""`bridge doctor`: a line for each thing looked at, with what to do about it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.text import Text

from bridge.cli.ending import CONFIG, FAILED, REMOTE, end
from bridge.cli.options import config_option, json_option
from bridge.cli.showing import COLOURS, Screen, plain
from bridge.flows.checks import Area, Check, State
from bridge.flows.doctor import examine

CODES = ((Area.CONFIG, CONFIG), (Area.REMOTE, REMOTE), (Area.HERE, FAILED))


@click.command()
@click.option("--online", is_flag=True, help="Also ask PagerTree and Rootly. Only reads.")
@config_option
@json_option
def doctor(config_file: Path, as_json: bool, online: bool) -> None:
    """Check configuration, store and machine; with --online both systems too.

    Exit codes: 78 the configuration must be changed, 69 a side is unavailable, 1 something else failed.
    """
    found = examine(config_file, os.environ, online)
    screen = Screen()
    if as_json:
        screen.json({"items": [asdict(check) for check in found]})
    else:
        for check in found:
            tell(screen, check)
    end(code_of(found))


def tell(screen: Screen, check: Check) -> None:
    mark = (f"{f'[{check.state}]':<7}", COLOURS[check.state])
    told = f"{check.name}: {check.detail}" + (f" → {check.mend}" if check.mend else "")
    screen.console.print(Text.assemble(mark, plain(told)), soft_wrap=True)


def code_of(found: Sequence[Check]) -> int:
    areas = {check.area for check in found if check.state is State.FAIL}
    return next((code for area, code in CODES if area in areas), 0)
