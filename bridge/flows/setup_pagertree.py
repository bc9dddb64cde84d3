"""PagerTree's side of `bridge setup`: one Outgoing Webhook that tells the bridge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge.core.policy import PAGERTREE
from bridge.core.routes import last_resort
from bridge.errors import Declined
from bridge.flows import integrations as desks
from bridge.flows.asking import RECEIVERS
from bridge.flows.checks import fail, warn
from bridge.flows.integrations import Desk
from bridge.flows.setup_parts import Job, Part, done, planned
from bridge.systems.contract import Known
from bridge.systems.pagertree import outgoing
from bridge.systems.pagertree.integrations import Integration, fields_of

NAME = "PagerTree's webhook"
NEIGHBOUR = "PagerTree telling Rootly itself"
URGENCY = "low"  # PagerTree may want one; an integration that only sends raises nothing by it


def connect(job: Job) -> Iterator[Part]:
    desk = Desk(job.config, job.send)
    listed = tuple(one for one in desks.all_of(desk) if outgoing.sends(one))
    address = f"{job.address}/webhooks/{PAGERTREE}"
    options = outgoing.wanted(address, job.config.pagertree.webhook)
    mine = _mine(listed, address, job.name, options)
    yield _made(job, desk, options, address) if mine is None else _mended(job, desk, mine, options, address)
    yield from _cautions(listed, mine, address)


def _mine(listed: tuple[Integration, ...], address: str, name: str, options: dict[str, object]) -> Integration | None:
    """Ours by its address, the best of several; else by its name."""
    there = [one for one in listed if outgoing.address_of(one) == address]
    named = [one for one in listed if one.name.casefold() == name.casefold()]
    ranked = sorted(there or named, key=lambda one: (not one.enabled, len(outgoing.lacking(one, options)), one.id))
    return ranked[0] if ranked else None


def _made(job: Job, desk: Desk, options: dict[str, object], address: str) -> Part:
    changes = (f"create the Outgoing Webhook {job.name!r} to {address} with {len(outgoing.EVENTS)} events",)
    if job.plan:
        return planned(NAME, changes)
    kind = desks.kind_named(desks.kinds_of(desk), "Outgoing Webhook")
    plain = {"name": job.name, "enabled": True, "urgency": URGENCY, "integration_type_id": kind.id}
    try:
        made = desks.create(desk, fields_of(plain, (), options))
    except Declined as fault:
        if not outgoing.refuses_bare(str(fault)):
            raise
        made = desks.create(desk, fields_of(plain, _anybody(desk), options))
    return _stands(made, options, address, changes)


def _anybody(desk: Desk) -> tuple[Known, ...]:
    """Whom an integration names that never raises an alert, where PagerTree insists: whom the last route pages."""
    directory = desk.directory()
    named = (directory.find(one.name, *RECEIVERS) for one in last_resort(desk.config.routes))
    return tuple(known for known in named if known)[:1]


def _mended(job: Job, desk: Desk, mine: Integration, options: dict[str, object], address: str) -> Part:
    lacking = outgoing.lacking(mine, options)
    changes = (*(() if mine.enabled else ("switch it on",)), *outgoing.in_words(lacking, mine, address))
    if not changes:
        return _stands(mine, options, address, ())
    changes = tuple(f"{change} ({mine.name})" for change in changes)
    if job.plan:
        return planned(NAME, changes)
    plain: dict[str, Any] = {} if mine.enabled else {"enabled": True}
    return _stands(desks.update(desk, mine, fields_of(plain, (), lacking)), options, address, changes)


def _stands(shown: Integration, options: dict[str, object], address: str, changes: tuple[str, ...]) -> Part:
    """Judged by what PagerTree shows of it afterwards: an option that it does not have it drops without a word."""
    left = outgoing.lacking(shown, options)
    what = f"{shown.name} ({shown.prefix_id or shown.id})"
    comments = {outgoing.option_of(event) for event in outgoing.COMMENTS}
    if not shown.enabled or left.keys() - comments:
        still = "; ".join(outgoing.in_words(left, shown, address)) or "switch it on"
        return Part(fail(NAME, f"{what}: PagerTree did not keep what was set", f"in its UI: {still}"), changes)
    if left:
        mend = "tick them in PagerTree's UI; until then what people write there does not reach Rootly"
        return Part(warn(NAME, f"{what} does not send comments", mend), changes)
    return done(NAME, f"{what} sends {len(outgoing.EVENTS)} events to {address}", changes)


def _cautions(listed: tuple[Integration, ...], mine: Integration | None, address: str) -> Iterator[Part]:
    for one in listed:
        what = f"{one.name} ({one.prefix_id or one.id})"
        if one is not mine and one.enabled and outgoing.address_of(one) == address:
            yield Part(warn(NAME, f"{what} goes to {address} as well: everything comes twice", "delete or disable it"))
        if outgoing.tells_rootly(one):
            mend = f"`bridge integrations disable {one.prefix_id or one.id}`, or each alert stands in Rootly twice"
            yield Part(warn(NEIGHBOUR, f"{what} goes to Rootly", mend))
    if mine is not None and str(mine.options.get("template") or "").strip():
        yield Part(warn(NAME, f"{mine.name} has a template of its own", "let it keep type and data, or remove it"))
