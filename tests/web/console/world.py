"""What stands in the store for the pages: links, deliveries and calls in every state, with texts that mean harm."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from bridge.app import Parts
from bridge.model import (
    Create,
    Decision,
    Draft,
    Hook,
    Link,
    Member,
    Receiver,
    Ref,
    Settlement,
    Status,
    Trouble,
    Verdict,
)

HARM = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>{{ 7*7 }}"
    "\x1b[31mred\x1b[0m \N{RIGHT-TO-LEFT OVERRIDE}gnirts\N{POP DIRECTIONAL FORMATTING} " + "x" * 10_000
)
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Page:
    """One incident's page: its link, the call that makes it, and the delivery that asked for it."""

    link: str
    call: str
    delivery: str


def _kept(tx: Any, text: str, source: str) -> Any:
    body = f'{{"title": "{text}"}}'.encode() if text.isalnum() else text.encode()
    kept = tx.keep(source, f"event-{next(_numbers)}", Hook(body, {"x-seen": text}, {"asked": text}))
    return next(one for one in tx.claim_deliveries(100, timedelta(minutes=5)) if one.id == kept.id)


def delivery(parts: Parts, text: str = "down", verdict: Verdict = Verdict.IGNORED, source: str = "rootly") -> str:
    """A delivery that was judged and concerned no link, with `text` wherever a text can stand."""

    def work(tx: Any) -> str:
        kept = _kept(tx, text, source)
        tx.close(kept, verdict, text)
        return str(kept.id)

    return parts.store.write(work)


def page(parts: Parts, text: str = "down") -> Page:
    """An incident whose page is owed."""
    incident = f"0f3b1c5e-7c9c-4e7a-9c57-{next(_numbers):012x}"
    mark = f"rootly:{incident}#1"
    origin = Member("rootly", "incident", incident, incident, status=Status.OPEN, url="https://rootly.example/1")
    members = (origin, Member("pagertree", "alert", mark, mark=mark, create="owed", url="javascript:alert(3)"))
    trouble = Trouble(text, text, number="INC-12", url="javascript:alert(4)")
    draft = Draft(text, receivers=(Receiver("tem_payments"),), route="route 0")

    def work(tx: Any) -> tuple[str, str]:
        kept = _kept(tx, text, "rootly")
        link = Link("", "incident", Ref("rootly", "incident", incident), trouble, members, tx.now)
        made = tx.apply(Decision(Verdict.APPLIED, text, link, (Create("pagertree", mark, draft),)), kept.id)
        tx.close(kept, Verdict.APPLIED, text, [made.link.id])
        return made.link.id, kept.id

    link, cause = parts.store.write(work)
    with parts.store.reports() as reports:
        return Page(link, str(reports.calls({"link": link}, 1)[0]["id"]), cause)


def tried(parts: Parts, one: Page, state: str, reason: str = "refused") -> Page:
    """Its call was made, with this end."""

    def work(tx: Any) -> None:
        (call,) = [c for c in tx.claim_calls(100, timedelta(minutes=5), ["pagertree"]) if c.id == one.call]
        made = Ref("pagertree", "alert", f"alt_{next(_numbers)}") if state == "done" else None
        tx.settle(call, Settlement(state, reason, timedelta(hours=1), ref=made))

    parts.store.write(work)
    return one
