"""The events of the matrix: what PagerTree, Rootly, tools and callers may say of one trouble."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bridge.model import Event, Phase, Ref, Says, Status, Text, Trouble
from tests.core.stories import ACKED, ALT, INC, MARK, NOW, OPEN, OVER, RTL, alert, comment, incident

ALT9 = Ref("pagertree", "alert", "alt_9")
BOTH_IDS = Ref("pagertree", "alert", "alt_1", "01HZXULID")
SIGNAL = Ref("int_1", "signal", "123")
PAGE = Ref("page", "signal", "pag")
OF_PAGE = Ref("page", "link", "pag")
OF_LINK = Ref("page", "link", "lnk")
LABELS = Trouble(title="Disk full", labels={"pagertree_urgency": "low"}, url="https://pagertree.example/alt_1")
KEY = "pagertree:alt_1"


def _happened(ref: Ref, word: str, **said: Any) -> Event:
    return alert(ref, said.pop("status", OPEN), word, **{"says": Says.HAPPENED, "actor": "Ann", "at": NOW, **said})


def _signal(word: str, status: Status | None, **said: Any) -> Event:
    trouble = Trouble(title="Queue full", urgency="odd", tags=("a",), labels={"b": "c"}, **said)
    return Event(SIGNAL, Says.STATE, word, status, trouble=trouble if status is OPEN else None)


def _asked(ref: Ref, word: str, status: Status | None = None, **draft: Any) -> Event:
    return Event(ref, Says.STATE, word, status, draft=draft, actor="Ada", fresh=True)


def _of(ref: Ref) -> dict[str, Event]:
    """What either side may say of an alert."""
    return {
        f"{ref.id} {name}": event
        for name, event in {
            "open": alert(ref),
            "acknowledged by Ann": alert(ref, ACKED, "alert.acknowledged", actor="Ann"),
            "resolved": alert(ref, OVER, "alert.resolved"),
            "open, read": alert(ref, fresh=True),
            "acknowledged, read": alert(ref, ACKED, fresh=True),
            "resolved, read": alert(ref, OVER, fresh=True),
            "deleted": alert(ref, None, gone=True),
            "without a status": alert(ref, None),
            "suppressed": alert(ref, phase=Phase.SUPPRESSED),
            "acknowledged, suppressed": alert(ref, ACKED, phase=Phase.SUPPRESSED),
            "open and silent": alert(ref, phase=Phase.SILENT),
            "handed off": _happened(ref, "alert.handoff", trouble=LABELS),
            "handed off, nobody says when": _happened(ref, "alert.handoff", at=None),
            "timed out by nobody": _happened(ref, "alert.time_out", actor="", at=None, trouble=LABELS),
            "acknowledged by a handoff": _happened(ref, "alert.handoff", status=ACKED),
            "dropped": _happened(ref, "alert.dropped", phase=Phase.DROPPED),
            "dropped when resolved": _happened(ref, "alert.dropped", status=OVER),
            "retriggered": _happened(ref, "alert.retriggered"),
            "retriggered without a status": _happened(ref, "alert.retriggered", status=None),
            "of long ago": alert(ref, began=NOW - timedelta(days=2)),
            "just after the bridge began": alert(ref, began=NOW - timedelta(days=1)),
            "with another url and no title": alert(ref, trouble=replace(LABELS, title="", number="#7", urgency="odd")),
        }.items()
    }


_PAGERTREES_OWN = ("suppressed", "a handoff", "handed off", "says when", "by nobody", "dropped", "when resolved")
_ALERTS = {
    **_of(ALT),
    **{name: event for name, event in _of(RTL).items() if not name.endswith(_PAGERTREES_OWN)},
    **{f"{name} (held)": event for name, event in _of(ALT9).items() if name in ("alt_9 resolved", "alt_9 open, read")},
    "alt_1 with both ids": alert(BOTH_IDS, ACKED),
    "alt_1 with the incident's mark": alert(mark=MARK),
    "alt_1 resolved with the incident's mark": alert(status=OVER, mark=MARK),
    "alt_1 with a mark of nobody": alert(mark="rootly:other#1"),
    "rtl-1 shows alt_1": alert(RTL, also=(ALT,)),
    "rtl-1 resolved shows alt_1": alert(RTL, OVER, also=(ALT,)),
    "rtl-1 with its key": alert(RTL, mark=KEY),
    "rtl-1 shows an incident": alert(RTL, also=(INC, Ref("rootly", "alert", "alt_1"))),
    "rtl-2 shows alt_1": alert(Ref("rootly", "alert", "rtl-2"), ACKED, also=(ALT,)),
}
_INCIDENTS = {
    "incident live": incident(),
    "incident live, told": incident(fresh=False),
    "incident without a status": incident(None),
    "incident acknowledged": incident(ACKED),
    "incident renamed": incident(title="Search is down"),
    "incident without title and severity": incident(title="", severity=None),
    "incident low": incident(severity="low"),
    "incident of an odd severity": incident(severity="odd"),
    "incident over": incident(OVER),
    "incident cancelled": incident(OVER, vendor_status="cancelled"),
    "incident completed": incident(OVER, vendor_status="completed"),
    "incident deleted": incident(OVER, gone=True),
    "incident private": incident(private=True, title="Secret"),
    "incident private and over": incident(OVER, private=True),
    "incident a test": incident(kind="test"),
    "incident of a sub kind": incident(kind="normal_sub"),
    "incident in triage": incident(phase=Phase.TRIAGE),
    "incident mitigated": incident(phase=Phase.MITIGATED),
    "incident holds alt_1": incident(also=(ALT, RTL)),
    "incident holds alt_9": incident(also=(ALT9,), title="Renamed too"),
    "incident of long ago": incident(began=NOW - timedelta(days=2)),
    "incident just after the bridge began": incident(began=NOW - timedelta(days=1)),
    "incident that says nothing of itself": replace(incident(), trouble=None),
    "incident over, that says nothing of itself": replace(incident(OVER), trouble=None),
}
_ENTRY, _NOTE = Ref("rootly", "timeline", "tle-1"), Ref("rootly", "comment", "nte-1")
_COMMENT = Ref("pagertree", "comment", "cmt-1")
_TEXTS = {
    f"{kind} {name}": comment(ref, about, **said)
    for kind, ref, about in (
        ("comment on alt_1", _COMMENT, ALT),
        ("entry on the incident", _ENTRY, INC),
        ("note on rtl-1", _NOTE, RTL),
        ("note on the incident", _NOTE, INC),
    )
    for name, said in {
        "written": {},
        "written by nobody": {"author": ""},
        "written by the system": {"by_person": False},
        "edited": {"change": "updated", "body": "never mind"},
        "removed": {"change": "destroyed"},
        "with our mark": {"mark": "7k3f9q2m"},
    }.items()
}
_TOLD = Text("", "it is fine", "Ada")
_TOOLS = {
    "tool raises": _signal("create", OPEN),
    "tool raises an incident": _signal("create", OPEN, incident=True, severity="SEV-2", message="look"),
    "tool acknowledges": _signal("acknowledge", ACKED),
    "tool resolves": _signal("resolve", OVER),
    "page asked for": replace(_asked(PAGE, "page", OPEN, title="Look", receivers=("tem_db",)), fresh=False),
    "page asked for in full": _asked(
        PAGE, "page", OPEN, title="Look", description="at it", urgency="auto", severity="auto", incident=True,
        message="soon", tags=("db", "db"), receivers=("tem_db", "tem_web"),
    ),
    "page asked for of nobody": _asked(PAGE, "page", OPEN, title="Look", tags=("db",), urgency="low"),
    "page renamed": _asked(PAGE, "update", title="New", severity="SEV-3"),
    "page given to others": _asked(OF_LINK, "update", receivers=("tem_web",), incident=False, urgency="auto"),
    "page marked an incident": _asked(OF_PAGE, "update", incident=True, message="all"),
    "page renamed long ago": replace(_asked(PAGE, "update", title="New"), fresh=False),
    "page acknowledged": _asked(OF_PAGE, "acknowledge", ACKED),
    "page resolved": replace(_asked(OF_PAGE, "resolve", OVER), text=_TOLD),
    "trouble acknowledged": replace(_asked(OF_LINK, "acknowledge", ACKED), text=_TOLD),
    "trouble resolved": _asked(OF_LINK, "resolve", OVER),
}  # fmt: skip
_NONE = {
    "news that does not cross": Event(ALT, Says.NOTHING, "event_reminder.created"),
    "a part that cannot be read": Event(ALT, Says.FAULTY, "alerts.2"),
}
EVENTS: dict[str, Event] = {**_ALERTS, **_INCIDENTS, **_TEXTS, **_TOOLS, **_NONE}
