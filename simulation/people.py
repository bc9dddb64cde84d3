"""What people and tools do on both sides, at any moment and in any order; what a vendor refuses did not happen."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from bridge.sandbox import pagertree, rootly
from simulation.chances import ORDINARY, Weather
from simulation.vendors import Vendors
from simulation.virtual import BEGIN, Time


@dataclass(slots=True)
class People:
    """The troubles of a seed, and what was done to them that matters for the judgement."""

    vendors: Vendors
    time: Time
    chance: Random
    raise_signal: Callable[[bytes], object]
    alerts: list[str] = field(default_factory=list)  # PagerTree's own, by id
    incidents: list[str] = field(default_factory=list)
    signals: list[str] = field(default_factory=list)  # third-party ids
    ended: set[str] = field(default_factory=set)  # objects, marks and signals that somebody ended
    lowered: set[str] = field(default_factory=set)  # objects that somebody took down
    attached: dict[str, set[str]] = field(default_factory=dict)  # alert → incidents that it was attached to
    closed: set[str] = field(default_factory=set)  # marks of pages that were resolved at the bridge's door
    placed: dict[str, str] = field(default_factory=dict)  # mark of a page asked for → the incident it names, or ""
    restarts: Counter[str] = field(default_factory=Counter)  # of an incident
    raised: Counter[str] = field(default_factory=Counter)  # how often a signal was raised
    said: dict[str, str] = field(default_factory=dict)  # words that nobody else uses: the system they were written in
    deeds: int = 0
    story: list[str] = field(default_factory=list)
    weather: Weather = ORDINARY

    def act(self) -> None:
        """One thing, drawn by chance."""
        name = self.chance.choice(self.weather.often(DEEDS))
        before = len(self.story)
        self.vendors.changed("rootly" if name in IN_ROOTLY else "pagertree")
        try:
            DEEDS[name](self)
        except (pagertree.Refused, rootly.Refused, LookupError):
            del self.story[before:]
            return
        self.tell(name)

    def tell(self, name: str) -> None:
        self.deeds += 1
        self.story.append(f"{self.time.now - BEGIN:.1f} {name}")

    # -- who and what

    def begin_alert(self) -> None:
        self.vendors.changed("pagertree")
        self.alerts.append(self.vendors.pagertree.raise_alert(f"alert {len(self.alerts)}")["id"])

    def begin_incident(self) -> None:
        self.vendors.changed("rootly")
        severity = self.chance.choice(("critical", "high", "medium", "low", None))
        found = self.vendors.rootly.start_incident(f"incident {len(self.incidents)}", severity=severity)
        self.incidents.append(found["id"])

    def alert(self) -> str:
        return _one_of(self.chance, self.alerts)

    def incident(self) -> str:
        return _one_of(self.chance, self.incidents)

    def mirror(self) -> str:
        return _one_of(self.chance, self._mirrors(self.alert()))

    def page(self) -> str:
        begin = f"rootly:{self.incident()}#"
        found = [one for one in self.vendors.pagertree.world.alerts if str(one["thirdparty_id"]).startswith(begin)]
        return _one_of(self.chance, [one["id"] for one in found])

    def word(self, system: str) -> str:
        word = f"word{len(self.said)}x"
        self.said[word] = system
        return f"said {word} here"

    # -- what they do

    def resolve(self, alert: str) -> None:
        self.vendors.pagertree.resolve(alert)
        self.ended.add(alert)

    def resolve_mirror(self, alert: str) -> None:
        self.vendors.rootly.resolve_alert(alert)
        self.ended.add(alert)

    def hand_off(self, alert: str) -> None:
        self.vendors.pagertree.handoff(alert, to="Payments")
        self.lowered.add(alert)

    def relay(self) -> None:
        """Answered on one side; a little later the alert is handed to others on the other side."""
        alert = self.alert()
        self.vendors.rootly.acknowledge_alert(_one_of(self.chance, self._mirrors(alert)))
        self.time.after(self.chance.uniform(40.0, 400.0), lambda: self._if_possible(lambda: self.hand_off(alert)))

    def time_out(self, alert: str) -> None:
        """Nobody answered in time: PagerTree takes it down and asks the next layer."""
        self.vendors.pagertree.timeout(alert)
        self.lowered.add(alert)

    def attach(self) -> None:
        """The mirror of an alert turns out to belong to an incident."""
        alert, incident = self.alert(), self.incident()
        self.vendors.rootly.attach_alert(incident, _one_of(self.chance, self._mirrors(alert)))
        self.attached.setdefault(alert, set()).add(incident)

    def _mirrors(self, alert: str) -> list[str]:
        prefix = self.vendors.pagertree.alert(alert)["prefix_id"]
        return [one.id for one in self.vendors.rootly.alerts.by_id.values() if one.external_id == prefix]

    def _if_possible(self, deed: Callable[[], object]) -> None:
        self.vendors.changed()
        with suppress(pagertree.Refused, rootly.Refused, LookupError):
            deed()

    def retrigger(self, alert: str) -> None:
        self.vendors.rootly.retrigger_alert(alert)
        self.lowered.add(alert)

    def end(self, incident: str, how: str) -> None:
        getattr(self.vendors.rootly, f"{how}_incident")(incident)
        self.ended.add(incident)

    def revive(self, incident: str, how: str) -> None:
        """What moves an ended incident to a live status begins it anew."""
        getattr(self.vendors.rootly, f"{how}_incident")(incident)
        self.restarts[incident] += 1

    def signal(self, kind: str) -> None:
        if kind == "create" and (not self.signals or self.chance.random() < 0.5):
            self.signals.append(f"signal-{len(self.signals)}")
        name = _one_of(self.chance, self.signals)
        if kind == "resolve":
            self.ended.add(name)
        self.raised[name] += kind == "create"
        body: dict[str, Any] = {"event_type": kind, "id": name, "title": f"title of {name}"}
        self.raise_signal(json.dumps(body).encode())


def _one_of(chance: Random, found: list[str]) -> str:
    if not found:
        raise LookupError("nothing there yet")
    return chance.choice(found)


DEEDS: dict[str, Callable[[People], object]] = {
    "an alert": People.begin_alert,
    "an incident": People.begin_incident,
    "acknowledge an alert": lambda p: p.vendors.pagertree.acknowledge(p.alert()),
    "resolve an alert": lambda p: p.resolve(p.alert()),
    "comment on an alert": lambda p: p.vendors.pagertree.comment(p.alert(), p.word("pagertree")),
    "hand an alert off": lambda p: p.hand_off(p.alert()),
    "drop an alert": lambda p: p.vendors.pagertree.drop(p.alert()),
    "reject an alert": lambda p: p.vendors.pagertree.reject(p.alert()),
    "acknowledge a mirror": lambda p: p.vendors.rootly.acknowledge_alert(p.mirror()),
    "answer and hand on": People.relay,
    "resolve a mirror": lambda p: p.resolve_mirror(p.mirror()),
    "note on a mirror": lambda p: p.vendors.rootly.note_alert(p.mirror(), p.word("rootly")),
    "retrigger a mirror": lambda p: p.retrigger(p.mirror()),
    "time an alert out": lambda p: p.time_out(p.alert()),
    "attach an alert": People.attach,
    "acknowledge a page": lambda p: p.vendors.pagertree.acknowledge(p.page()),
    "resolve a page": lambda p: p.resolve(p.page()),
    "time a page out": lambda p: p.time_out(p.page()),
    "hand a page off": lambda p: p.hand_off(p.page()),
    "comment on a page": lambda p: p.vendors.pagertree.comment(p.page(), p.word("pagertree")),
    "rename an incident": lambda p: p.vendors.rootly.update_incident(p.incident(), title=f"renamed {p.deeds}"),
    "change the severity": lambda p: p.vendors.rootly.update_incident(
        p.incident(), severity=p.chance.choice(("critical", "low"))
    ),
    "mitigate": lambda p: p.revive(p.incident(), "mitigate"),
    "resolve an incident": lambda p: p.end(p.incident(), "resolve"),
    "cancel an incident": lambda p: p.end(p.incident(), "cancel"),
    "restart an incident": lambda p: p.revive(p.incident(), "restart"),
    "write on a timeline": lambda p: p.vendors.rootly.write_timeline(p.incident(), p.word("rootly")),
    "a signal": lambda p: p.signal("create"),
    "a signal again": lambda p: p.signal("create"),
    "acknowledge a signal": lambda p: p.signal("acknowledge"),
    "resolve a signal": lambda p: p.signal("resolve"),
}

# All others are done in PagerTree, but for signals, which are a tool's; nobody does something in both at once.
IN_ROOTLY = frozenset(
    {
        *("an incident", "acknowledge a mirror", "answer and hand on", "resolve a mirror", "note on a mirror"),
        *("retrigger a mirror", "attach an alert", "rename an incident", "change the severity", "mitigate"),
        *("resolve an incident", "cancel an incident", "restart an incident", "write on a timeline"),
    }
)
