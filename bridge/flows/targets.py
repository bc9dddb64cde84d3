"""Which link and page somebody means by an id, and what is answered about them."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.core.asked_pages import PAGE
from bridge.core.links import highest
from bridge.core.marks import is_page_mark, page_mark, parse_mark
from bridge.core.policy import PAGERTREE, ROOTLY
from bridge.errors import BridgeError
from bridge.model import Link, Member, Ref, Status
from bridge.store.contract import Transaction

_KINDS = ((PAGE, "signal"), (PAGERTREE, "alert"), (ROOTLY, "alert"), (ROOTLY, "incident"))


class Unfound(BridgeError):
    """The caller must name something else: nothing here has that id."""


@dataclass(frozen=True, slots=True)
class Target:
    """`page` is empty where a trouble as a whole is meant. `link` None: it is not kept any more."""

    link: Link | None
    page: str = ""


def target_of(tx: Transaction, id_: str) -> Target:
    """By the id of a link, of a page, of an alert on either side or of an incident. Raises `Unfound`."""
    link = tx.link(id_)
    if link is None:
        links = tx.links_of([Ref(system, kind, id_) for system, kind in _KINDS])
        if not links:
            raise Unfound(
                "Nothing here has this id. It is that of a link, of a page, of an alert in PagerTree (alt_… or ULID) "
                "or Rootly, or of a Rootly incident."
            )
        link = max(links, key=_first_choice)
    return Target(link, _page_in(link, id_))


def _first_choice(link: Link) -> tuple[bool, bool, bool, str]:
    """A tombstone comes last. An alert that an incident holds as well is meant by itself; of several, what lives, and
    the newest of that."""
    return not link.apart, link.kind == "alert", link.status is not Status.RESOLVED, link.id


def _page_in(link: Link, id_: str) -> str:
    if link.home.system == PAGE:
        return link.home.id
    named = next((m for m in link.members if id_ in m.ref.names), None)
    if named is None:
        return ""
    mark = parse_mark(named.mark) if is_page_mark(named.mark) else None
    return mark.id if mark is not None else named.id if named.system == PAGE else ""


def answer_of(target: Target, duplicate: bool, note: str) -> dict[str, object]:
    """`pagertree_alert` is null until it is made."""
    member = _member(target)
    mark = member.mark if member is not None else page_mark(target.page, 1) if target.page else ""
    return {
        "link": target.link.id if target.link is not None else None,
        "page": target.page or None,
        "status": _status(target.link, member).word,
        "mark": mark or None,
        "pagertree_alert": _alert_id(member),
        **({"duplicate": True} if duplicate else {}),
        **({"note": note} if note else {}),
    }


def _member(target: Target) -> Member | None:
    """The PagerTree alert of the page, or the newest of the trouble."""
    if target.link is None:
        return None
    if target.page:
        return target.link.named(PAGERTREE, page_mark(target.page, 1))
    return next(reversed(target.link.current(PAGERTREE)), None)


def _status(link: Link | None, member: Member | None) -> Status:
    """As far as it is or was asked to go; a page ends before its incident does."""
    if link is None or link.status is Status.RESOLVED:
        return Status.RESOLVED
    return (highest(member.status, member.asked) if member is not None else link.status) or Status.OPEN


def _alert_id(member: Member | None) -> str | None:
    if member is None or not member.id:
        return None
    return next((name for name in sorted(member.ref.names) if name.startswith("alt_")), member.id)
