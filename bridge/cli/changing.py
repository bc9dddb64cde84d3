"""Changes: through the running bridge, or into the store: a file only while nobody holds it."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bridge import log
from bridge.app import Parts, assemble
from bridge.cli.client import Client, Refused, client_of
from bridge.cli.ending import FAILED, Unreachable, end
from bridge.cli.showing import Screen
from bridge.config import Config
from bridge.errors import Busy, ConfigError
from bridge.redact import Redactor
from bridge.replica import LOST

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one of several changes."""

    id: str
    done: bool
    detail: str


def carry_out(
    config: Config, remotely: Callable[[Client], T], directly: Callable[[Parts, str], T], scope: str = "operate"
) -> T:
    """The lock of a file says which way: where a bridge holds it, that bridge is asked. On a server the bridge is asked
    if it answers, because it wakes its own workers; if not, the store takes turns. `directly` also gets who acts."""
    log.set_up(Redactor(config.secrets()), "error")
    try:
        parts = assemble(config)
    except Busy:
        return _ask(client_of(config, scope), remotely)
    try:
        return _either(config, parts, remotely, directly, scope) if parts.store.shared else directly(parts, _who())
    finally:
        parts.transport.close()
        parts.store.close()


def _either(
    config: Config, parts: Parts, remotely: Callable[[Client], T], directly: Callable[[Parts, str], T], scope: str
) -> T:
    if parts.store.write(lambda tx: tx.at_work(LOST)):
        try:
            return _ask(client_of(config, scope), remotely)
        except ConfigError as fault:
            log.get_log(__name__).info("cli.directly", why=str(fault))
        except Unreachable as fault:
            if fault.sent:
                raise
    return directly(parts, _who())


def _ask(client: Client, remotely: Callable[[Client], T]) -> T:
    try:
        return remotely(client)
    finally:
        client.transport.close()


def each(
    config: Config, ids: Sequence[str], path: str, directly: Callable[[Parts, str, str], Outcome]
) -> tuple[Outcome, ...]:
    """The same for each id; `path` is where the API takes one. One that fails does not stop the others."""

    def remotely(client: Client) -> tuple[Outcome, ...]:
        return tuple(_one(client, path, id_) for id_ in ids)

    return carry_out(config, remotely, lambda parts, actor: tuple(directly(parts, id_, actor) for id_ in ids))


def _one(client: Client, path: str, id_: str) -> Outcome:
    try:
        client.post(path.format(_segment(id_)))
    except Refused as refusal:
        if refusal.status not in (404, 409):
            raise
        return Outcome(id_, False, str(refusal))
    return Outcome(id_, True, "done")


def _segment(id_: str) -> str:
    """Ids of ours are letters and digits; anything else is an id of nothing."""
    return id_ if id_.isascii() and id_.isalnum() else "-"


def result(screen: Screen, as_json: bool, outcomes: Sequence[Outcome]) -> None:
    """Ends with 1 if one of them was not done."""
    rows: list[dict[str, Any]] = [{"id": o.id, "done": o.done, "detail": o.detail} for o in outcomes]
    if as_json:
        screen.json({"items": rows})
    else:
        screen.table((("ID", "id"), ("RESULT", "detail")), rows)
    if not all(outcome.done for outcome in outcomes):
        end(FAILED)


def _who() -> str:
    """For the audit."""
    try:
        return f"command line, {getpass.getuser()}"
    except (KeyError, OSError):
        return "command line"
