"""Calls we owe: written with the decision that wants them, each once, in the order that their link needs.

`blocked` is kept by `refresh`, which runs whenever the calls of a link come or go: so a claim never looks at calls that
wait for another one, however many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bridge.core.lanes import lane_of
from bridge.model import Advance, Command, Create, Decision, Link, Note, Recheck, Update
from bridge.store import ledger, linking
from bridge.store.codec import dump_command, kind_of, load_command, merged, once_of
from bridge.store.contract import Planned
from bridge.store.session import CALLS, Session

LATER = 60.0  # seconds after which a mark is looked up once more

OWE = """
INSERT INTO outbox (id, link, delivery, target, kind, of, lane, once, command, state, due_at, created_at)
VALUES (:id, :link, :delivery, :target, :kind, :of, :lane, :once, :command, :state, :due_at, :now)
ON CONFLICT (once) DO NOTHING
"""

# A link that is held keeps all its calls; else creates wait for nothing.
REFRESH = """
UPDATE outbox SET blocked = 1 - blocked
WHERE link = :link AND state = 'owed' AND blocked <> CASE WHEN EXISTS (
    SELECT 1 FROM links WHERE links.id = :link AND links.held = 1
) OR (kind <> 'create' AND EXISTS (
    SELECT 1 FROM outbox AS first
    WHERE first.link = :link AND first.state = 'owed' AND first.target = outbox.target AND (
        (outbox.kind = 'advance' AND first.kind IN ('create', 'advance') AND first.id < outbox.id)
        OR (outbox.kind <> 'advance' AND first.kind = 'create' AND first.of = outbox.of)
    )
)) THEN 1 ELSE 0 END
"""

OWED_LIKE_IT = """
SELECT id, command, attempts, under_way FROM outbox
WHERE link = :link AND target = :target AND of = :of AND state = 'owed' AND kind = :kind ORDER BY id
"""

TRIED_BEFORE = """
SELECT id, command, state FROM outbox
WHERE link = :link AND target = :target AND of = :of AND state IN ('owed', 'dead') AND kind = 'update' ORDER BY id
"""

TRY_ANEW = """
UPDATE outbox SET
    command = :command, state = 'owed', due_at = :now, attempts = 0, first_try = NULL, finished_at = NULL, progress = ''
WHERE id = :id
"""

SAID_ANEW = "UPDATE outbox SET state = 'superseded', reason = 'a later change says it anew' WHERE id = :id"

REWRITE = "UPDATE outbox SET command = :command WHERE id = :id"

SAY_IT_BETTER = "UPDATE outbox SET command = :command, due_at = :now WHERE id = :id"

# A create that never was attempted, or surely had no effect, need not happen; what waits behind it neither.
WITHDRAW_CREATE = """
UPDATE outbox SET state = 'superseded', reason = :reason, finished_at = :now, blocked = 0
WHERE link = :link AND of = :of AND state = 'owed' AND kind = 'create' AND unsure = 0 AND under_way IS NULL
RETURNING target
"""

END_BEHIND = """
UPDATE outbox SET state = :state, reason = :reason, finished_at = :now, blocked = 0, under_way = NULL, fence = fence + 1
WHERE link = :link AND target = :target AND of = :of AND state = 'owed' AND kind <> 'create'
"""

# An object that shows itself proves its create, even one given up. The fence stays: whoever made it may still report.
CONFIRM_OWED = """
UPDATE outbox SET state = 'done', reason = 'seen there, with our mark', finished_at = :now, under_way = NULL,
    unsure = 0, unsure_since = NULL,
    made = (SELECT id FROM refs WHERE refs.link = outbox.link AND system = outbox.target AND name = outbox.of)
