"""A new page that somebody asks for: whom it goes to, and what it says.

What was asked stands; only what was left open is filled in by the incident that it joins, by the routes and the maps.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from bridge.core import mapping, pages
from bridge.core.links import met, promised, put
from bridge.core.marks import page_mark
from bridge.core.policy import PAGERTREE, Policy
from bridge.model import JSON, Create, Decision, Draft, Event, Link, Receiver, Trouble, Verdict

PAGE = "page"  # the system whose objects are the pages that were asked for
_WORDS = ("title", "description", "urgency", "severity", "message")


def new_page(event: Event, link: Link | None, policy: Policy, now: datetime) -> Decision:
    if link is not None and link.find(event.ref):
        return Decision(Verdict.IGNORED, "paged already", link)
    if link is not None and link.kind != "incident":
        return Decision(Verdict.IGNORED, "no incident, so the page does not join it")
    trouble = link.trouble if link is not None else _trouble(event.draft, now)
    mark = page_mark(event.ref.id, 1)
    page = _phrased(event, trouble, mark, link is not None, policy, now)
    if page.create is None:
        return Decision(Verdict.IGNORED, page.reason)
    if link is None:
        link = _link_of_its_own(event, trouble, page.create.draft, now)
    else:
        link = put(link, met(event, link.episode))
    link = put(link, promised(PAGERTREE, mark, link.episode))
    reason = f"asked for by {event.actor}: {page.reason}"
    return Decision(Verdict.APPLIED, reason, link, (page.create,), (), page.alarms, page.unmapped)


def _link_of_its_own(event: Event, trouble: Trouble, draft: Draft, now: datetime) -> Link:
    """Its id is the page's, so that whoever asked knows its mark before it is made."""
    said = replace(
        trouble,
        title=draft.title,
        description=draft.description,
        urgency=draft.urgency,
        severity=draft.severity,
        incident=draft.incident,
        message=draft.message,
    )
    return Link(event.ref.id, "alert", event.ref, said, (met(event),), now)


def _trouble(asked: JSON, now: datetime) -> Trouble:
    """What routes may match where no receiver is named."""
    facts = {name: asked[name] for name in ("title", "description", "urgency", "severity") if name in asked}
    facts |= {"tags": list(texts_of(asked, "tags")), "source": PAGE}
    return Trouble(began_at=now, tags=texts_of(asked, "tags"), facts={"alert": facts})


def _phrased(event: Event, trouble: Trouble, mark: str, joins: bool, policy: Policy, now: datetime) -> pages.Page:
    asked, receivers = event.draft, tuple(Receiver(name) for name in texts_of(event.draft, "receivers"))
    incident = bool(asked.get("incident", joins))
    if receivers:
        page = _by_name(trouble, mark, incident, receivers, policy)
    else:
        page = pages.page(policy, trouble, mark, incident, now)
    if page.create is None:
        return page
    draft = replace(page.create.draft, **words_of(asked, trouble, policy))
    draft = replace(draft, tags=tuple(dict.fromkeys((*draft.tags, *texts_of(asked, "tags")))))
    if "incident" in asked:
        draft = replace(draft, incident=incident)
    return replace(page, create=Create(PAGERTREE, mark, draft))


def _by_name(
    trouble: Trouble, mark: str, incident: bool, receivers: tuple[Receiver, ...], policy: Policy
) -> pages.Page:
    severity = mapping.pagertree_severity(policy.maps, trouble.severity)
    urgency = mapping.pagertree_urgency(policy.maps, trouble.severity)
    names = ", ".join(receiver.name for receiver in receivers)
    draft = Draft(
        title=trouble.title or f"Rootly {trouble.number}".strip(),
        description=trouble.description,
        urgency=urgency.value,
        severity=severity.value if incident else None,
        incident=incident,
        message=" ".join(part for part in (trouble.number, trouble.url) if part) or None,
        url=trouble.url,
        receivers=receivers,
        route=f"asked for {names}",
    )
    unmapped = tuple(sorted({value for value in (severity.unmapped, urgency.unmapped) if value}))
    return pages.Page(Create(PAGERTREE, mark, draft), f"pages {names}", unmapped=unmapped)


def words_of(asked: JSON, trouble: Trouble, policy: Policy) -> dict[str, Any]:
    """The fields that were said. `auto` is what the trouble's severity maps to."""
    said = {name: asked[name] for name in _WORDS if name in asked}
    if said.get("urgency") == mapping.AUTO:
        said["urgency"] = mapping.pagertree_urgency(policy.maps, trouble.severity).value
    if said.get("severity") == mapping.AUTO:
        said["severity"] = mapping.pagertree_severity(policy.maps, trouble.severity).value
    return said


def texts_of(asked: JSON, name: str) -> tuple[str, ...]:
    value = asked.get(name)
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()
