"""What the store promises, whatever the engine. One suite (`tests/store`) runs over every engine.

A unit of work is a function run on the writer: it reads, decides and applies in one savepoint that fails alone; nothing
is answered or woken before COMMIT, and a failed COMMIT fails its whole batch. No network call is made inside one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeVar

from bridge.core.access import ApiToken, Session
from bridge.core.chain import Entry, Head
from bridge.model import Call, Circuit, Command, Decision, Delivery, Hook, Lane, Link, Ref, Settlement, Verdict
from bridge.store.looking import Page
from bridge.store.parcels import Brought, Key, Part, Range, Receipt

T = TypeVar("T")
NO_FILTERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a webhook went. `duplicate`: the same key was there already."""

    id: str
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Before:
    """A delivery that was kept earlier, whatever became of it."""

    id: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Planned:
    """One call as a decision left it. `waits`: for an earlier call of its link, or because its link is held."""

    command: Command
    state: str
    waits: bool


class Transaction(Protocol):
    """One unit of work. `now` is read once."""

    now: datetime

    # inbox
    def keep(self, source: str, key: str, hook: Hook) -> Kept:
        """Store the raw request with our own secrets already masked. The same source and key twice is one row."""

    def kept_last(self, source: str, prefix: str) -> Before | None:
        """The newest delivery of that source whose key begins with `prefix`, pruned or not."""

    def claim_deliveries(
        self, limit: int, lease: timedelta, holder: str = "", in_order: Collection[str] = ()
    ) -> tuple[Delivery, ...]:
        """Take the oldest due ones for that replica, move their `due_at` forward by the lease, count the attempt.
        Of a source in `in_order` nothing, while another replica has claimed one of it."""

    def unclaim_deliveries(self, deliveries: Sequence[Delivery], at: datetime) -> None:
        """Claimed in the turn that began then, and nobody heard whether that was stored: due, each if this is its
        claim. Id and fence alone do not name one: a claim that was not stored may have been made again."""

    def close(self, delivery: Delivery, verdict: Verdict, reason: str, links: Sequence[str] = ()) -> None:
        """Its end, with its reason. Raises `Lost` when the lease went to somebody else."""

    def postpone(self, delivery: Delivery, wait: timedelta, reason: str) -> None:
        """Due again after `wait`. Raises `Lost`."""

    def reopen(self, delivery_ids: Sequence[str]) -> int:
        """Replay: due now, with its attempts at zero and its fence ahead of them from then on. What only met a pause
        that still lasts counts as not judged. Returns how many there were."""

    def is_behind(self, delivery_id: str, link_id: str) -> bool:
        """Whether this delivery, or one of the same source that came later, was judged on the link before."""

    # links
    def links_of(self, refs: Sequence[Ref], mark: str = "", target: str = "") -> tuple[Link, ...]:
        """Every link that holds one of the objects, or whose member in `target` bears the mark; oldest first."""

    def link(self, link_id: str) -> Link | None: ...

    def live_titled(self, system: str, title: str, since: datetime) -> tuple[Link, ...]:
        """Live links of signals of that system with exactly this title, begun since then; newest first, a few."""

    def due_timers(self, limit: int) -> tuple[Link, ...]:
        """Live links whose `resolve_at` has come, longest waiting first."""

    def held_by_others(self, link: Link) -> frozenset[str]:
        """Ids of this link's alerts that another link with a live incident holds too."""

    def apply(self, decision: Decision, cause: str, shadow: Sequence[str] = ()) -> Decision:
        """Store the link as it will be and the calls it owes; `cause` is the delivery. Returns the decision with the
        link's id. A member that has got its id confirms the create that was to make it. A member's status and what was
        asked of it count for every link that holds the same object. Creates and notes are unique by mark and key: one
        that exists already is left as it is. An Update that still waits takes the newer fields in; one that was tried
        or given up never brings back an older value, and what only it would have changed is tried again with the new
        one. A note that waits for better words takes them. A call for a target in `shadow` is recorded and never
        leaves."""

    def hold(self, link_id: str, by: str, until: datetime | None = None) -> bool:
        """Pause the link: none of its calls leaves. False: it is not there, or taken apart."""

    def take_apart(self, link_id: str, by: str, reason: str) -> int:
        """Make the link a tombstone: it stays, and what it owes is superseded. Returns how many calls that were."""

    def free(self, link: Link) -> int:
        """Undo either: what the link owes is due, and what came for a paused one is judged again. Returns how many
        deliveries those are."""

    def due_holds(self, limit: int) -> Sequence[Link]:
        """Paused links whose time has come, longest waiting first."""

    # outbox
    def claim_calls(
        self,
        limit: int,
        lease: timedelta,
        targets: Sequence[str],
        lanes: Sequence[Lane] = tuple(Lane),
        holder: str = "",
    ) -> tuple[Call, ...]:
        """Take due calls for that replica, best lane first, oldest first, marking each as possibly under way before it
        is made. An advance waits for earlier creates and advances of its link at its target; updates and notes wait for
        the create of the member they are about; creates wait for nothing."""

    def unclaim_calls(self, calls: Sequence[Call], at: datetime) -> None:
        """The same of calls: none of them has left, so no attempt is counted and no doubt is left."""

    def settle(self, call: Call, settlement: Settlement) -> None:
        """Store the result; the ref joins the link. Raises `Lost` when the fence has moved on."""

    def unmark(self, call: Call) -> None:
        """The claimed call has not left yet: within this unit of work it may still be superseded."""

    def mark(self, call: Call) -> bool:
        """It leaves now. False: it was superseded meanwhile, its link is held, or somebody else has it."""

    def hand_back(self, calls: Sequence[Call], wait: timedelta, reason: str) -> None:
        """Claimed but never tried: owed again after `wait`, no attempt counted, no doubt left."""

    def retry_calls(self, call_ids: Sequence[str]) -> int:
        """Dead or waiting calls become due now. Returns how many."""

    def discard_calls(self, call_ids: Sequence[str]) -> int: ...

    def waiting_at(self, target: str, progress: str) -> tuple[str, ...]:
        """Ids of the creates owed there that stand at `progress` and may leave, in the order of their making."""

    def planned(self, link_id: str, since: str) -> tuple[Planned, ...]:
        """The link's calls that were decided after this id of ours was given, in the order of their making."""

    def open_create(self, target: str, title: str, within: timedelta) -> bool:
        """Whether a create with this title is under way or unsure there."""

    # circuits, facts, audit
    def circuit(self, target: str) -> Circuit | None: ...

    def circuits(self) -> Mapping[str, Circuit]:
        """All of them, by target."""

    def set_circuit(self, circuit: Circuit) -> None: ...

    def release(self, target: str, per_second: float) -> int:
        """The circuit closed: what waits for `target` becomes due, ramped, best lane first. Returns how many."""

    def hasten(self, target: str, per_second: float) -> int:
        """The target answers: what was tried there and waits for more than a minute becomes due, ramped, best lane
        first; not where the target has named the wait. Attempts and 72 hours stay. Returns how many."""

    def bring_forward(self, target: str) -> bool:
        """One call that was tried there and waits by our schedule is due now. False: there is none."""

    def fact(self, key: str) -> str | None:
        """A small durable fact: when we were installed, a cursor, a vendor's capability."""

    def facts(self, keys: Iterable[str]) -> Mapping[str, str]:
        """Those of them that there are."""

    def set_fact(self, key: str, value: str) -> None: ...

    # replicas
    def enter(self, id_: str, name: str) -> None:
        """A process begins to work on this store."""

    def beat(self, id_: str) -> bool:
        """It still does. False: it was given up, and what it had claimed is somebody else's."""

    def leave(self, id_: str) -> None:
        """It ends; what it has still claimed is due."""

    def take_back_lost(self, older_than: timedelta) -> int:
        """What those have claimed that have not beaten for so long, or are not known, is due. Returns how much."""

    def due(self, targets: Collection[str]) -> frozenset[str]:
        """Of `deliveries` and `calls` those where something is to be claimed by now, calls at these targets."""

    def take_slot(self, name: str, slot: float, by: str) -> bool | None:
        """Whether this periodic run is the caller's: one of all replicas gets it, and another one only if that one was
        given up before the run had its end. `slot`: when it was due, in seconds since 1970. An earlier one than the
        last that was taken is passed over. None: whoever has it has not ended it, and is not given up yet."""

    def end_slot(self, name: str, slot: float, by: str) -> None:
        """The run has had its end: nobody makes it again."""

    def audit(self, actor: str, action: str, subject: str, detail: str = "") -> None: ...

    # who may
    def session(self, digest: str) -> Session | None:
        """The browser that carries the id of this digest."""

    def begin_session(self, session: Session) -> None: ...

    def see_session(self, digest: str, at: datetime) -> None:
        """It was used then, by the same clock that began it."""

    def end_session(self, digest: str) -> bool:
        """False: there was none."""

    def failures(self, account: str, address: str, since: datetime) -> tuple[list[datetime], list[datetime]]:
        """When logins of this account and from this address failed since then. What is older is forgotten."""

    def add_failure(self, account: str, address: str, most: int) -> int:
        """Returns how many there are now of anybody's, counted up to `most`."""

    def forget_failures(self, account: str) -> None: ...

    def tokens(self) -> tuple[ApiToken, ...]:
        """Every API token that was made here, newest first, also those that have ended."""

    def add_token(self, token: ApiToken) -> None: ...

    def use_token(self, token_id: str) -> None:
        """It was used now."""

    def revoke_token(self, token_id: str) -> bool:
        """False: it is not there, or was revoked before."""

    def prune_access(self, sessions: datetime, failures: datetime, tokens: datetime) -> int:
        """Remove sessions not seen, failures made and tokens ended before these times. Returns how many."""

    def record_run(self, run: Mapping[str, object]) -> None:
        """One resync: id, started_at, finished_at, state, seen, drifts, calls, detail."""

    def prune(self, before: datetime, limit: int) -> int:
        """Remove bodies of ended deliveries and ended links older than that; keys, live links and the audit stay."""

    # from another store
    def bring(self, there: Part) -> Brought:
        """Make the same range of keys here equal to it, whatever was there, and keep a receipt. Raises `BridgeError`
        if both sides differ even then."""

    def receipts(self, group: str) -> Mapping[Key, Receipt]:
        """What was brought of that group of tables so far, by where the ranges begin."""

    def at_work(self, within: timedelta) -> tuple[str, ...]:
        """Names of replicas that have beaten within that time."""

    def arrive(self, actor: str, detail: str) -> None:
        """Everything has been brought: claims are taken back, calls that were under way are unsure."""