WHERE link = :link AND state = 'owed' AND kind = 'create' AND EXISTS (
    SELECT 1 FROM refs WHERE refs.link = outbox.link AND system = outbox.target AND name = outbox.of AND id <> ''
)
"""

CONFIRM_DEAD = CONFIRM_OWED.replace("state = 'owed'", "state = 'dead'")

# Sent more than once, so what shows itself may be one of two.
MADE_IN_DOUBT = """
SELECT target, of FROM outbox
WHERE link = :link AND state IN ('owed', 'dead') AND kind = 'create' AND attempts > 1 AND EXISTS (
    SELECT 1 FROM refs WHERE refs.link = outbox.link AND system = outbox.target AND name = outbox.of AND id <> ''
)
"""

OPEN_CREATES = """
SELECT command FROM outbox
WHERE target = :target AND state = 'owed' AND kind = 'create' AND COALESCE(under_way, unsure_since) >= :since
"""


WAITING_AT = """
SELECT id FROM outbox
WHERE state = 'owed' AND target = :target AND blocked = 0 AND kind = 'create' AND progress = :progress
ORDER BY id
"""

PLANNED = "SELECT kind, command, state, blocked FROM outbox WHERE link = :link AND id > :since ORDER BY id"


def apply(session: Session, decision: Decision, cause: str, shadow: Sequence[str]) -> Decision:
    if decision.link is not None:
        decision = replace(decision, link=_stored(session, decision.link, cause))
        _owe_all(session, decision, cause, frozenset(shadow))
    subject = decision.link.id if decision.link is not None else cause
    for alarm in decision.alarms:
        ledger.audit(session, "bridge", "alarm", subject, alarm)
    return decision


def _stored(session: Session, link: Link, cause: str) -> Link:
    link = linking.save(session, link) if link.id else linking.save(session, _born(session, link), new=True)
    for row in session.all(MADE_IN_DOUBT, link=link.id):
        _owe(session, link.id, Recheck(row["target"], row["of"]), cause, "owed")
    for confirm in (CONFIRM_OWED, CONFIRM_DEAD):
        session.do(confirm, link=link.id, now=session.at)
    return link


def _born(session: Session, link: Link) -> Link:
    return replace(link, id=session.new_id())


def _owe_all(session: Session, decision: Decision, cause: str, shadow: frozenset[str]) -> None:
    assert decision.link is not None
    if decision.link.apart:
        return
    link_id = decision.link.id
    for mark in decision.supersede:
        _withdraw(session, link_id, mark, decision.reason)
    unreal = _in_shadow(decision)
    for command in decision.commands:
        hidden = command.target in shadow or (command.target, command.of) in unreal
        _owe(session, link_id, command, cause, "shadow" if hidden else "owed")
    refresh(session, link_id)


def _in_shadow(decision: Decision) -> set[tuple[str, str]]:
    """Objects whose create never leaves: nothing that is about them may leave either."""
    assert decision.link is not None
    members = {(m.system, m.name) for m in decision.link.members if m.create == "shadow"}
    return members | {(c.target, c.of) for c in decision.commands if isinstance(c, Create) and c.draft.shadow}


def _owe(session: Session, link_id: str, command: Command, cause: str, state: str) -> None:
    if state == "owed" and _is_owed_already(session, link_id, command):
        return
    owed = session.run(
        OWE,
        id=session.new_id(),
        link=link_id,
        delivery=cause,
        target=command.target,
        kind=kind_of(command),
        of=command.of,
        lane=int(lane_of(command)),
        once=once_of(command),
        command=dump_command(command),
        state=state,
        now=session.at,
        due_at=session.at + _wait(command),
    )
    if owed and state == "owed":
        session.woken.add(CALLS)


def _wait(command: Command) -> float:
    match command:
        case Recheck():
            return LATER
        case Note(wait=wait):
            return wait
    return 0.0


def _is_owed_already(session: Session, link_id: str, command: Command) -> bool:
    if isinstance(command, Note):
        return _is_said_better(session, link_id, command)
    if not isinstance(command, Advance | Update):
        return False
    kind = kind_of(command)
    rows = session.all(OWED_LIKE_IT, link=link_id, target=command.target, of=command.of, kind=kind)
    waiting = [(row, load_command(kind, row["command"])) for row in rows]
    if isinstance(command, Advance):
        return any(isinstance(call, Advance) and call.status >= command.status for _, call in waiting)
    for row, call in waiting:
        if isinstance(call, Update) and not row["attempts"] and row["under_way"] is None:
            session.run(REWRITE, id=row["id"], command=dump_command(merged(call, command)))
            return True
    if isinstance(command, Update):
        _bring_up_to_date(session, link_id, command)
    return False


def _bring_up_to_date(session: Session, link_id: str, newer: Update) -> None:
    """An update that was tried says the new values when it is tried again: else the old ones would have the last word.
    What one that was given up would have changed is asked for nowhere else, so it is tried anew."""
    for row in session.all(TRIED_BEFORE, link=link_id, target=newer.target, of=newer.of):
        older = load_command("update", row["command"])
        assert isinstance(older, Update)
        dead, lacking = row["state"] == "dead", older.fields.keys() - newer.fields.keys()
        values = {name: newer.fields.get(name, value) for name, value in older.fields.items()}
        if dead and not lacking:
            session.run(SAID_ANEW, id=row["id"])
        elif dead:
            session.run(TRY_ANEW, id=row["id"], command=dump_command(replace(older, fields=values)), now=session.at)
        else:
            session.run(REWRITE, id=row["id"], command=dump_command(replace(older, fields=values)))


def _is_said_better(session: Session, link_id: str, note: Note) -> bool:
    """Whether the words took the place of those that waited for them; what has begun to leave keeps its own."""
    for row in session.all(OWED_LIKE_IT, link=link_id, target=note.target, of=note.of, kind="note"):
        waiting = load_command("note", row["command"])
        if not isinstance(waiting, Note) or waiting.key != note.key or not waiting.wait:
            continue
        if not row["attempts"] and row["under_way"] is None:
            session.run(SAY_IT_BETTER, id=row["id"], command=dump_command(note), now=session.at)
            session.woken.add(CALLS)
            return True
    return False


def _withdraw(session: Session, link_id: str, mark: str, reason: str) -> None:
    for row in session.all(WITHDRAW_CREATE, link=link_id, of=mark, reason=reason, now=session.at):
        end_behind(session, link_id, row["target"], mark, "superseded", reason)


def end_behind(session: Session, link_id: str, target: str, name: str, state: str, reason: str) -> None:
    """What was owed to an object that will not be made ends with its create."""
    session.run(END_BEHIND, link=link_id, target=target, of=name, state=state, reason=reason, now=session.at)


def refresh(session: Session, link_id: str) -> None:
    """Settle anew which calls of the link wait for another one."""
    if session.run(REFRESH, link=link_id):
        session.woken.add(CALLS)


def open_create(session: Session, target: str, title: str, within: timedelta) -> bool:
    rows = session.all(OPEN_CREATES, target=target, since=session.at - within.total_seconds())
    drafts = (load_command("create", row["command"]) for row in rows)
    return any(isinstance(create, Create) and create.draft.title == title for create in drafts)


def waiting_at(session: Session, target: str, progress: str) -> tuple[str, ...]:
    return tuple(row["id"] for row in session.all(WAITING_AT, target=target, progress=progress))


def planned(session: Session, link_id: str, since: str) -> tuple[Planned, ...]:
    rows = session.all(PLANNED, link=link_id, since=since)
    return tuple(Planned(load_command(row["kind"], row["command"]), row["state"], bool(row["blocked"])) for row in rows)
