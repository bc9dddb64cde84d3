"""Chaos of webhooks: what both vendors tell of a story, in every order, twice, never or a month late, ends the same.

Before the truth is read the invariants I1 to I5 of the simulation hold; after one resync nothing shows how it was told.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from math import factorial
from pathlib import Path
from random import Random

import structlog

from simulation import machine
from simulation.agreement import disagreements
from simulation.play import SILENT
from simulation.vendors import Post
from tests.machines.orders.end import End, end_of, made_twice, outlived
from tests.machines.orders.sabotage import SWITCHES
from tests.machines.orders.scene import Restless, Scene, open_scene
from tests.machines.orders.stories import STORIES, Story
from tests.machines.orders.tellings import SHORT, Telling, anyhow, permuted
from tests.machines.tally import Budget, Tally

PROMISES = ("P2", "P3", "P4", "P5")
NIGHTLY = 12_500  # tellings, of some sixteen webhooks on average
SABOTAGES = {name: (switch.__doc__ or "").strip() for name, switch in SWITCHES.items()}
MOST_BROKEN = 10
STRIDE = 1_000_003  # a prime: neighbours in number are told differently, and yet every permutation has its turn

Choose = Callable[[list[Post]], Telling]


@dataclass(slots=True)
class Orders:
    """One run. `expected`: how each story ends when it is told in order, once, and at once."""

    sabotage: str
    tally: Tally = field(default_factory=Tally)
    expected: dict[str, tuple[End, ...]] = field(default_factory=dict)
    short: tuple[Story, ...] = ()  # those that are told in every order
    ends: tuple[int, ...] = ()  # where the permutations of each end, when all are counted in a row

    def survey(self) -> None:
        lengths = {story: _length(story) for story in STORIES if not story.arrival}
        self.short = tuple(story for story, length in lengths.items() if length <= SHORT)
        self.ends = tuple(accumulate(factorial(lengths[story]) for story in self.short))

    def play(self, number: int) -> None:
        story, kind, choose = self._chosen(number)
        if story.name not in self.expected:
            self._learn(story)
        if fault := self._told(story, choose):
            self.tally.broken.append(f"{fault} ({story.name}, {kind}): --cases 1 --seed {number}")
        self.tally.cases += 1
        self.tally.counts[kind] += 1

    def _chosen(self, number: int) -> tuple[Story, str, Choose]:
        """By turns the next permutation, as long as there are any, and the next story in any order."""
        turn = number // 2
        if number % 2 and turn < self.ends[-1]:
            place = turn * STRIDE % self.ends[-1]
            story = self.short[bisect_right(self.ends, place)]
            return story, "permutations", lambda posts: permuted(posts, place)
        story = STORIES[turn % len(STORIES)]
        return story, "any order", lambda posts: anyhow(posts, Random(f"telling {number}"))

    def _learn(self, story: Story) -> None:
        """Always from the real bridge: a sabotaged one must end otherwise."""
        with open_scene(1) as scene:
            tell(scene, permuted(lived(scene, story), 0))
            scene.resync()
            self.expected[story.name] = end_of(scene)

    def _told(self, story: Story, choose: Choose) -> str:
        with open_scene(1, SWITCHES[self.sabotage]() if self.sabotage else ()) as scene:
            try:
                return self._judged(scene, story, choose(lived(scene, story)))
            except Restless as fault:
                return str(fault)
            finally:
                self.tally.counts["webhooks"] += scene.told

    def _judged(self, scene: Scene, story: Story, telling: Telling) -> str:
        tell(scene, telling)
        if fault := scene.broken() or made_twice(scene) or (outlived(scene) if telling.whole else ""):
            return f"before the resync: {fault}"
        scene.resync()
        if fault := scene.broken() or made_twice(scene) or _disagreement(scene):
            return fault
        same = telling.prompt and not story.arrival and (telling.whole or not story.lowers)
        if same and (end := end_of(scene)) != self.expected[story.name]:
            return f"I4 ends as {end}, and told in order as {self.expected[story.name]}"
        return ""


def lived(scene: Scene, story: Story) -> list[Post]:
    """What the vendors have to tell of the second chapter."""
    for deed in story.heard:
        scene.vendors.changed()  # what was read before is read anew
        deed(scene.people)
        scene.wait(30.0)
        scene.settle()
    for deed in story.unheard:
        scene.vendors.changed()
        deed(scene.people)
        scene.wait(story.pause)
    scene.people.deeds = len(story.heard) + len(story.unheard)
    return scene.take()


def _length(story: Story) -> int:
    with open_scene(1) as scene:
        return len(lived(scene, story))


def tell(scene: Scene, telling: Telling) -> None:
    for step in telling.steps:
        scene.wait(step.wait)
        (scene.lose if step.lost else scene.tell)(step.post)
        if step.hands is None:
            scene.settle()
        else:
            scene.work(step.hands)
    scene.settle()


def _disagreement(scene: Scene) -> str:
    """An incident that holds an alert of PagerTree's own needs no page."""
    attached = any(incident.alert_ids for incident in scene.vendors.rootly.incidents.by_id.values())
    found = disagreements(scene.people, scene.vendors)
    return next((f"I4 {one}" for one in found if not (attached and one.endswith("paged nobody"))), "")


@contextmanager
def silent() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=SILENT)
    try:
        yield
    finally:
        structlog.configure(**before)
        machine.clean_up()


def run(_folder: Path, budget: Budget, sabotage: str = "") -> Tally:
    """Case numbers go up from the seed, so `--cases 1 --seed N` plays one again. Sabotaged: until it is noticed."""
    orders = Orders(sabotage)
    with silent():
        orders.survey()
        while budget.left(orders.tally.cases) and len(orders.tally.broken) < (1 if sabotage else MOST_BROKEN):
            orders.play(budget.seed + orders.tally.cases)
    orders.tally.counts = Counter(dict(sorted(orders.tally.counts.items())))
    return orders.tally
