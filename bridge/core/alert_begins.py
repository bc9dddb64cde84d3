"""The first we hear of an alert: passed over, remembered, linked to what is there, or raised on the other side."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bridge.core import mapping, pages
from bridge.core.happenings import happened
from bridge.core.links import at_home, met, promised, put
from bridge.core.marks import alert_mark, pagertree_key
from bridge.core.policy import PAGERTREE, ROOTLY, Policy
from bridge.core.steps import drive
from bridge.model import Create, Decision, Draft, Event, Link, Phase, Says, Status, Trouble, Verdict


def begin(event: Event, policy: Policy, now: datetime) -> Decision:
    if event.gone or event.status is None:
        return Decision(Verdict.IGNORED, "nothing is linked to this alert")
    if event.ref.system == ROOTLY:
        return _begin_rootly(event, policy, now)
    if event.mark:
        return Decision(Verdict.IGNORED, f"carries our mark {event.mark}, which this bridge did not give: left alone")
    if event.phase is Phase.SUPPRESSED:
        return Decision(Verdict.IGNORED, "suppressed by a PagerTree router: nobody is paged, nothing to mirror")
    link = _new_link(event, now)
    if known := _remembered(event, link, policy):
        return known
    mirrored = _mirror(event, link, policy)
    return _and_happened(mirrored, event, policy, now) if event.says is Says.HAPPENED else mirrored


def _and_happened(begun: Decision, event: Event, policy: Policy, now: datetime) -> Decision:
    """News that overtook the alert's own: it is noted as well, once the mirror is there."""
    assert begun.link is not None
    done = happened(event, begun.link, begun.link.home, policy, now)
    return replace(begun, link=done.link, commands=(*begun.commands, *done.commands))


def _begin_rootly(event: Event, policy: Policy, now: datetime) -> Decision:
    link = _new_link(event, now)
    theirs = [ref for ref in event.also if (ref.system, ref.kind) == (PAGERTREE, "alert")]
    if theirs:
        link = replace(link, origin=theirs[0], members=(at_home(theirs[0], None, None), *link.members))
        return Decision(Verdict.APPLIED, f"shows PagerTree alert {theirs[0].id}: linked, nothing is repeated", link)
    if not policy.page_rootly_alerts:
        return Decision(Verdict.IGNORED, "Rootly alerts of other sources page nobody (sync.page_rootly_alerts is off)")
    return _remembered(event, link, policy) or pages.paged(link, policy, alert_mark(event.ref.id, 1), now, "new")


def _new_link(event: Event, now: datetime) -> Link:
    trouble = event.trouble or Trouble()
    return Link("", "alert", event.ref, trouble, (met(event),), trouble.began_at or now)


def _remembered(event: Event, link: Link, policy: Policy) -> Decision | None:
    if event.status is Status.RESOLVED:
        return Decision(Verdict.APPLIED, "over before it began here: remembered, nothing is raised", link)
    if link.began_at < policy.installed_at:
        return Decision(Verdict.APPLIED, "began before the bridge: listed, never mirrored", replace(link, listed=True))
    return None


def _mirror(event: Event, link: Link, policy: Policy) -> Decision:
    """A PagerTree alert of its own becomes a Rootly alert."""
    mark = pagertree_key(event.ref.id)
    urgency = mapping.rootly_urgency(policy.maps, link.trouble.urgency)
    create = Create(ROOTLY, mark, _draft(event.ref.id, link.trouble, urgency.value))
    link, calls = drive(put(link, promised(ROOTLY, mark, 1)), link.home, event, policy)
    reason = f"new in PagerTree ({event.status_word}): to Rootly"
    unmapped = (urgency.unmapped,) if urgency.unmapped else ()
    return Decision(Verdict.APPLIED, reason, link, (create, *calls), unmapped=unmapped)


def _draft(alert_id: str, trouble: Trouble, urgency: str) -> Draft:
    return Draft(
        title=trouble.title or f"PagerTree alert {trouble.number}".strip(),
        description=trouble.description,
        urgency=urgency,
        labels=trouble.labels,
        url=trouble.url,
        external_id=alert_id,
    )
