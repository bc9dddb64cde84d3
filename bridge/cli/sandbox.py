"""`bridge sandbox`: a simulated PagerTree and a simulated Rootly as real HTTP servers, until SIGTERM."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import TypeVar

import click
import yaml

from bridge.cli.ending import end, taken
from bridge.cli.options import json_option
from bridge.cli.waiting import on_signals, until_told
from bridge.errors import BridgeError
from bridge.sandbox import pagertree, rootly
from bridge.sandbox.stage import Keys, Stage

S = TypeVar("S")
T = TypeVar("T")
PORT = click.IntRange(0, 65535)
NEEDED = ("pagertree", "rootly")  # what of a configuration the two have a say in


@click.command()
@click.option("--pagertree-port", type=PORT, default=0, help="Default: any that is free.")
@click.option("--rootly-port", type=PORT, default=0, help="Default: any that is free.")
@click.option("--webhooks-to", default="", metavar="URL", help="The bridge that gets their webhooks.")
@json_option
def sandbox(pagertree_port: int, rootly_port: int, webhooks_to: str, as_json: bool) -> None:
    """Run the two simulated systems alone.

    Prints where they are and what a configuration needs to know of them.
    """
    on_signals(lambda: end(0))
    with closing(_opened(pagertree_port, rootly_port)) as stage:
        if webhooks_to:
            stage.send_webhooks_to(webhooks_to.rstrip("/"))
        whole = stage.configuration()
        _show({name: whole[name] for name in NEEDED}, stage, as_json)
        until_told()


def _opened(pagertree_port: int, rootly_port: int) -> Stage:
    keys = Keys()
    switches = rootly.Switches(api_key=keys.rootly, webhook_secret=keys.rootly_webhook)
    one = _started(pagertree.start, replace(pagertree.Switches(), api_key=keys.pagertree), pagertree_port)
    try:
        return Stage(one, _started(rootly.start, switches, rootly_port), keys)
    except BridgeError:
        one.close()
        raise


def _started(start: Callable[[S, int], T], switches: S, port: int) -> T:
    try:
        return start(switches, port)
    except OSError as fault:
        raise taken(f"port {port}", fault) from fault


def _show(sections: dict[str, object], stage: Stage, as_json: bool) -> None:
    """At once, for whoever reads us through a pipe and waits."""
    addresses = {"pagertree": stage.pagertree.url, "rootly": stage.rootly.url}
    if as_json:
        click.echo(json.dumps({**addresses, "config": sections}))
        return
    for name, url in addresses.items():
        click.echo(f"# {name}: {url}   what it holds: {url}/_sandbox/state")
    click.echo("# For the bridge's configuration:")
    click.echo(yaml.safe_dump(sections, sort_keys=False))
    click.echo("# Running until Ctrl-C.")
