"""`bridge hash-password`: the hash that `console.password_hash` wants.

Rule: a password comes from a prompt or from standard input, never from the command line, which others can read.
"""

from __future__ import annotations

import sys

import click

from bridge.cli.options import json_option
from bridge.cli.showing import Screen
from bridge.errors import BridgeError
from bridge.guessing import fault_of
from bridge.hashing import hash_password as hashed

WHERE = (
    "Put it into a file beside the configuration, with mode 0600, and both into the configuration:",
    "  console: {username: %s, password_hash: file:console.hash}",
    "In a shell, in .env files and in YAML it needs single quotes, because of its dollar signs.",
)


@click.command("hash-password")
@click.option("--username", default="admin", show_default=True, help="Who will log in with it.")
@json_option
def hash_password(username: str, as_json: bool) -> None:
    """Make the hash of a console password.

    The password is asked for twice, or read as one line from standard input, and needs 15 characters at least. Its hash
    goes to standard output, what to do with it to standard error.
    """
    password = _asked() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if fault := fault_of(password, username):
        raise BridgeError(f"This password is not taken. {fault}")
    text = hashed(password)
    if as_json:
        Screen().json({"username": username, "password_hash": text})
        return
    click.echo(text)
    for line in WHERE:
        click.echo(line.replace("%s", username), err=True)


def _asked() -> str:
    said: str = click.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True)
    return said
