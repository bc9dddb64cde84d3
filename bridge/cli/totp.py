"""`bridge totp`: the secret that `console.totp_secret` wants, for one-time codes at the console's login.

Rule: it is shown this one time. The bridge keeps nothing of it; what an authenticator app needs is the address.
"""

from __future__ import annotations

import click

from bridge.cli.options import json_option
from bridge.cli.showing import Screen
from bridge.codes import address_of, new_secret

WHERE = (
    "Give this address to an authenticator app, or type the secret into it:",
    "  %s",
    "Put the secret into a file beside the configuration, with mode 0600, and its name into the configuration:",
    "  console: {…, totp_secret: file:console.totp}",
    "It is not shown again, and whoever has it makes the same codes.",
)


@click.command()
@click.option("--username", default="admin", show_default=True, help="Whose codes they are; the app shows it.")
@json_option
def totp(username: str, as_json: bool) -> None:
    """Make the secret of one-time codes for the console's login.

    The secret goes to standard output; the otpauth:// address for an authenticator app, and what to do with both, to
    standard error.
    """
    secret = new_secret()
    address = address_of(secret, username)
    if as_json:
        Screen().json({"username": username, "totp_secret": secret, "address": address})
        return
    click.echo(secret)
    for line in WHERE:
        click.echo(line.replace("%s", address), err=True)