class Buckets(Protocol):
    """Budgets of requests that all replicas of a store share."""

    def take(self, name: str, per_minute: int | None) -> float:
        """Seconds until there is room; 0: there was, and it is taken. None: no limit but what is held.
        Raises `Unavailable`."""

    def hold(self, name: str, seconds: float) -> None:
        """Nobody takes from it for so long. Raises `Unavailable`."""


class Reports(Protocol):
    """Reads for people, metrics and resync; never on the writer. Rows are plain dicts of JSON values."""

    def page(self, what: str, filters: Mapping[str, str], limit: int, before: str = "") -> Page:
        """Of deliveries, links, calls, resyncs or the audit, in bounded time: it may hold few rows, or none, while
        there are older ones. `deliveries` and so on find every row, however long that takes."""

    def deliveries(self, filters: Mapping[str, str], limit: int, before: str = "") -> list[dict[str, object]]: ...

    def delivery(self, delivery_id: str) -> dict[str, object] | None:
        """With its body, the calls that go back to it, and how both stand."""

    def links(self, filters: Mapping[str, str], limit: int, before: str = "") -> list[dict[str, object]]: ...

    def link(self, link_id: str) -> dict[str, object] | None:
        """With its members, and the first few and the newest of its calls, of its deliveries and of what the audit says
        of it, in the order they came; `counts`: how many there are. Also by any object's id."""

    def stuck(self, link_id: str, limit: int) -> list[str]:
        """Ids of its calls that were given up, or wait for their next try; oldest first."""

    def ids(self, what: str, filters: Mapping[str, str], limit: int) -> list[str]:
        """Of deliveries, links or calls nothing but their ids, newest first."""

    def calls(self, filters: Mapping[str, str], limit: int, before: str = "") -> list[dict[str, object]]: ...

    def call(self, call_id: str) -> dict[str, object] | None:
        """With how it stands."""

    def runs(self, limit: int, before: str = "") -> list[dict[str, object]]: ...

    def run(self, run_id: str) -> dict[str, object] | None: ...

    def audit(
        self, limit: int, before: str = "", filters: Mapping[str, str] = NO_FILTERS
    ) -> list[dict[str, object]]: ...

    def entries(self, after: int, limit: int, filters: Mapping[str, str] = NO_FILTERS) -> list[Entry]:
        """Of the audit, oldest first, what was written after that number, with its seals."""

    def head(self) -> Head:
        """The newest entry of the audit and its seal: none where an older bridge wrote it."""

    def session(self, digest: str) -> Session | None:
        """As in a transaction."""

    def tokens(self) -> tuple[ApiToken, ...]:
        """As in a transaction."""

    def figures(self) -> dict[str, object]:
        """Backlog by target and lane, oldest owed and waiting (seconds), dead, quarantined, live links, circuits."""

    def lately(self, midnight: datetime) -> dict[str, object]:
        """Counts since then among the newest rows (`whole` False: there are more), the newest webhook of each source,
        and how long the newest calls took from the webhook that caused them."""

    def replicas(self) -> list[Mapping[str, object]]:
        """Who works on this store, with the seconds since its last beat."""

    def fact(self, key: str) -> str | None:
        """As in a transaction."""

    def counts(self) -> dict[str, int]:
        """How many rows each table has that moves to another store."""

    def next_range(self, group: str, after: Key) -> Range:
        """The next keys that move together: so many deliveries, say, or so many links with all that is theirs."""

    def part(self, range_: Range) -> Part:
        """Its rows."""

    def fingerprint(self, range_: Range) -> str:
        """Another one as soon as any row of the range is."""

    def heard(self, source: str, since: datetime) -> bool:
        """Whether a webhook of that source was kept since then."""

    def shadow(self, since: datetime, limit: int) -> list[dict[str, object]]:
        """Calls that were decided since then and never left, newest first, each with the title of its link and the
        reason that its delivery was given."""

    def links_of(self, refs: Sequence[Ref], mark: str = "", target: str = "") -> tuple[Link, ...]:
        """As in a transaction, for looking only."""

    def links_of_each(self, asked: Sequence[tuple[Sequence[Ref], str, str]]) -> list[tuple[Link, ...]]:
        """`links_of` for many (refs, mark, target), each with its answer in the same place."""

    def live_links(self) -> Iterator[Link]:
        """Links that resync compares: not over, or over here with a call that never went through."""


class Store(Protocol):
    """One engine, opened."""

    name: str  # "SQLite 3.45.1", for people
    shared: bool  # whether other processes may work on it too
    buckets: Buckets | None  # None: the store is one process's, whose memory will do

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run a unit of work and wait for its COMMIT. Raises what the work raised, or `Unavailable`."""

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """The same without waiting."""

    def reports(self) -> AbstractContextManager[Reports]:
        """A consistent read."""

    def on_commit(self, wake: Callable[[str], None]) -> None:
        """`wake("deliveries")` or `wake("calls")` after a COMMIT that made some due."""

    def backup(self, path: Path) -> Mapping[str, int]:
        """A copy of this moment in a new file, read back and checked: how many rows of each table it holds."""

    def verify(self) -> tuple[str, ...]:
        """What is wrong with the stored data; empty: nothing."""

    def close(self) -> None: ...
