"""What a person does to a link: hold it for a while, let it go on, or take the pair apart. Each is in the audit.

While a link is paused nothing is decided on it and none of its calls leaves; afterwards everything is caught up.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bridge.app import Parts
from bridge.core.counting import counted
from bridge.core.durations import say_duration
from bridge.errors import BridgeError, Unreadable
from bridge.flows.lookagain import Finding, keep, look_again
from bridge.flows.targets import target_of
from bridge.log import get_log
from bridge.model import Link
from bridge.store.contract import Transaction

AT_ONCE = 20  # links that go on by themselves in one round
LONGEST = timedelta(days=365)
ITSELF = "bridge"

Answer = dict[str, object]
log = get_log(__name__)


class Unfit(BridgeError):
    """The caller must ask for something else: the link is not in a state for that."""


def pause(parts: Parts, id_: str, actor: str, length: timedelta | None = None) -> Answer:
    """None: until somebody resumes it. A second time changes the end. Raises `Unfound`, `Unfit` or `Unreadable`."""
    if length is not None and not timedelta(0) < length <= LONGEST:
        raise Unreadable(f"for: is more than nothing and at most {say_duration(LONGEST)}")

    def work(tx: Transaction) -> Answer:
        link = _meant(tx, id_)
        if link.apart:
            raise Unfit(f"Link {link.id} is taken apart: there is nothing left to pause.")
        until = tx.now + length if length is not None else None
        tx.hold(link.id, actor, until)
        tx.audit(actor, "pause", link.id, f"until {until.isoformat()}" if until else "until it is resumed")
        return _answer(link, "paused", until=until.isoformat() if until else None)

    return _holding(parts, parts.store.write(work))


def resume(parts: Parts, id_: str, actor: str) -> Answer:
    """What came meanwhile is judged again, what is owed is due, and both sides are looked at once more.

    Raises `Unfound` or `Unfit`."""
    link = parts.store.write(lambda tx: _paused(tx, id_))
    return _resumed(parts, link, actor, look_again(parts, link))


def resume_due(parts: Parts) -> int:
    """Let go on what was paused for a time that is over. Returns how many."""
    due = parts.store.write(lambda tx: tx.due_holds(AT_ONCE))
    for link in due:
        try:
            answer = _resumed(parts, link, ITSELF, look_again(parts, link))
        except Unfit as other:
            log.info("pause.over", link=link.id, reason=str(other))
        else:
            log.info("pause.over", link=link.id, judged_again=answer["judged_again"])
    return len(due)


def unlink(parts: Parts, id_: str, actor: str) -> Answer:
    """Leave this pair alone: the link stays as a tombstone. Raises `Unfound` or `Unfit`."""

    def work(tx: Transaction) -> Answer:
        link = _meant(tx, id_)
        if link.apart:
            raise Unfit(f"Link {link.id} is taken apart already.")
        ended = tx.take_apart(link.id, actor, f"taken apart by {actor}")
        tx.audit(actor, "unlink", link.id, f"{counted(ended, 'call')} superseded; {_objects(link)}")
        return _answer(link, "unlinked", superseded=ended)

    return _holding(parts, parts.store.write(work))


def _holding(parts: Parts, answer: Answer) -> Answer:
    """Also what was claimed and waits for a hand stays."""
    parts.shelf.held.add(str(answer["link"]))
    return answer


def _meant(tx: Transaction, id_: str) -> Link:
    link = target_of(tx, id_).link
    assert link is not None, "found by its id"
    return link


def _paused(tx: Transaction, id_: str) -> Link:
    link = _meant(tx, id_)
    if link.apart:
        raise Unfit(f"Link {link.id} is taken apart: link its two objects again instead.")
    if not link.held:
        raise Unfit(f"Link {link.id} is not paused.")
    return link


def _resumed(parts: Parts, link: Link, actor: str, found: tuple[Finding, ...]) -> Answer:
    def work(tx: Transaction) -> Answer:
        now = _paused(tx, link.id)
        again = tx.free(now)
        keep(tx, found, "resume")
        due, judged = counted(now.owing, "call"), counted(again, "delivery")
        tx.audit(actor, "resume", link.id, f"{due} due, {judged} judged again, {counted(len(found), 'object')} read")
        return _answer(link, "live", due=now.owing, judged_again=again, read=len(found))

    answer = parts.store.write(work)
    parts.shelf.held.discard(link.id)
    return answer


def _answer(link: Link, state: str, **more: object) -> Answer:
    return {"link": link.id, "state": state, **more}


def _objects(link: Link) -> str:
    return ", ".join(f"{m.system} {m.kind} {m.id}" for m in link.members if m.id and m.kind in ("alert", "incident"))


def freed_words(answer: Answer) -> str:
    """What `resume` set going."""
    return f"{_counted(answer, 'due', 'call')} due, {_counted(answer, 'judged_again', 'delivery')} judged again"


def ended_words(answer: Answer) -> str:
    """What `unlink` ended: 2 calls."""
    return _counted(answer, "superseded", "call")


def _counted(answer: Answer, field: str, what: str) -> str:
    return counted(int(str(answer[field])), what)


def until_words(answer: Answer) -> str:
    """For people: until when a pause lasts."""
    until = answer.get("until")
    return f"until {datetime.fromisoformat(str(until)):%Y-%m-%d %H:%M} UTC" if until else "until somebody resumes it"
