"""The nouns of the field: what comes in, what we know, what we owe. Imports nothing but the standard library.

A webhook becomes a delivery, a delivery becomes events, an event becomes a decision, a decision becomes calls we owe.
Every datetime is aware and UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

JSON = Mapping[str, object]
TROUBLES = ("alert", "incident", "signal")  # kinds of objects that have a status


@dataclass(frozen=True, slots=True)
class Rendered:
    """What came of a template. `text` None: nothing, and `fault` says why."""

    text: str | None
    fault: str = ""


Render = Callable[[str, JSON], Rendered]  # a Handlebars template and its data; never raises


class Status(IntEnum):
    """How far a trouble has come. It only goes up, per object and episode."""

    OPEN = 1
    ACKNOWLEDGED = 2
    RESOLVED = 3

    @property
    def word(self) -> str:
        return self.name.lower()


class Phase(StrEnum):
    """What `Status` is too coarse to say, where a rule depends on it."""

    NONE = ""
    QUEUED = "queued"  # PagerTree has not routed it yet: it refuses acknowledge and resolve for now
    SUPPRESSED = "suppressed"  # a PagerTree router ignored it: nobody is paged
    DROPPED = "dropped"  # nobody answered the page
    SILENT = "silent"  # a Rootly alert that pages nobody (`open`): it can be resolved, never acknowledged
    TRIAGE = "triage"  # an incident that may turn out to be none
    MITIGATED = "mitigated"


class Says(StrEnum):
    """What kind of news an event is."""

    STATE = "state"  # the object is at `status`
    HAPPENED = "happened"  # people or time moved it without raising it: rejected, handed off, timed out, dropped
    TEXT = "text"  # a person wrote, changed or removed a comment or a timeline entry
    NOTHING = "nothing"  # nothing that crosses; `word` names what came
    FAULTY = "faulty"  # a part of the delivery that cannot be read; `remark` says why


@dataclass(frozen=True, slots=True)
class Ref:
    """One object in one system.

    A vendor may know an object by two ids (PagerTree: prefix id in webhooks, ULID in REST); either may stand in `id`.
    """

    system: str
    kind: str  # alert | incident | comment | timeline; signal: what a tool or caller raised; link: one of ours
    id: str
    alias: str = ""

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for name in (self.id, self.alias) if name)

    def same_as(self, other: Ref) -> bool:
        return (self.system, self.kind) == (other.system, other.kind) and bool(self.names & other.names)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a source tells of an alert or an incident, in our words. None means: it did not say."""

    title: str = ""
    description: str | None = None
    urgency: str | None = None  # silent | low | medium | high | critical
    severity: str | None = None  # critical | high | medium | low (Rootly's attribute), or SEV-n from PagerTree
    url: str = ""
    number: str = ""  # as people say it: "INC-12", "#22"
    began_at: datetime | None = None
    kind: str = "normal"  # incidents: normal, test, example, scheduled, backfilled and their _sub kinds
    private: bool = False
    tags: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)  # what the other side shows beside the text
    facts: JSON = field(default_factory=dict)  # what routes may match: {"incident": {…}} or {"alert": {…}}
    incident: bool = False  # a tool says that its alert is an incident, with this `message`
    message: str | None = None
    extra: JSON = field(default_factory=dict)  # kept and shown: what the targets have no place for


@dataclass(frozen=True, slots=True)
class Text:
    """A comment, note or timeline entry as its system shows it."""

    id: str
    body: str
    author: str = ""
    change: str = "created"  # created | updated | destroyed
    by_person: bool = True


@dataclass(frozen=True, slots=True)
class Event:
    """What a delivery (or a re-read, a list, a look-up) says about one object."""

    ref: Ref
    says: Says
    word: str  # the vendor's name of the news, for people: "alert.handoff", "seen by resync"
    status: Status | None = None  # None: it does not say
    phase: Phase = Phase.NONE
    trouble: Trouble | None = None
    mark: str = ""  # our mark, where the object carries one
    also: tuple[
        Ref, ...
    ] = ()  # objects known to be the same trouble: attached alerts, the alert that an entry is about
    text: Text | None = None
    actor: str = ""  # who did it, as people call them
    at: datetime | None = None  # the vendor's time of it
    fresh: bool = False  # read from the system just now, not told by a webhook
    must_ask: bool = False  # not to be believed before its question is answered
    gone: bool = False  # deleted at the vendor
    asked: tuple[str, ...] = ()  # questions answered so far
    remark: str = ""  # what a person should be told beside the outcome
    draft: JSON = field(default_factory=dict)  # what somebody wants a page of ours to say; keys are those of `Draft`

    @property
    def status_word(self) -> str:
        return self.status.word if self.status else "changed"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is paged. A team, router or user by ULID, prefix id, name or e-mail, or a PagerTree integration."""

    name: str
    token: str | None = field(default=None, repr=False)
    integration: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What an object that we make shall say. `urgency` and `severity` are already the target's words."""

    title: str
    description: str | None = None
    urgency: str | None = None
    severity: str | None = None
    incident: bool = False
    message: str | None = None
    tags: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    external_id: str = ""
    receivers: tuple[Receiver, ...] = ()
    route: str = ""  # which route chose the receivers, for people
    shadow: bool = False  # decided and shown, never to leave
    notify: tuple[str, str] | None = None  # type and id of whom Rootly notifies; None: whom its section names


