"""The terminal: `bridge` (also `python -m bridge`). One file per group of commands; this one joins them."""

from __future__ import annotations

import sys

import click

from bridge import __version__
from bridge.cli.ending import Ending, ending_of
from bridge.cli.running import serve
from bridge.errors import BridgeError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="bridge")
def cli() -> None:
    """Keeps Rootly incidents and PagerTree alerts in step, both ways."""


cli.add_command(serve)


def main() -> None:
    """Exit codes: 0, 1 failed, 2 usage, 69 a remote side unavailable, 75 busy, 78 configuration."""
    try:
        cli(standalone_mode=True)
    except Ending as ending:
        sys.exit(ending.code)
    except BridgeError as fault:
        click.echo(str(fault), err=True)
        sys.exit(ending_of(fault))
