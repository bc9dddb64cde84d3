"""What people did, as both vendors tell of it: each story is lived once by the vendors, and told in any order.

The first chapter is heard as it happens; of the second the bridge hears nothing before everything has happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulation.people import People

Deed = Callable[[People], object]


@dataclass(frozen=True, slots=True)
class Story:
    """`pause`: seconds between two deeds; 0: everything happens in one and the same second."""

    name: str
    heard: tuple[Deed, ...]
    unheard: tuple[Deed, ...]
    pause: float = 30.0
    lowers: bool = False  # people take something down: who never heard of its height cannot know of the fall
    arrival: bool = False  # a tool's signals: what arrives last is what it said last


# -- people's deeds, each on the one trouble of its kind ---------------------------------------------------------------


def alert(p: People) -> object:
    return p.begin_alert()


def acknowledge(p: People) -> object:
    return p.vendors.pagertree.acknowledge(p.alert())


def resolve(p: People) -> object:
    return p.resolve(p.alert())


def hand_off(p: People) -> object:
    return p.hand_off(p.alert())


def time_out(p: People) -> object:
    return p.vendors.pagertree.timeout(p.alert())


def drop(p: People) -> object:
    return p.vendors.pagertree.drop(p.alert())


def reject(p: People) -> object:
    return p.vendors.pagertree.reject(p.alert())


def comment(p: People) -> object:
    return p.vendors.pagertree.comment(p.alert(), p.word("pagertree"))


def vanish(p: People) -> object:
    p.ended.add(p.alert())
    return p.vendors.pagertree.delete(p.alerts.pop())


def mirror_acknowledged(p: People) -> object:
    return p.vendors.rootly.acknowledge_alert(p.mirror())


def mirror_resolved(p: People) -> object:
    return p.resolve_mirror(p.mirror())


def mirror_retriggered(p: People) -> object:
    return p.retrigger(p.mirror())


def note_on_mirror(p: People) -> object:
    return p.vendors.rootly.note_alert(p.mirror(), p.word("rootly"))


def incident(p: People) -> object:
    return p.incidents.append(p.vendors.rootly.start_incident("Checkout is down", severity="low")["id"])


def rename(p: People) -> object:
    return p.vendors.rootly.update_incident(p.incident(), title="Checkout and cart are down")


def raise_severity(p: People) -> object:
    return p.vendors.rootly.update_incident(p.incident(), severity="critical")


def mitigate(p: People) -> object:
    return p.revive(p.incident(), "mitigate")


def incident_resolved(p: People) -> object:
    return p.end(p.incident(), "resolve")


def incident_cancelled(p: People) -> object:
    return p.end(p.incident(), "cancel")


def incident_resolved_with_its_alert(p: People) -> object:
    p.ended.add(p.alert())
    return p.end(p.incident(), "resolve")


def restart(p: People) -> object:
    return p.revive(p.incident(), "restart")


def delete_incident(p: People) -> object:
    p.ended.add(p.incident())
    return p.vendors.rootly.delete_incident(p.incidents.pop())


def timeline(p: People) -> object:
    return p.vendors.rootly.write_timeline(p.incident(), p.word("rootly"))


def attach(p: People) -> object:
    return p.vendors.rootly.attach_alert(p.incident(), p.mirror())


def page_acknowledged(p: People) -> object:
    return p.vendors.pagertree.acknowledge(p.page())


def page_resolved(p: People) -> object:
    return p.resolve(p.page())


def page_handed_off(p: People) -> object:
    page = p.page()
    p.lowered.add(page)
    return p.vendors.pagertree.handoff(page, to="Payments")


def comment_on_page(p: People) -> object:
    return p.vendors.pagertree.comment(p.page(), p.word("pagertree"))


def signal(kind: str) -> Deed:
    def raised(p: People) -> None:
        p.raised["cpu"] += kind == "create"
        if kind == "create" and "cpu" not in p.signals:
            p.signals.append("cpu")
        if kind == "resolve":
            p.ended.add("cpu")
        p.raise_signal(b'{"event_type": "%s", "id": "cpu", "title": "CPU hot"}' % kind.encode())

    return raised


# -- the stories -------------------------------------------------------------------------------------------------------

ALERTS = (
    Story("an alert is answered", (), (alert, acknowledge)),
    Story("an alert is answered and over", (), (alert, acknowledge, comment, resolve)),
    Story("an alert is handed off", (), (alert, acknowledge, hand_off, time_out), lowers=True),
    Story("an alert is handed off and over", (), (alert, acknowledge, hand_off, acknowledge, resolve), lowers=True),
    Story(
        "an alert goes all ways", (), (alert, reject, time_out, acknowledge, hand_off, comment, resolve), lowers=True
    ),
    Story("nobody answers an alert", (alert,), (reject, time_out, drop, comment)),
    Story("an alert vanishes", (), (alert, acknowledge, vanish)),
    Story("a known alert vanishes", (alert, acknowledge), (comment, vanish)),
)
BOTH = (
    Story("both sides answer at once", (alert,), (acknowledge, mirror_acknowledged, note_on_mirror, comment), 0.0),
    Story("answered here and over there at once", (alert,), (acknowledge, mirror_resolved), 0.0),
    Story("over here and answered there at once", (alert,), (mirror_acknowledged, resolve), 0.0),
    Story("over on both sides at once", (alert, acknowledge), (comment, resolve, mirror_resolved), 0.0),
    Story("taken up again there", (alert, mirror_acknowledged), (mirror_retriggered, comment), lowers=True),
    Story("handed off and over there", (alert, acknowledge), (hand_off, comment, mirror_resolved), 0.0, lowers=True),
)
INCIDENTS = (
    Story("an incident grows", (), (incident, rename, raise_severity, timeline)),
    Story("an incident is over", (), (incident, raise_severity, mitigate, incident_resolved)),
    Story("an incident begins anew", (), (incident, mitigate, incident_resolved, restart)),
    Story("an incident is over twice", (), (incident, incident_resolved, restart, incident_resolved)),
    Story("a known incident is over", (incident,), (rename, raise_severity, incident_resolved)),
    Story("a known incident begins anew", (incident, incident_resolved), (restart, rename, mitigate)),
    Story("a known incident was over in between", (incident,), (incident_resolved, restart, timeline)),
    Story("a known incident is cancelled", (incident, raise_severity), (mitigate, timeline, incident_cancelled)),
    Story("an incident is deleted", (), (incident, rename, delete_incident)),
    Story("a known incident is deleted", (incident,), (rename, delete_incident)),
    Story("page and incident at once", (incident,), (page_acknowledged, rename, comment_on_page, timeline), 0.0),
    Story("page over, incident raised at once", (incident,), (page_resolved, raise_severity, mitigate), 0.0),
    Story("page answered, incident over at once", (incident,), (page_acknowledged, incident_resolved), 0.0),
    Story("a page is handed off", (incident, page_acknowledged), (page_handed_off, rename), lowers=True),
)
ATTACHED = (
    Story("an alert is attached", (alert,), (incident, attach, acknowledge)),
    Story("an alert is attached to a known incident", (alert, incident), (attach, rename, acknowledge)),
    Story("an attached alert is over", (alert, incident, attach), (acknowledge, resolve, rename)),
    Story(
        "the incident of an attached alert is over",
        (alert, incident, attach),
        (acknowledge, incident_resolved_with_its_alert),
    ),
)
SIGNALS = (
    Story("a tool tells of its trouble", (), (signal("create"), signal("acknowledge"), signal("create")), arrival=True),
    Story("a tool's trouble ends", (), (signal("create"), signal("create"), signal("resolve")), 0.0, arrival=True),
    Story("a tool's trouble comes again", (signal("create"),), (signal("resolve"), signal("create")), arrival=True),
)
STORIES = ALERTS + BOTH + INCIDENTS + ATTACHED + SIGNALS
