"""The Transaction of `contract.py` over any engine's session: each method is a function of the module that knows it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bridge.core.access import ApiToken
from bridge.core.access import Session as Browser
from bridge.model import Call, Circuit, Decision, Delivery, Hook, Lane, Link, Ref, Settlement, Verdict
from bridge.store import access, bringing, claims, inbox, ledger, links, moving, outbox, replicas, surgery, upkeep
from bridge.store.codec import seconds
from bridge.store.contract import Before, Kept, Planned
from bridge.store.parcels import Brought, Key, Part, Receipt
from bridge.store.session import Session


class SqlTransaction:
    """One unit of work."""

    __slots__ = ("_session", "now")

    def __init__(self, session: Session) -> None:
        self._session = session
        self.now: datetime = session.now

    def keep(self, source: str, key: str, hook: Hook) -> Kept:
        return inbox.keep(self._session, source, key, hook)

    def kept_last(self, source: str, prefix: str) -> Before | None:
        return inbox.kept_last(self._session, source, prefix)

    def claim_deliveries(
        self, limit: int, lease: timedelta, holder: str = "", in_order: Collection[str] = ()
    ) -> tuple[Delivery, ...]:
        return inbox.claim(self._session, limit, lease, holder, in_order)

    def unclaim_deliveries(self, deliveries: Sequence[Delivery], at: datetime) -> None:
        inbox.unclaim(self._session, deliveries, seconds(at))

    def close(self, delivery: Delivery, verdict: Verdict, reason: str, links: Sequence[str] = ()) -> None:
        inbox.close(self._session, delivery, verdict, reason, links)

    def postpone(self, delivery: Delivery, wait: timedelta, reason: str) -> None:
        inbox.postpone(self._session, delivery, wait, reason)

    def reopen(self, delivery_ids: Sequence[str]) -> int:
        return inbox.reopen(self._session, delivery_ids)

    def is_behind(self, delivery_id: str, link_id: str) -> bool:
        return inbox.is_behind(self._session, delivery_id, link_id)

    def links_of(self, refs: Sequence[Ref], mark: str = "", target: str = "") -> tuple[Link, ...]:
        return links.find(self._session, refs, mark, target)

    def link(self, link_id: str) -> Link | None:
        return links.load(self._session, link_id)

    def live_titled(self, system: str, title: str, since: datetime) -> tuple[Link, ...]:
        return links.live_titled(self._session, system, title, seconds(since))

    def due_timers(self, limit: int) -> tuple[Link, ...]:
        return links.due_timers(self._session, self._session.at, limit)

    def held_by_others(self, link: Link) -> frozenset[str]:
        return links.held_by_others(self._session, link)

    def hold(self, link_id: str, by: str, until: datetime | None = None) -> bool:
        return surgery.hold(self._session, link_id, by, until)

    def take_apart(self, link_id: str, by: str, reason: str) -> int:
        return surgery.take_apart(self._session, link_id, by, reason)

    def free(self, link: Link) -> int:
        return surgery.free(self._session, link)

    def due_holds(self, limit: int) -> Sequence[Link]:
        return surgery.due(self._session, limit)

    def apply(self, decision: Decision, cause: str, shadow: Sequence[str] = ()) -> Decision:
        return outbox.apply(self._session, decision, cause, shadow)

    def claim_calls(
        self,
        limit: int,
        lease: timedelta,
        targets: Sequence[str],
        lanes: Sequence[Lane] = tuple(Lane),
        holder: str = "",
    ) -> tuple[Call, ...]:
        return claims.claim(self._session, limit, lease, targets, lanes, holder)

    def unclaim_calls(self, calls: Sequence[Call], at: datetime) -> None:
        claims.unclaim(self._session, calls, seconds(at))

    def settle(self, call: Call, settlement: Settlement) -> None:
        claims.settle(self._session, call, settlement)

    def unmark(self, call: Call) -> None:
        claims.unmark(self._session, call)

    def mark(self, call: Call) -> bool:
        return claims.mark(self._session, call)

    def hand_back(self, calls: Sequence[Call], wait: timedelta, reason: str) -> None:
        claims.hand_back(self._session, calls, wait, reason)

    def retry_calls(self, call_ids: Sequence[str]) -> int:
        return upkeep.retry_calls(self._session, call_ids)

    def discard_calls(self, call_ids: Sequence[str]) -> int:
        return upkeep.discard_calls(self._session, call_ids)

    def waiting_at(self, target: str, progress: str) -> tuple[str, ...]:
        return outbox.waiting_at(self._session, target, progress)

    def planned(self, link_id: str, since: str) -> tuple[Planned, ...]:
        return outbox.planned(self._session, link_id, since)

    def open_create(self, target: str, title: str, within: timedelta) -> bool:
        return outbox.open_create(self._session, target, title, within)

    def circuit(self, target: str) -> Circuit | None:
        return ledger.circuit(self._session, target)

    def circuits(self) -> Mapping[str, Circuit]:
        return ledger.circuits(self._session)

    def set_circuit(self, circuit: Circuit) -> None:
        ledger.set_circuit(self._session, circuit)

    def release(self, target: str, per_second: float) -> int:
        return upkeep.release(self._session, target, per_second)

    def hasten(self, target: str, per_second: float) -> int:
        return upkeep.hasten(self._session, target, per_second)

    def bring_forward(self, target: str) -> bool:
        return upkeep.bring_forward(self._session, target)

    def fact(self, key: str) -> str | None:
        return ledger.fact(self._session, key)

    def facts(self, keys: Iterable[str]) -> Mapping[str, str]:
        return ledger.facts(self._session, keys)

    def set_fact(self, key: str, value: str) -> None:
        ledger.set_fact(self._session, key, value)

    def enter(self, id_: str, name: str) -> None:
        replicas.enter(self._session, id_, name)

    def beat(self, id_: str) -> bool:
        return replicas.beat(self._session, id_)

    def leave(self, id_: str) -> None:
        replicas.leave(self._session, id_)

    def take_back_lost(self, older_than: timedelta) -> int:
        return replicas.take_back_lost(self._session, older_than)

    def due(self, targets: Collection[str]) -> frozenset[str]:
        return replicas.due(self._session, targets)

    def take_slot(self, name: str, slot: float, by: str) -> bool | None:
        return replicas.take_slot(self._session, name, slot, by)

    def end_slot(self, name: str, slot: float, by: str) -> None:
        replicas.end_slot(self._session, name, slot, by)

    def audit(self, actor: str, action: str, subject: str, detail: str = "") -> None:
        ledger.audit(self._session, actor, action, subject, detail)

    def session(self, digest: str) -> Browser | None:
        return access.session(self._session, digest)

    def begin_session(self, session: Browser) -> None:
        access.begin_session(self._session, session)

    def see_session(self, digest: str, at: datetime) -> None:
        access.see_session(self._session, digest, at)

    def end_session(self, digest: str) -> bool:
        return access.end_session(self._session, digest)

    def failures(self, account: str, address: str, since: datetime) -> tuple[list[datetime], list[datetime]]:
        return access.failures(self._session, account, address, since)

    def add_failure(self, account: str, address: str, most: int) -> int:
        return access.add_failure(self._session, account, address, most)

    def forget_failures(self, account: str) -> None:
        access.forget_failures(self._session, account)

    def tokens(self) -> tuple[ApiToken, ...]:
        return access.tokens(self._session)

    def add_token(self, token: ApiToken) -> None:
        access.add_token(self._session, token)

    def use_token(self, token_id: str) -> None:
        access.use_token(self._session, token_id)

    def revoke_token(self, token_id: str) -> bool:
        return access.revoke_token(self._session, token_id)

    def prune_access(self, sessions: datetime, failures: datetime, tokens: datetime) -> int:
        return access.prune(self._session, sessions, failures, tokens)

    def record_run(self, run: Mapping[str, object]) -> None:
        ledger.record_run(self._session, run)

    def prune(self, before: datetime, limit: int) -> int:
        return upkeep.prune(self._session, before, limit)

    def bring(self, there: Part) -> Brought:
        return bringing.bring(self._session, there)

    def receipts(self, group: str) -> dict[Key, Receipt]:
        return bringing.receipts(self._session, group)

    def at_work(self, within: timedelta) -> tuple[str, ...]:
        return moving.at_work(self._session, within)

    def arrive(self, actor: str, detail: str) -> None:
        moving.arrive(self._session, actor, detail)
