"""A day of people at work on both sides, with not one webhook: only poll and resync tell the bridge what happened.

`python -m tests.e2e.day 500` plays 500 troubles over the 288 resync periods of a day and says what it counted.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.flows.resync import Run, resync
from bridge.sandbox import pagertree, rootly
from tests.e2e.histories import Cast, Lab, Step, open_lab

PERIODS = 288  # of 5 minutes
MOVES = (
    *("acknowledge", "resolve", "comment", "acknowledge mirror", "resolve mirror", "acknowledge page"),
    *("rename incident", "raise severity", "mitigate", "resolve incident", "cancel incident", "restart incident"),
    *("write timeline", "time out", "attach mirror"),
)
LOWERING = ("hand off", "hand off page", "retrigger mirror")  # what a person took down stays as the person wants it
LEVEL = {"acknowledged": 2, "resolved": 3}  # anything else is 1: open


@dataclass(slots=True)
class Day:
    """One history, drawn from a seed."""

    lab: Lab
    chance: random.Random
    cast: Cast
    runs: list[Run] = field(default_factory=list)
    played: Counter[str] = field(default_factory=Counter)
    lowered: set[str] = field(default_factory=set)  # objects that somebody took down

    def begin(self, number: int) -> None:
        if self.chance.random() < 0.5:
            self.cast.alerts.append(self.lab.pagertree.raise_alert(f"alert {number}")["id"])
        else:
            severity = self.chance.choice(["critical", "high", "low"])
            self.cast.incidents.append(self.lab.rootly.start_incident(f"incident {number}", severity=severity)["id"])

    def move(self) -> None:
        name = self.chance.choice(MOVES + LOWERING)
        if self.cast.alerts and self.cast.incidents:
            number = self.chance.randrange(1_000_000)
            self._lower(name, number) if name in LOWERING else self._raise((name, number))
            self.played[name] += 1

    def _raise(self, step: Step) -> None:
        if step[0] != "time out":
            self.cast.play(step)
            return
        with suppress(pagertree.Refused, LookupError):
            self.lab.pagertree.timeout(self.cast.alert(step[1]))

    def _lower(self, name: str, number: int) -> None:
        """What the systems refuse in the state they are in did not happen."""
        with suppress(pagertree.Refused, rootly.Refused, LookupError):
            if name == "retrigger mirror":
                found = self.cast.mirror(number)
                self.lab.rootly.retrigger_alert(found)
            else:
                found = self.cast.alert(number) if name == "hand off" else self.cast.page(number)
                self.lab.pagertree.handoff(found, to="Payments")
            self.lowered.add(found)

    def period(self) -> None:
        self.runs.append(resync(self.lab.parts))
        self.lab.settle()


def play(lab: Lab, troubles: int, periods: int, seed: int) -> Day:
    """Troubles begin and go on all day; at its end everything stands still for two periods."""
    for system in (lab.pagertree, lab.rootly):
        system.switches.webhook_url = ""
    day = Day(lab, random.Random(seed), Cast(lab, [], []))
    for number in range(troubles):
        day.begin(number)
        for _ in range(day.chance.randrange(4)):
            day.move()
        if number * periods // troubles != (number + 1) * periods // troubles:
            day.period()
    day.period()
    day.period()
    return day


def disagreements(day: Day) -> list[str]:
    """What stands on one side otherwise than on the other; empty: both agree."""
    alerts = [f"{words} ({key})" for key in day.cast.alerts if (words := _alert(day, key))]
    incidents = [f"{words} ({key})" for key in day.cast.incidents if (words := _incident(day.cast, key))]
    marks = Counter(one["thirdparty_id"] or one["id"] for one in day.lab.pagertree.state()["alerts"])
    doubles = [f"{count} alerts are marked {mark}" for mark, count in marks.items() if count > 1]
    return [*alerts, *incidents, *doubles]


def _level(seen: dict[str, Any]) -> int:
    return LEVEL.get(seen["status"], 1)


def _alert(day: Day, key: str) -> str:
    alert, mirrors = day.cast.lab.pagertree.alert(key), day.cast.mirrors(key)
    levels = [_level(mirror) for mirror in mirrors]
    if _level(alert) == 3 and not mirrors:
        return ""  # over before anybody could see it
    if len(mirrors) == 1 and {key if _level(alert) < levels[0] else mirrors[0]["id"]} <= day.lowered:
        return ""  # the lower of the two was taken down by a person
    return "" if levels == [_level(alert)] else f"an alert at {_level(alert)} has mirrors at {levels}"


def _incident(cast: Cast, key: str) -> str:
    incident, pages = cast.lab.rootly.incident(key), cast.pages(key)
    live = [page for page in pages if _level(page) < 3]
    if incident["status"] in ("resolved", "cancelled"):
        return f"an incident that is over has {len(live)} live pages" if live else ""
    if not live:
        return "" if incident["alert_ids"] else "a live incident has no live page"  # an alert that it holds has paged
    titles = {page["title"] for page in live}
    return "" if titles == {incident["title"]} else f"pages say {sorted(titles)}, the incident {incident['title']!r}"


def told(day: Day, seconds: float) -> str:
    calls, drifts = sum(run.tally.calls for run in day.runs), sum(sum(run.drifts.values()) for run in day.runs)
    begun = f"{len(day.cast.alerts)} alerts, {len(day.cast.incidents)} incidents, {sum(day.played.values())} moves"
    return f"{begun}; {len(day.runs)} resyncs, {calls} calls, {drifts} drifts, {seconds:.0f} s"


def main(troubles: int) -> int:
    with tempfile.TemporaryDirectory() as folder, open_lab(Path(folder)) as lab:
        began = time.monotonic()
        day = play(lab, troubles, PERIODS, seed=1)
        wrong = disagreements(day)
        print(told(day, time.monotonic() - began), *wrong, "both sides agree" if not wrong else "", sep="\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 500))
