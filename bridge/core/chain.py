"""The audit as a chain: each entry is sealed with a digest of all before it and of itself, so that what is changed,
taken out, put in or moved by other hands no longer fits.

Rule: the words of an entry are the same bytes on every engine and in every export, and no two entries have the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256
from itertools import chain

FEWEST, WHOLE = 16, 64  # digits of a chain: by so many one that was noted is known again
NOTED = re.compile(rf"([0-9]{{1,15}}):([0-9a-f]{{{FEWEST},{WHOLE}}})")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL has U+FFFD instead
WORD = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the audit says once, and its seal. `chain` empty: an older bridge wrote it, and the next seal is on it too.

    `at` is ISO 8601 in UTC, to the microsecond."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    detail: str
    chain: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """How far a chain has come. The digest is in lower-case hex; before the first entry there is none."""

    seq: int = 0
    chain: str = ""

    def __str__(self) -> str:
        return f"{self.seq}:{self.chain}"

    def is_(self, noted: Head) -> bool:
        """`noted` may have only the first digits."""
        return self.seq == noted.seq and self.chain.startswith(noted.chain)


@dataclass(frozen=True, slots=True)
class Misfit:
    """`seq` does not fit. `after` is the newest before it whose own seal did; `gap`: numbers are missing here."""

    seq: int
    after: int
    gap: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """What going along a chain has found so far. A head with a number and no digest: what is before it is not known."""

    head: Head = Head()
    first: int = 0
    sealed: int = 0  # the newest entry that bears a seal
    misfit: Misfit | None = None  # the first
    misfits: int = 0
    met: bool = False  # the head that was looked for stands in it


def words(before: str, entry: Entry) -> bytes:
    """One JSON array as RFC 8785 writes it, so that every language can make the same bytes.

    >>> words("", Entry(1, "2026-01-31T12:00:00+00:00", "ada", "replay", "d1", "1 of 1"))
    b'["",1,"2026-01-31T12:00:00+00:00","ada","replay","d1","1 of 1"]'
    """
    said = (entry.at, entry.actor, entry.action, entry.subject, entry.detail)
    texts = ",".join([_quoted(text) for text in said])
    return f"[{_quoted(before)},{entry.seq},{texts}]".encode()


def _quoted(text: str) -> str:
    return WORD.encode(UNSTORABLE.sub("\ufffd", text))


def follow(head: Head, entry: Entry) -> Head:
    """The chain after this entry."""
    return Head(entry.seq, sha256(words(head.chain, entry)).hexdigest())


def walk(entries: Iterable[Entry], begin: Head | None = None, noted: Head | None = None) -> Walk:
    """Along entries in their order. `begin` None: they go on from `noted` where they follow it, and else, wherever
    they begin, the first one's own seal is taken as given."""
    rest = iter(entries)
    first = next(rest, None)
    if first is None:
        return Walk(begin or Head())
    begin = begin or _before(first, noted)
    going = Walk(begin, first.seq, met=begin == noted)
    return reduce(lambda so_far, entry: _step(so_far, entry, noted), chain((first,), rest), going)


def _before(first: Entry, noted: Head | None) -> Head:
    follows = noted is not None and noted.seq == first.seq - 1 and len(noted.chain) == WHOLE
    return noted if noted is not None and follows else Head(first.seq - 1)


def _step(going: Walk, entry: Entry, noted: Head | None) -> Walk:
    unknown = going.head.seq > 0 and not going.head.chain
    head = Head(entry.seq, entry.chain) if unknown else follow(going.head, entry)
    gap = entry.seq != going.head.seq + 1
    fits = not gap and entry.chain in ("", head.chain)
    head = Head(entry.seq, entry.chain) if entry.chain else head
    return Walk(
        head,
        going.first,
        entry.seq if entry.chain else going.sealed,
        going.misfit if fits or going.misfit else Misfit(entry.seq, going.sealed, gap),
        going.misfits + (not fits),
        going.met or (noted is not None and bool(head.chain) and head.is_(noted)),
    )


def told(going: Walk) -> tuple[str, ...]:
    """What does not fit, for the operator; empty: all does."""
    if going.misfit is None:
        return ()
    wrong = going.misfit
    what = "follow the one before it" if wrong.gap else "fit the audit's chain"
    more = f", and {going.misfits - 1} behind it do not either" if going.misfits > 1 else ""
    return (
        f"entry {wrong.seq} of the audit does not {what}{more}: behind entry {wrong.after} and up to there something "
        "was changed, removed or put in by other hands than the bridge's; find out who can write there, and compare "
        "with an export or a backup of before",
    )


def missed(going: Walk, noted: Head) -> str:
    """Why the head that was noted does not stand in what was walked."""
    if noted.seq > going.head.seq:
        return f"it ends at entry {going.head.seq}, and {noted.seq} was noted: the newest entries were cut off"
    if noted.seq < going.first:
        return f"it begins at entry {going.first}: whether it goes on from {noted.seq}, only what is between them shows"
    return f"entry {noted.seq} has another chain than the one that was noted: what was there up to it was written anew"


def noted(text: str) -> Head | None:
    """`SEQ:CHAIN` as it is shown, or with the first digits only. None: it is neither.

    >>> noted("12:0123456789abcdef")
    Head(seq=12, chain='0123456789abcdef')
    """
    found = NOTED.fullmatch(text)
    return Head(int(found[1]), found[2]) if found else None