@dataclass(frozen=True, slots=True)
class Create:
    """Make an alert at the target, once: `of` is our mark on it and its name on the link."""

    target: str
    of: str
    draft: Draft


@dataclass(frozen=True, slots=True)
class Update:
    """Bring fields of the member called `of` in line; keys are those of `Draft`."""

    target: str
    of: str
    fields: JSON


@dataclass(frozen=True, slots=True)
class Advance:
    """Raise the member called `of` to `status`."""

    target: str
    of: str
    status: Status
    message: str = ""
    cascade: bool = False  # resolving a Rootly alert resolves its incidents too


@dataclass(frozen=True, slots=True)
class Note:
    """Write `text` on the member called `of`, once per `key`."""

    target: str
    of: str
    text: str
    key: str
    wait: float = 0.0  # seconds in which better words for it may come, before these are written


@dataclass(frozen=True, slots=True)
class Recheck:
    """Look once more for doubles of the mark `of`, after a create whose answer was lost."""

    target: str
    of: str


Command = Create | Update | Advance | Note | Recheck


class Lane(IntEnum):
    """Which call goes first when several are due."""

    PAGES = 0
    RESOLVES = 1
    ACKNOWLEDGES = 2
    REST = 3


@dataclass(frozen=True, slots=True)
class Member:
    """One object as a link knows it. `name` never changes: our mark on what we make, the vendor's id of what we met."""

    system: str
    kind: str
    name: str
    id: str = ""  # empty until the create is confirmed
    alias: str = ""
    mark: str = ""
    status: Status | None = None  # highest seen of this object in its episode
    asked: Status | None = None  # highest that we have asked for; never asked twice
    phase: Phase = Phase.NONE  # as last seen
    lowered: bool = False  # somebody took it down after our confirmed call
    episode: int = 1
    url: str = ""
    create: str = ""  # state of the call that makes it: owed, unsure, done, dead, superseded, shadow; empty: not ours
    gone: bool = False

    @property
    def ref(self) -> Ref:
        return Ref(self.system, self.kind, self.id or self.name, self.alias)

    @property
    def ours(self) -> bool:
        return bool(self.mark)

    @property
    def over(self) -> bool:
        return self.gone or self.status is Status.RESOLVED

    def is_(self, ref: Ref) -> bool:
        return bool(self.id) and self.ref.same_as(ref)


@dataclass(frozen=True, slots=True)
class Link:
    """One trouble as each system knows it."""

    id: str
    kind: str  # alert | incident: what the trouble is at its origin
    origin: Ref
    trouble: Trouble
    members: tuple[Member, ...]
    began_at: datetime
    episode: int = 1
    listed: bool = False  # begun before the bridge was installed: known, never paged
    held: bool = False  # told not to act on it: paused, or taken apart
    apart: bool = False  # taken apart by hand: a tombstone, which keeps its objects from being linked again
    dedup_count: int = 0  # how often its source raised it again in this episode
    resolve_at: datetime | None = None  # when it resolves by itself
    owing: int = 0  # creates and advances owed for it, as loaded: a note that fails stops no comparison
    touched_at: datetime | None = None  # last change, as loaded

    @property
    def status(self) -> Status:
        """Derived: over when its origin is over, acknowledged when anything of this episode is, else open."""
        current = [m for m in self.members if m.episode == self.episode and m.kind in TROUBLES]
        if self.home.over or (self.kind == "alert" and any(m.over and not m.lowered for m in current if not m.gone)):
            return Status.RESOLVED
        return max((m.status for m in current if m.status and not m.over), default=Status.OPEN)

    @property
    def home(self) -> Member:
        """The member the trouble began as."""
        return next(m for m in self.members if m.is_(self.origin))

    def find(self, ref: Ref) -> Member | None:
        return next((m for m in self.members if m.is_(ref)), None)

    def named(self, system: str, name: str) -> Member | None:
        return next((m for m in self.members if m.system == system and m.name == name), None)

    def current(self, system: str, kind: str = "alert") -> tuple[Member, ...]:
        """The members of this episode that live in `system`."""
        return tuple(
            m for m in self.members if (m.system, m.kind) == (system, kind) and m.episode == self.episode and not m.gone
        )


