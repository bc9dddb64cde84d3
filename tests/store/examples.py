"""Troubles, decisions and short ways to move a store, in the words of the tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bridge.model import (
    Create,
    Decision,
    Draft,
    Hook,
    Link,
    Member,
    Ref,
    Settlement,
    Status,
    Trouble,
    Verdict,
)

LEASE = timedelta(seconds=60)
BOTH = ("pagertree", "rootly")
BEGAN = datetime(2026, 3, 1, 11, 59, tzinfo=UTC)
HOOK = Hook(b'{"event": 1}', {"content-type": "application/json"})


def incident(number=1):
    return Ref("rootly", "incident", f"inc_{number}")


def mark(number=1):
    return f"rootly:inc_{number}#1"


def page(number=1, urgency="high", title="Database down"):
    return Create("pagertree", mark(number), Draft(title=title, urgency=urgency))


def trouble(number=1, title="Database down"):
    """A Rootly incident whose PagerTree alert is still to be made."""
    origin = incident(number)
    home = Member("rootly", "incident", origin.id, origin.id, status=Status.OPEN)
    alert = Member("pagertree", "alert", mark(number), mark=mark(number))
    return Link("", "incident", origin, Trouble(title=title, number=f"INC-{number}"), (home, alert), BEGAN)


def decided(link, *commands, **more):
    return Decision(Verdict.APPLIED, "because", link, commands, **more)


def apply(store, link, *commands, shadow=(), **more):
    """The link as stored."""
    return store.write(lambda tx: tx.apply(decided(link, *commands, **more), "a delivery", shadow)).link


def paged(store, number=1):
    """A new incident with its page owed."""
    return apply(store, trouble(number), page(number))


def claim(store, limit=100, targets=BOTH, lease=LEASE):
    return store.write(lambda tx: tx.claim_calls(limit, lease, targets))


def claim_one(store):
    (call,) = claim(store)
    return call


def settle(store, call, state="done", reason="done", **more):
    store.write(lambda tx: tx.settle(call, Settlement(state, reason, **more)))


def made(number=1, alias=""):
    return Ref("pagertree", "alert", f"alt_{number}", alias)


def with_page_made(store, number=1):
    """The same with its alert there; returns the link."""
    link = paged(store, number)
    settle(store, claim_one(store), ref=made(number))
    return fresh(store, link)


def fresh(store, link):
    return store.write(lambda tx: tx.link(link.id))


def member(link, name, **changes):
    """The link with this member changed."""
    members = tuple(replace(m, **changes) if m.name == name else m for m in link.members)
    return replace(link, members=members)


def calls(store, **filters):
    with store.reports() as reports:
        return list(reversed(reports.calls(filters, 100)))


def states(store):
    return [(call["kind"], call["state"]) for call in calls(store)]


def keep(store, key="one", source="rootly", hook=HOOK):
    return store.write(lambda tx: tx.keep(source, key, hook))


def claim_deliveries(store, limit=10):
    return store.write(lambda tx: tx.claim_deliveries(limit, LEASE))
