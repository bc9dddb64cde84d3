"""What the stories of `decide` are told with: short ways to say an event, a link and a policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.core.decide import decide
from bridge.core.mapping import Maps
from bridge.core.policy import Policy
from bridge.core.routes import parse_route
from bridge.model import Decision, Event, Link, Member, Phase, Ref, Says, Status, Text, Trouble

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
INC = Ref("rootly", "incident", "inc-1")
ALT = Ref("pagertree", "alert", "alt_1")
RTL = Ref("rootly", "alert", "rtl-1")
OPEN, ACKED, OVER = Status.OPEN, Status.ACKNOWLEDGED, Status.RESOLVED
MARK = "rootly:inc-1#1"


def routes(*raw: dict[str, Any]) -> tuple[Any, ...]:
    parsed = [parse_route(route, f"routes.{n}") for n, route in enumerate(raw)]
    assert not [fault for _, faults in parsed for fault in faults]
    return tuple(route for route, _ in parsed)


BY_SEVERITY = routes(
    {"match": {"incident.severity": "critical"}, "actions": [{"type": "assign", "receiver": ["tem_payments"]}]},
    {"match": {"always": True}, "actions": [{"type": "assign", "receiver": ["tem_oncall"]}]},
)


def policy(**choices: Any) -> Policy:
    given = {"maps": Maps(), "routes": BY_SEVERITY, "installed_at": NOW - timedelta(days=1)}
    return Policy(**{**given, **choices})


def incident(status: Status | None = OPEN, **said: Any) -> Event:
    """An incident as a fresh read shows it; `said` changes what it says."""
    severity, title = said.pop("severity", "critical"), said.pop("title", "Checkout is down")
    trouble = Trouble(
        title=title,
        severity=severity,
        number="INC-12",
        url="https://rootly.example/INC-12",
        began_at=said.pop("began", NOW),
        kind=said.pop("kind", "normal"),
        private=said.pop("private", False),
        facts={"incident": {"severity": severity, "title": title, "status": said.pop("vendor_status", "started")}},
    )
    given = {"word": "incident.updated", "trouble": trouble, "fresh": True}
    return Event(INC, Says.STATE, status=status, **{**given, **said})


def alert(ref: Ref = ALT, status: Status | None = OPEN, word: str = "alert.open", **said: Any) -> Event:
    trouble = Trouble(
        title="Disk full",
        urgency="high",
        number="#22",
        began_at=said.pop("began", NOW),
        labels={"pagertree_status": status.word if status else ""},
    )
    return Event(ref, said.pop("says", Says.STATE), word, status=status, **{"trouble": trouble, **said})


def comment(ref: Ref, about: Ref, body: str = "I see it too", **said: Any) -> Event:
    text = Text(ref.id, body, said.pop("author", "Ann"), said.pop("change", "created"), said.pop("by_person", True))
    return Event(ref, Says.TEXT, "comment", text=text, also=(about,), **said)


def judged(event: Event, link: Link | None = None, policy_: Policy | None = None, **more: Any) -> Decision:
    return decide(event, link, policy_ or policy(), NOW, more.get("held", frozenset()))


def settled(link: Link | None, **made: str) -> Link:
    """The link once its creates are done: `pagertree="alt_1"` gives the pending member there its id."""
    assert link is not None
    members = tuple(
        replace(m, id=made[m.system], create="done", status=OPEN) if not m.id and m.system in made else m
        for m in link.members
    )
    return replace(link, id="lnk", members=members)


def paged(policy_: Policy | None = None, **said: Any) -> Link:
    """The link of an incident whose page is alt_1."""
    return settled(judged(incident(**said), None, policy_).link, pagertree="alt_1")


def mirrored() -> Link:
    """The link of PagerTree alert alt_1, mirrored as Rootly alert rtl-1."""
    return settled(judged(alert()).link, rootly="rtl-1")


def member(link: Link | None, system: str, name: str) -> Member:
    assert link is not None
    found = link.named(system, name)
    assert found is not None
    return found


__all__ = ["Phase"]
