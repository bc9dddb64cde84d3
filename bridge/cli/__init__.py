"""The terminal: `bridge` (also `python -m bridge`). One file per group of commands; this one joins them.

Rule: a command's file is imported when the command is called, so that the others do not wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from bridge import __version__
from bridge.cli.ending import ending_of, in_words
from bridge.errors import BridgeError

COMMANDS: Mapping[str, tuple[str, str]] = {  # name → its file, and what the overview says of it
    "serve": ("running", "Run the bridge: webhooks, workers, schedule, API."),
    "demo": ("demo", "Watch the bridge work between two simulated systems."),
    "sandbox": ("sandbox", "Run the two simulated systems alone."),
    "doctor": ("doctor", "Check configuration, store and machine; with --online both systems too."),
    "setup": ("setup", "Connect both systems with the bridge; --plan only shows what is missing."),
    "integrations": ("integrations", "PagerTree's integrations: list, make, change and remove them."),
    "status": ("status", "Say whether pages flow, and how the bridge stands."),
    "what-if": ("trying", "Say what a webhook would do; nothing is stored or sent."),
    "send": ("sending", "Send a sample webhook to a running bridge."),
    "page": ("paging", "Page somebody in PagerTree."),
    "links": ("links", "What belongs together in both systems."),
    "deliveries": ("deliveries", "The webhooks that came, and what became of each."),
    "calls": ("calls", "The calls that the bridge owes, made or gave up."),
    "replay": ("replaying", "Judge deliveries again."),
    "shadow": (
        "shadowing",
        "What would have been done: calls decided in shadow, by target, kind and route, with the newest of each.",
    ),
    "resync": ("resyncing", "Compare both systems with the bridge and repair what differs."),
    "resyncs": ("resyncs", "Earlier comparisons and what they found."),
    "audit": ("audit", "Who did what: list it, export it, and verify that nobody has changed it."),
    "tokens": ("tokens", "Who may use the API: make, list and revoke tokens."),
    "hash-password": ("hashing", "Make the hash of a console password."),
    "totp": ("totp", "Make the secret of one-time codes for the console's login."),
    "db": ("database", "Upgrade, back up, verify, recover or move the bridge's database."),
}


class Overview(click.Group):
    """Knows its commands by name and turns what stops them into one sentence and an exit code."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return [*COMMANDS]

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found = getattr(import_module(f"bridge.cli.{COMMANDS[cmd_name][0]}"), cmd_name.replace("-", "_"))
        assert isinstance(found, click.Command), "each file defines the command it is listed for"
        return found

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, told) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (BridgeError, OSError) as fault:
            if isinstance(fault, BrokenPipeError):
                raise  # whoever read our output has gone: click ends quietly
            click.echo(in_words(fault), err=True)
            ctx.exit(ending_of(fault))


@click.command(cls=Overview, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="bridge")
def cli() -> None:
    """Keeps Rootly incidents and PagerTree alerts in step, both ways.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 69 a remote side is unavailable, 75 busy, 78 configuration.
    """


def main() -> None:
    cli(prog_name="bridge")
