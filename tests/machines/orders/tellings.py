"""How a tape of webhooks is told: every permutation of a short one, and any order, repetition, loss and lateness."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import factorial
from random import Random
from typing import TypeVar

from bridge.model import Hook
from bridge.sandbox.rootly_signing import HEADER, signature
from simulation.chances import long_tailed
from simulation.vendors import SECRETS, Post

SHORT = 6  # so many webhooks are told in every order
MOST_COPIES = 20
MONTH = timedelta(days=30).total_seconds()
T = TypeVar("T")
STRANGERS = {"rootly": "00000000-0000-4000-8000-000000000000", "pagertree": "alt_ofnobodyatall"}


@dataclass(frozen=True, slots=True)
class Step:
    """One webhook arrives after `wait` seconds, or never, and then so many hands work (None: until all is quiet)."""

    post: Post
    wait: float = 0.0
    hands: int | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Telling:
    steps: tuple[Step, ...]
    whole: bool = True  # everything was told at least once
    prompt: bool = True  # and none of it so late that a page would not leave any more


def permuted(posts: Sequence[Post], number: int) -> Telling:
    """Each webhook once, everything quiet in between."""
    return Telling(tuple(Step(post) for post in permutation(posts, number)))


def permutation(posts: Sequence[T], number: int) -> Iterator[T]:
    """
    >>> ["".join(permutation("abc", n)) for n in range(6)]
    ['abc', 'acb', 'bac', 'bca', 'cab', 'cba']
    """
    left, number = list(posts), number % factorial(len(posts))
    while left:
        place, number = divmod(number, factorial(len(left) - 1))
        yield left.pop(place)


def anyhow(posts: Sequence[Post], chance: Random) -> Telling:
    """Each kind of mischief is absent in half of the tellings."""
    wicked = {kind for kind in ("copies", "loss", "late", "double", "stranger") if chance.random() < 0.5}
    told = [post for post in posts if not ("loss" in wicked and chance.random() < 0.5)]
    lost = [Step(post, lost=True) for post in posts if post not in told]
    told += [copy for post in posts if "copies" in wicked for copy in _copies(post, chance) if post in told]
    told += [other(post) for post in posts if "double" in wicked and post.source == "rootly" and chance.random() < 0.5]
    told += [of_nobody(post) for post in posts if "stranger" in wicked and post.source in STRANGERS]
    chance.shuffle(told)
    steps = [Step(post, _wait("late" in wicked, chance), chance.choice((0, 0, 1, 3, 50))) for post in told]
    return Telling((*lost, *steps), not lost, "late" not in wicked)


def _copies(post: Post, chance: Random) -> list[Post]:
    return [replace(post)] * int(long_tailed(chance, 1.0, MOST_COPIES))


def _wait(late: bool, chance: Random) -> float:
    return long_tailed(chance, 1.0, MONTH / 3) if late and chance.random() < 0.3 else 0.0


def other(post: Post) -> Post:
    """Another body under the same event id."""
    return _signed(post, lambda text: text.replace('"title":"', '"title":"not '))


def of_nobody(post: Post) -> Post:
    """The same news of an object that neither vendor knows."""
    name = STRANGERS[post.source]
    if post.source == "rootly":
        return _signed(post, lambda text: _renamed(text, name))
    return replace(post, hook=replace(post.hook, body=_renamed(post.hook.body.decode(), name).encode()))


def _renamed(text: str, name: str) -> str:
    """Every mention of the object that it is about; its own id where that is a text's, and that of the event."""
    whole = json.loads(text)
    data, event = whole.get("data") or {}, whole.get("event") or {}
    about = data.get("commentable_id") or data.get("incident_id")
    text = text.replace(about or data["id"], name)
    for own in filter(None, (data["id"] if about else None, event.get("id"))):
        text = text.replace(own, f"other-{own}")
    return text


def _signed(post: Post, change: object) -> Post:
    assert callable(change)
    body = change(post.hook.body.decode()).encode()
    header = HEADER.lower()
    seconds = int(post.hook.headers[header].partition(",")[0].removeprefix("t="))
    signed = {**post.hook.headers, header: signature(SECRETS["rootly"], body, seconds)}
    return replace(post, hook=Hook(body, signed, post.hook.query))
