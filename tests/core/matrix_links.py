"""The situations of the matrix: how a link may stand when news of it comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bridge.core.decide import decide
from bridge.core.policy import Policy, Terms
from bridge.model import Event, Link, Member, Phase, Receiver
from tests.core.matrix_events import ALT9, EVENTS, KEY, PAGE, SIGNAL
from tests.core.stories import ACKED, ALT, INC, MARK, NOW, OPEN, OVER, policy, settled

TERMS = Terms(("pagertree", "rootly"), (Receiver("tem_a"),), ("User", "7"), auto_resolve=timedelta(minutes=30))
ASKED_FOR: dict[str, Any] = {
    "resolve_related_incidents": True, "resolve_incident_on_page_resolved": True, "page_dropped": "next_route",
    "comments_to_rootly": False, "comments_to_pagertree": False, "page_on_triage": True, "note_mitigated": False,
    "page_closed_meanwhile": True, "repage_on_raise": False, "page_rootly_alerts": True, "retriggered": "episode",
    "incident_kinds": frozenset({"normal", "test"}), "private_incidents": True, "shadow": frozenset({"rootly"}),
}  # fmt: skip
USUAL = "as it comes"
POLICIES = {
    USUAL: policy(integrations={"int_1": TERMS}),
    "all asked for": policy(integrations={"int_1": TERMS}, **ASKED_FOR),
}
Situation = Callable[[Policy], Link | None]
IDS = {"pagertree": "alt_1", "rootly": "rtl-1"}


def _judged(event: Event, link: Link | None, policy_: Policy) -> Link:
    """What does not cross leaves the link as it is."""
    found = decide(event, link, policy_, NOW).link or link
    assert found is not None
    return found


def _after(*names: str, made: bool = True) -> Situation:
    """The link once these events were judged; with what they made, unless it is still to be made."""

    def stands(policy_: Policy) -> Link:
        link = None
        for name in names:
            link = _judged(EVENTS[name], link, policy_)
            link = settled(link, **IDS) if made else replace(link, id="lnk")
        assert link is not None
        return link

    return stands


def _but(stands: Situation, of: str = "", **changes: Any) -> Situation:
    """The same, with something else about the members called so, or about the link."""

    def changed(policy_: Policy) -> Link:
        link = stands(policy_)
        assert link is not None
        if not of:
            return replace(link, **changes)
        return replace(link, members=tuple(replace(m, **changes) if m.name == of else m for m in link.members))

    return changed


def _with(stands: Situation, *more: Member) -> Situation:
    def joined(policy_: Policy) -> Link:
        link = stands(policy_)
        assert link is not None
        return replace(link, members=(*link.members, *more))

    return joined


MIRRORED, PAGED, RAISED = _after("alt_1 open"), _after("incident live"), _after("tool raises")
OWN, PAGED_LOW = _but(_after("page asked for in full"), id="pag"), _after("incident low")
HELD_TOO = Member("pagertree", "alert", ALT9.id, ALT9.id, status=ACKED)
PROMISED = Member("pagertree", "alert", "page:pag#1", mark="page:pag#1", create="owed")
SITUATIONS: dict[str, Situation] = {
    "nothing known": lambda _: None,
    "alert mirrored": MIRRORED,
    "alert whose mirror is not made yet": _after("alt_1 open", made=False),
    "alert whose mirror may be made": _but(_after("alt_1 open", made=False), KEY, create="unsure"),
    "alert whose mirror was never made": _but(_after("alt_1 open", made=False), KEY, create="dead"),
    "alert acknowledged, its mirror asked": _after("alt_1 open", "alt_1 acknowledged by Ann"),
    "alert acknowledged, its mirror owed": _but(_after("alt_1 open", "alt_1 acknowledged by Ann"), owing=1),
    "alert acknowledged with its mirror": _but(_after("alt_1 open", "alt_1 acknowledged by Ann"), KEY, status=ACKED),
    "alert whose mirror pages nobody": _but(MIRRORED, KEY, phase=Phase.SILENT),
    "alert whose mirror was taken down": _but(MIRRORED, KEY, lowered=True, asked=ACKED),
    "alert over, its mirror live": _but(MIRRORED, ALT.id, status=OVER, asked=OVER),
    "alert over with its mirror": _but(_after("alt_1 open", "alt_1 resolved"), KEY, status=OVER),
    "alert deleted": _after("alt_1 open", "alt_1 deleted"),
    "alert suppressed": _after("alt_1 open", "alt_1 suppressed"),
    "alert listed": _but(MIRRORED, listed=True),
    "alert in a second episode": _but(_but(MIRRORED, ALT.id, episode=2), episode=2),
    "alert paused": _but(MIRRORED, held=True),
    "alert taken apart": _but(MIRRORED, held=True, apart=True),
    "alert commented": _after("alt_1 open", "comment on alt_1 edited"),
    "incident paged": PAGED,
    "incident whose page is not made yet": _after("incident live", made=False),
    "incident whose page was never made": _but(_after("incident live", made=False), MARK, create="dead"),
    "incident paged and mitigated": _but(PAGED, INC.id, phase=Phase.MITIGATED),
    "incident paged low": PAGED_LOW,
    "incident whose page is acknowledged": _but(PAGED, MARK, status=ACKED),
    "incident whose page is over": _but(PAGED, MARK, status=OVER),
    "incident over, its page asked": _after("incident live", "incident over"),
    "incident over with its page": _but(_after("incident live", "incident over"), MARK, status=OVER),
    "incident holds alt_1": _after("incident holds alt_1"),
    "incident paged holds alt_9": _with(PAGED, HELD_TOO),
    "incident listed": _but(PAGED, listed=True),
    "incident paged and asked for": _with(PAGED, PROMISED, Member("page", "signal", PAGE.id, PAGE.id, status=OPEN)),
    "tool raised": RAISED,
    "tool raised, nothing made yet": _after("tool raises", made=False),
    "tool raised, its alerts deleted": _but(RAISED, "int_1:123#1", gone=True),
    "tool raised and resolved": _after("tool raises", "tool resolves"),
    "tool taken apart": _but(RAISED, held=True, apart=True),
    "tool taken apart when over": _but(_but(RAISED, SIGNAL.id, status=OVER), held=True, apart=True),
    "page of its own": OWN,
    "page of its own, not made yet": _but(_after("page asked for in full", made=False), id="pag"),
    "page of its own, taken down": _but(OWN, "page:pag#1", status=ACKED, lowered=True),
    "page of its own, over": _but(OWN, "page:pag#1", status=OVER),
}
