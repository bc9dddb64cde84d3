"""`bridge send`: knocks at a bridge's webhook door as one of the two systems would, with the configuration's secret."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from pathlib import Path

import click

from bridge.cli.client import address_of
from bridge.cli.ending import FAILED, Unreachable, end
from bridge.cli.options import config_option, json_option, read_config
from bridge.cli.reading import screen_for
from bridge.cli.samples import TYPES, sample
from bridge.cli.showing import Screen
from bridge.config import Config
from bridge.errors import BridgeError
from bridge.model import Answer, NoAnswer, Request, Response
from bridge.sandbox.rootly_signing import HEADER, signature
from bridge.transport import Transport, origin

TITLE = "Sample alert, sent by hand"
KINDS = "; ".join(f"{source}: {', '.join(kinds)}" for source, kinds in TYPES.items())


@click.command()
@click.argument("source", type=click.Choice(list(TYPES)))
@click.option("--type", "kind", default="", help=f"Which sample. {KINDS}. Default: the first.")
@click.option("--id", "about", default="", help="The alert or incident it is about. Default: one that nobody knows.")
@click.option("--title", default=TITLE, show_default=True, help="What it says.")
@click.option("--file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A JSON body to send.")
@click.option("--url", default="", help="Where the bridge is. Default: the configuration's server.")
@config_option
@json_option
def send(
    source: str, kind: str, about: str, title: str, file: Path | None, url: str, config_file: Path, as_json: bool
) -> None:
    """Send a sample webhook to a running bridge.

    It comes as if from SOURCE, and the answer is printed. The bridge takes it for a real one:
    `bridge deliveries show ID` tells what became of it.
    """
    config = read_config(config_file)
    body = _read(file) if file else sample(source, _known(source, kind), about, title)
    url = (url or address_of(config)).rstrip("/")
    answer = _sent(url, source, _credential(config, source, body), body)
    _show(screen_for(config), as_json, url, answer)


def _known(source: str, kind: str) -> str:
    kinds = TYPES[source]
    if kind and kind not in kinds:
        raise click.UsageError(f"--type: {source} has the samples {', '.join(kinds)}; others come with --file.")
    return kind or next(iter(kinds))


def _read(file: Path) -> object:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as fault:
        raise BridgeError(f"{file}: is not JSON in UTF-8 ({type(fault).__name__})") from fault


def _credential(config: Config, source: str, body: object) -> dict[str, str]:
    """The first secret of the door; Rootly's signs the very bytes that the transport will write."""
    if source == "rootly":
        content = json.dumps(body, separators=(",", ":")).encode()
        secret = config.rootly.webhook.secrets[0].get_secret_value()
        return {HEADER: signature(secret, content, int(time.time()))}
    webhook = config.pagertree.webhook
    if webhook.secrets:
        return {"X-Bridge-Secret": webhook.secrets[0].get_secret_value()}
    assert webhook.password is not None, "the configuration has one of the two"
    return {
        "Authorization": "Basic "
        + b64encode(f"{webhook.username}:{webhook.password.get_secret_value()}".encode()).decode()
    }


def _sent(url: str, source: str, credential: dict[str, str], body: object) -> Answer:
    try:
        transport = Transport(frozenset({origin(url)}))
    except ValueError:
        raise click.UsageError("--url: write an address such as http://127.0.0.1:8080") from None
    try:
        return transport.send(Request("POST", f"{url}/webhooks/{source}", credential, body=body))
    finally:
        transport.close()


def _show(screen: Screen, as_json: bool, url: str, answer: Answer) -> None:
    if isinstance(answer, NoAnswer):
        raise Unreachable(f"{url}: no answer ({answer.reason}). Is the bridge running there?")
    said = _said(answer)
    if as_json:
        screen.json({"status": answer.status, "answer": said})
    else:
        screen.line(f"{answer.status} {json.dumps(said)}", "green" if answer.ok else "red")
        if answer.ok and isinstance(said, dict):
            screen.line(f"Look at it with: bridge deliveries show {said.get('delivery')}")
    if not answer.ok:
        end(FAILED)


def _said(answer: Response) -> object:
    try:
        return json.loads(answer.body)
    except ValueError:
        return answer.body.decode(errors="replace")
