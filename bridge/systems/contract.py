"""What a dialect offers. An adapter is a module that satisfies these Protocols; mypy checks it in `bridge/known.py`.

Settings are the dialect's own pydantic model; only the dialect looks inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bridge.model import Answer, Command, Event, Hook, Link, Member, Outcome, Ref, Refused, Request, Response


@dataclass(frozen=True, slots=True)
class Verified:
    """Who knocked. `stale`: authentic, but too old to be believed without re-reading."""

    credential: str = ""  # which of several credentials matched, for the log; never the secret
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of live objects that resync reads page by page."""

    name: str  # "pagertree alerts", for people
    kind: str  # alert | incident
    first: Request


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing, feed or directory. `after` None: it was the last."""

    events: tuple[Event, ...]
    after: Request | None = None
    total: int | None = None
    raw: tuple[Mapping[str, object], ...] = ()  # per event, what is worth keeping of the record (never whole rows)


@dataclass(frozen=True, slots=True)
class FeedPage:
    """One page of a feed, each item as `Source.record` takes it. `cursor` None: it was the last for now."""

    raw: tuple[Mapping[str, object], ...]
    cursor: str | None = None
    newest: datetime | None = None  # the latest time on it


@dataclass(frozen=True, slots=True)
class Gap:
    """Which webhooks of a system we ask after."""

    door: str  # how the address that they went to ends
    since: datetime  # sent then or later
    late: datetime  # those that still wait, and were sent before this, are not waited for


@dataclass(frozen=True, slots=True)
class Missed:
    """What one page tells of webhooks that did not reach us."""

    bodies: tuple[bytes, ...] = ()  # as they would have come
    more: tuple[Listing, ...] = ()  # what to read next
    newest: datetime | None = None  # when the latest of them was sent


@dataclass(frozen=True, slots=True)
class Known:
    """A receiver as the target's directory lists it."""

    kind: str  # team | router | user
    id: str  # what the API wants
    names: tuple[str, ...]  # every way an operator may write it: ids, name, e-mail (compared without case)
    title: str = ""  # as people call it


@dataclass(frozen=True, slots=True)
class Directory:
    """What the target calls things: receivers at PagerTree, urgencies at Rootly."""

    entries: tuple[Known, ...] = ()

    def find(self, name: str, *kinds: str) -> Known | None:
        wanted = name.strip().casefold()
        hits = (k for k in self.entries if not kinds or k.kind in kinds)
        return next((k for k in hits if wanted in (n.casefold() for n in k.names)), None)


class Source(Protocol):
    """A system that tells us."""

    NAME: str

    def verify(self, settings: Any, hook: Hook, now: datetime, /) -> Verified:
        """Raise `Unverified` unless the hook carries one of our secrets. Constant time over all candidates."""

    def delivery_key(self, hook: Hook, /) -> str:
        """What makes two requests the same delivery. Never raises: an unreadable body has its hash."""

    def glance(self, hook: Hook, /) -> str:
        """What JSON and type alone tell, for the answer to the sender: accepted, ignored or quarantined."""

    def read(self, settings: Any, hook: Hook, /) -> tuple[Event, ...]:
        """What it says, in our words. Raises `Unreadable`; unknown types are `Says.NOTHING`, not errors."""

    def question(self, settings: Any, event: Event, /) -> Request | None:
        """What must be asked before the event can be judged; asked until None."""

    def answered(self, event: Event, answer: Response, /) -> Event:
        """The event with what the answer (2xx or 404) adds; `event.asked` grows, so that questions end."""

    def feed(self, settings: Any, since: datetime, cursor: str | None, /) -> Request | None:
        """The feed of news that no webhook tells, from `since` on, oldest first; None: there is none."""

    def read_feed(self, answer: Response, /) -> FeedPage:
        """One page of the feed, only what can cross. Raises `Unlistable` on a body that is no such feed."""

    def missed(self, settings: Any, gap: Gap, /) -> Listing | None:
        """Where to begin reading which webhooks did not reach us; None: the system keeps no such list."""

    def read_missed(self, listing: Listing, gap: Gap, answer: Response, /) -> Missed:
        """One page on the way there. Raises `Unlistable`."""

    def record(self, raw: Mapping[str, object], /) -> bytes:
        """The body of a delivery for a finding of poll or resync, as `read` takes it."""


class Target(Protocol):
    """A system that we can ask to do something."""

    NAME: str
    KEEPS_MARKS: bool  # a repeated create with the same mark makes no second object while the first lives

    def request(
        self, settings: Any, command: Command, member: Member, link: Link, call: str, directory: Directory, /
    ) -> Request:
        """The call that carries out the command on the member. `call` is our id of it, for text marks."""

    def milder(self, request: Request, refused: Refused, /) -> Request | None:
        """The same create without the part that was refused; None: nothing can be left out."""

    def outcome(self, settings: Any, command: Command, answer: Answer, /) -> Outcome:
        """What came of it: the vendor's codes in our words."""

    def look_up(
        self, settings: Any, command: Command, member: Member, since: datetime | None = None, /
    ) -> Request | None:
        """How to find out what an unknown create or note did; None: repeating it does no harm. `since`: when it was
        first owed, for a list that cannot be asked for a mark."""

    def found(self, settings: Any, command: Command, call: str, answer: Response, /) -> tuple[Event, ...]:
        """The objects that carry the command's mark, newest first."""

    def addressable(self, ref: Ref, /) -> bool:
        """Whether the API can be asked about the object by an id that we know; if not, `reread` finds it."""

    def reread(self, settings: Any, ref: Ref, /) -> Request:
        """Ask for one object, by whichever id is known."""

    def seen(self, ref: Ref, answer: Response, /) -> Event | None:
        """The object as the answer shows it, both ids filled in; None: it is not there."""

    def picked(self, ref: Ref, answer: Response, /) -> Mapping[str, object] | None:
        """What of a re-read is worth keeping as a finding, as `Source.record` takes it; a 404 says that it is gone.
        None: the answer says nothing."""

    def listings(self, settings: Any, /) -> tuple[Listing, ...]:
        """The lists of live objects, in the order to read them."""

    def read_page(self, listing: Listing, answer: Response, /) -> Page:
        """One page of it. Raises `Unlistable` on a body that is no such list."""

    def directories(self, settings: Any, /) -> tuple[Listing, ...]:
        """The lists to read for the `Directory`."""

    def read_directory(self, listing: Listing, answer: Response, /) -> tuple[tuple[Known, ...], Request | None]:
        """One page of such a list and the request for the next. Raises `Unlistable`."""

    def probe(self, settings: Any, /) -> Request:
        """The cheapest call that shows whether our credential is good."""
