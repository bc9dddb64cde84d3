"""A Rootly incident as its link knows it: how people call it, and how newer words join the older ones."""

from __future__ import annotations

from dataclasses import replace

from bridge.core.policy import Policy
from bridge.model import Event, Link, Trouble


def called(trouble: Trouble) -> str:
    """The incident as people know it: number, title, address."""
    return " ".join(
        part for part in (trouble.number, f"“{trouble.title}”" if trouble.title else "", trouble.url) if part
    )


def is_hidden(event: Event, link: Link, policy: Policy) -> bool:
    """Turned private, by the newest that we know of it."""
    return (event.trouble or link.trouble).private and not policy.private_incidents


def refreshed(link: Link, event: Event) -> Link:
    return replace(link, trouble=merged(link.trouble, event.trouble))


def merged(old: Trouble, new: Trouble | None) -> Trouble:
    """The newer words; what a webhook body leaves out (severity is null there) stays as it was."""
    if new is None:
        return old
    facts = new.facts
    if new.severity is None and old.severity is not None:
        facts = {**new.facts, "incident": {**_facts(new), "severity": old.severity}}
    return replace(
        new,
        title=new.title or old.title,
        description=old.description if new.description is None else new.description,
        severity=new.severity or old.severity,
        url=new.url or old.url,
        number=new.number or old.number,
        began_at=old.began_at or new.began_at,
        facts=facts,
    )


def _facts(trouble: Trouble) -> dict[str, object]:
    facts = trouble.facts.get("incident")
    return dict(facts) if isinstance(facts, dict) else {}