class Verdict(StrEnum):
    """How a delivery ends."""

    WAITING = "waiting"
    APPLIED = "applied"
    SUPERSEDED = "superseded"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"
    UNSURE = "unsure"  # never stored: a fresh read is needed before this can be judged


@dataclass(frozen=True, slots=True)
class Decision:
    """The link as it will be, the calls it owes, and why."""

    verdict: Verdict
    reason: str
    link: Link | None = None
    commands: tuple[Command, ...] = ()
    supersede: tuple[str, ...] = ()  # marks whose create and everything behind it need not happen any more
    alarms: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hook:
    """One webhook request as it came, its headers untouched: parsers destroy PagerTree's `Authorization`."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # names in lower case
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    door: str = "webhook"  # webhook | poll | resync | recovery | api: how we came by it
    stale: bool = False  # authentic but old: nothing in it is believed before it is re-read


@dataclass(frozen=True, slots=True)
class Delivery:
    """One kept webhook (or finding of poll and resync), as the inbox holds it."""

    id: str
    source: str
    key: str
    hook: Hook
    received_at: datetime
    attempts: int = 0
    verdict: Verdict = Verdict.WAITING
    reason: str = ""
    fence: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """One claimed row of the outbox, with the link as it is now."""

    id: str
    link: Link
    command: Command
    lane: Lane
    attempts: int  # this one included
    first_try: datetime
    fence: int
    unsure: bool = False  # an earlier attempt may have had its effect
    unsure_since: datetime | None = None
    created_at: datetime | None = None
    progress: str = ""  # where a call of several steps stands: "confirm", "last_route", "acknowledged"
    cause: str = ""  # the delivery it goes back to


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of a claimed call."""

    state: str  # owed | done | dead | superseded
    reason: str
    due_in: timedelta = timedelta(0)  # when owed: how long to wait
    unsure: bool = False  # when owed: an attempt may have had its effect
    afresh: bool = False  # when unsure: this very attempt was the last that may have had it
    ref: Ref | None = None  # what a create made or a note left, with both ids
    url: str = ""
    progress: str = ""  # when owed: where a call of several steps stands
    counted: bool = True  # False: waiting for its turn was no attempt
    asked: bool = False  # when owed: the target itself has said how long to wait
    kind: str = ""  # the class of its reason, for metrics: ok, auth, rate, state, refused, unknown, failed


@dataclass(frozen=True, slots=True)
class Request:
    """One call to a vendor. The transport adds nothing but its User-Agent and its limits."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict)
    body: object | None = None  # sent as JSON
    budget: str = ""  # which request budget pays: "pagertree", "rootly.read", "rootly.write", "rootly.alerts"
    seconds: float = 30.0  # total deadline


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No usable answer came. `sent` False: it surely had no effect; True: nobody knows."""

    sent: bool
    reason: str
    after: float | None = None  # our own budget is used up: seconds until it has room; the system was not asked


Answer = Response | NoAnswer


@dataclass(frozen=True, slots=True)
class Done:
    ref: Ref | None = None
    event: Event | None = None  # what the answer shows of the object
    note: str = ""
    drops_mark: bool = False  # the answer shows that the target does not keep our mark


@dataclass(frozen=True, slots=True)
class Retry:
    """It had no effect; try again. `after`: seconds the vendor asked for."""

    reason: str
    after: float | None = None
    auth: bool = False  # our credential was refused: hold everything that uses it
    ailing: bool = True  # counts as a sign that the system is down
    limited: bool = False  # the vendor's rate limit


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have had its effect."""

    reason: str
    ailing: bool = True


@dataclass(frozen=True, slots=True)
class Refused:
    """The target says no to this in its present state: re-read it and judge again."""

    reason: str
    missing: bool = False  # it says that the object is not there
    green: bool = False  # no refusal in its words: a 2xx that does not show the object, so nobody knows whose it is


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It will never work as it is; a person has to look."""

    reason: str
    forbidden: bool = False  # 403: is the token itself still good?


Outcome = Done | Retry | Unknown | Refused | GiveUp


@dataclass(frozen=True, slots=True)
class Circuit:
    """Whether a credential may be used. Open: its calls are held until the probe at `probe_at` succeeds."""

    target: str
    open: bool
    since: datetime
    probe_at: datetime
    reason: str
    failures: int = 0  # in a row
    failing: frozenset[str] = frozenset()  # links that these were about, not kept; empty: the side itself was asked
