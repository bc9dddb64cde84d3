"""What an answer teaches beyond its call: a target that drops our marks, a key that is refused."""

from __future__ import annotations

from dataclasses import replace

from bridge.app import Parts
from bridge.flows.exchange import exchange
from bridge.log import get_log
from bridge.model import Call, Create, Response, Retry
from bridge.store.contract import Transaction

log = get_log(__name__)


def note_dropped_marks(parts: Parts, target: str) -> None:
    """The target does not keep our mark where it belongs: from now on it travels as a tag, and we say so once."""
    if target in parts.shelf.drops_marks:
        return
    parts.shelf.drops_marks.add(target)
    what = f"{target} drops the mark of a create: it travels as a tag from now on"

    def work(tx: Transaction) -> bool:
        if tx.fact(f"{target}.drops_marks"):
            return False
        tx.set_fact(f"{target}.drops_marks", tx.now.isoformat())
        tx.audit("bridge", "alarm", target, what)
        return True

    if not parts.store.write(work):
        return  # another replica has said so
    parts.metrics.alarm("marks")
    log.error("alarm", kind="marks", what=what)


def marked(parts: Parts, call: Call) -> Call:
    """The create as it is to be made and looked for: with its mark among the tags where the target needs that."""
    command = call.command
    if not isinstance(command, Create) or command.target not in parts.shelf.drops_marks:
        return call
    draft = replace(command.draft, tags=tuple(dict.fromkeys((*command.draft.tags, command.of))))
    return replace(call, command=replace(command, draft=draft))


def check_credential(parts: Parts, target: str) -> None:
    """One call was forbidden: if the token itself is refused too, everything that uses it is held."""
    answer = exchange(parts, parts.targets[target].probe(parts.settings[target]))
    if isinstance(answer, Response) and answer.status in (401, 403):
        refused = Retry(f"{target} refuses our API key (status {answer.status}): renew it", auth=True)
        parts.circuits.note(target, refused, parts.clock())
