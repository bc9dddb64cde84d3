"""The bridge broken on purpose, for as long as a seed runs: a machine that notices nothing of it would prove nothing.

Each switch puts something else in the place of one function of the real code; no such switch is in the bridge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from bridge import known
from bridge.app import Parts
from bridge.core import alerts, circuits, incidents, retry, texts
from bridge.core import decide as deciding
from bridge.core import outcome as outcomes
from bridge.core.drift import missing
from bridge.flows import calls, clocks, judging, pages, process, receive, resync
from bridge.flows.judging import judge, summary
from bridge.model import Advance, Call, Delivery, Event, Note, Outcome, Retry, Says, Settlement, Status, Verdict
from bridge.store import claims, jumps, outbox, upkeep
from bridge.store.contract import Kept
from bridge.store.transaction import SqlTransaction
from simulation.chances import ORDINARY, Weather
from simulation.play import play
from simulation.virtual import Place


def create_without_looking() -> list[Place]:
    """A create whose answer was lost is simply made once more."""
    return [(calls, "_looked_up", lambda *_: None)]


def settle_ignored() -> list[Place]:
    """What is not there yet is taken for never made."""
    return [(outcomes, "judge_absent", lambda *_: None)]


def crash_forgotten() -> list[Place]:
    """After a restart, what was under way counts as never tried."""
    return [(upkeep, "TAKE_BACK_CALLS", upkeep.TAKE_BACK_CALLS.replace("unsure = 1, ", ""))]


def mark_forgotten() -> list[Place]:
    """Our own page is taken for somebody else's alert."""
    decide, links_of = deciding.decide, SqlTransaction.links_of

    def unmarked(event: Event, *rest: Any) -> Any:
        return decide(replace(event, mark="") if event.says is not Says.TEXT else event, *rest)

    def found(tx: SqlTransaction, refs: Any, _mark: str = "", _target: str = "") -> Any:
        return links_of(tx, refs)

    return [(judging, "decide", unmarked), (SqlTransaction, "links_of", found)]


def pushed_up_again() -> list[Place]:
    """What a person lowered is raised again by the next resync."""

    def never_done(event: Event, _link: Any, member: Any) -> bool:
        return member.asked is not None and event.status is not None and event.status < member.asked

    return [(alerts, "_fell", lambda *_: False), (alerts, "_was_never_done", never_done)]


def two_links() -> list[Place]:
    """News of a known trouble begins another link."""
    links_of = SqlTransaction.links_of

    def sometimes(tx: SqlTransaction, *asked: Any) -> Any:
        return () if int(tx.now.timestamp()) % 3 == 0 else links_of(tx, *asked)

    return [(SqlTransaction, "links_of", sometimes)]


def own_words_cross() -> list[Place]:
    """What we wrote ourselves is taken for a person's when it comes back."""
    decide_text = texts.decide_text

    def believed(event: Event, link: Any, policy: Any) -> Any:
        text = event.text and replace(event.text, by_person=True)
        if link is not None:
            link = replace(link, members=tuple(m for m in link.members if m.is_(link.origin) or not m.is_(event.ref)))
        return decide_text(replace(event, mark="", text=text), link, policy)

    return [(deciding, "decide_text", believed)]


def notes_block() -> list[Place]:
    """A resolve waits for the notes before it."""
    before, after = "first.kind IN ('create', 'advance')", "first.kind IN ('create', 'advance', 'note')"
    return [(outbox, "REFRESH", outbox.REFRESH.replace(before, after))]


def order_forgotten() -> list[Place]:
    """A resolve does not wait for its create."""
    return [(claims, "DUE", claims.DUE.replace("AND blocked = 0 ", ""))]


def closed_before_applied() -> list[Place]:
    """A delivery has its end before what it says is done."""

    def conclude(parts: Parts, delivery: Delivery, events: tuple[Event, ...]) -> Any:
        parts.store.write(lambda tx: tx.close(delivery, Verdict.APPLIED, "applied"))
        decisions = parts.store.write(lambda tx: [d for e in events for d in judge(parts, tx, e, delivery.id)])
        return (*summary(decisions), tuple(decisions))

    return [(process, "_conclude", conclude)]


def answered_before_stored() -> list[Place]:
    """Now and then a webhook is answered 200 and not kept."""
    hand_over = receive.hand_over

    def promised(parts: Parts, arriving: Any) -> None:
        if int(parts.clock().timestamp()) % 5:
            hand_over(parts, arriving)
            return
        for one in arriving:
            one.promise.set_result(Kept(f"lost-{one.key}", duplicate=False))

    return [(receive, "hand_over", promised)]


def duplicates_unknown() -> list[Place]:
    """A webhook that comes twice is two deliveries."""
    keep = SqlTransaction.keep

    def kept(tx: SqlTransaction, source: str, key: str, hook: Any) -> Kept:
        return keep(tx, source, f"{key}:{tx._session.new_id()}", hook)

    return [(SqlTransaction, "keep", kept)]


def lease_ignored() -> list[Place]:
    """What one hand has claimed is free for the next one."""
    claim = SqlTransaction.claim_calls

    def claimed(tx: SqlTransaction, limit: int, _lease: timedelta, *rest: Any) -> Any:
        return claim(tx, limit, timedelta(0), *rest)

    return [(SqlTransaction, "claim_calls", claimed)]


def body_believed() -> list[Place]:
    """A webhook's body alone begins a new episode."""
    rootly = known.SOURCES["rootly"]
    decide_incident = incidents.decide_incident

    def fresh(event: Event, *rest: Any) -> Any:
        status = event.status or Status.OPEN
        return decide_incident(replace(event, fresh=True, status=status), *rest)

    return [(rootly, "question", lambda *_: None), (deciding, "decide_incident", fresh)]


def half_a_list() -> list[Place]:
    """Half a list is believed: what it does not show is taken for over, without a second read."""

    def vanished(parts: Parts, run: Any, names: frozenset[str]) -> Any:
        with parts.store.reports() as reports:
            links = list(reports.live_links())

        def believe(tx: Any, event: Event) -> None:
            judge(parts, tx, event, "")

        for drift in missing(links, frozenset(sorted(names)[::2]), run.started_at):
            over = Event(drift.ref, Says.STATE, "not listed", Status.RESOLVED, fresh=True)
            parts.store.write(partial(believe, event=over))
        return []

    return [(resync, "_vanished", vanished)]


def one_try() -> list[Place]:
    """A call that fails once is given up."""
    return [(outcomes, "again", lambda _call, reason, *_: Settlement("dead", reason))]


def resolves_dropped() -> list[Place]:
    """What ends on one side goes on on the other."""
    apply = SqlTransaction.apply

    def applied(tx: SqlTransaction, decision: Any, *rest: Any) -> Any:
        kept = [c for c in decision.commands if not (isinstance(c, Advance) and c.status is Status.RESOLVED)]
        return apply(tx, replace(decision, commands=tuple(kept)), *rest)

    return [(SqlTransaction, "apply", applied)]


def circuit_never_closes() -> list[Place]:
    """A side that was down once is never tried again."""
    return [(circuits, "lets_pass", lambda circuit, _now: not circuit.open)]


def circuit_never_opens() -> list[Place]:
    """A side that refuses our key is called as before."""
    return [(circuits, "after", lambda circuit, *_: circuit)]


def no_backoff() -> list[Place]:
    """What failed is tried again at once."""
    return [(retry, "delay", lambda *_: timedelta(0))]


def no_jitter() -> list[Place]:
    """All that failed together comes back together."""
    delay = retry.delay
    return [(retry, "delay", lambda attempt, _chance: delay(attempt, 1.0))]


def one_line_for_all() -> list[Place]:
    """First in, first out over all links: a call that fails is waited for by everybody."""
    first = "AND NOT EXISTS (SELECT 1 FROM outbox AS o WHERE o.state = 'owed' AND o.id < outbox.id) "
    return [(claims, "DUE", claims.DUE.replace("AND due_at <= :now", f"AND due_at <= :now {first}"))]


def clock_believed() -> list[Place]:
    """A wall clock that jumps takes the waits along: a lease or a retry may be hours off."""
    return [(jumps, "shift", lambda *_: None)]


def ahead_for_ever() -> list[Place]:
    """What waits since the clock was ahead waits until it is there again, once nobody has seen it put right."""
    return [(jumps, "bring_back", lambda *_: None)]


def age_by_our_clock() -> list[Place]:
    """A trouble is as old as our own clock says."""
    return [(clocks, "age", lambda parts, since: parts.clock() - since)]


def webhooks_trusted() -> list[Place]:
    """Nobody looks whether a webhook was lost."""
    return [(resync, "_compare_and_keep", lambda *_: None), (resync, "_take_missed", lambda *_: None)]


def doubt_is_success() -> list[Place]:
    """A call without an answer counts as done."""
    return [(outcomes, "_doubtful", lambda _call, reason, *_: Settlement("done", reason))]


def refused_key_is_final() -> list[Place]:
    """401 ends a call instead of holding it until the key is renewed."""
    judged = outcomes._judged

    def ended(call: Call, outcome: Outcome, *rest: Any) -> Settlement:
        refused = isinstance(outcome, Retry) and outcome.auth
        return Settlement("dead", outcome.reason) if refused else judged(call, outcome, *rest)

    return [(outcomes, "_judged", ended)]


def note_without_looking() -> list[Place]:
    """A note whose answer was lost is written once more."""
    looked_up = calls._looked_up

    def looked(parts: Parts, call: Call, chance: float) -> Settlement | None:
        return None if isinstance(call.command, Note) else looked_up(parts, call, chance)

    return [(calls, "_looked_up", looked)]


def page_key_forgotten() -> list[Place]:
    """A page that a workflow asks for twice with one key is two pages."""
    return [(pages.Ticket, "is_repeated", lambda *_: False)]


def pause_ignored() -> list[Place]:
    """What a paused link owes leaves all the same."""
    return [(outbox, "REFRESH", outbox.REFRESH.replace("links.held = 1", "0"))]


def tombstone_forgotten() -> list[Place]:
    """A pair that was taken apart is put together again by the next news."""
    links_of = SqlTransaction.links_of

    def whole(tx: SqlTransaction, *asked: Any) -> Any:
        return tuple(link for link in links_of(tx, *asked) if not link.apart)

    return [(SqlTransaction, "links_of", whole)]


SWITCHES: dict[str, Callable[[], list[Place]]] = {
    switch.__name__: switch
    for switch in (
        *(create_without_looking, settle_ignored, crash_forgotten, mark_forgotten, pushed_up_again, two_links),
        *(own_words_cross, notes_block, order_forgotten, closed_before_applied, answered_before_stored),
        *(duplicates_unknown, lease_ignored, body_believed, half_a_list, one_try, resolves_dropped),
        *(circuit_never_closes, circuit_never_opens, no_backoff, no_jitter, one_line_for_all, clock_believed),
        *(webhooks_trusted, doubt_is_success, refused_key_is_final, note_without_looking, page_key_forgotten),
        *(pause_ignored, tombstone_forgotten, age_by_our_clock, ahead_for_ever),
    )
}


# Where what is broken shows rarely, its seeds have more of what shows it; the whole bridge plays the same seeds.
TROUBLES = ("an alert", "an incident", "a signal")
WEATHER: dict[str, Weather] = {
    "circuit_never_opens": Weather(favoured=TROUBLES, spells=1.0, deeds=40, longest=120.0),
    "age_by_our_clock": Weather(favoured=("an incident",), longest=240.0, ahead=7200.0),
    "ahead_for_ever": Weather({"crash_call": 0.15}, spells=1.0, longest=240.0, ahead=6000.0),
    "clock_believed": Weather({"refused": 0.3, "broken": 0.3}, deeds=30, longest=240.0, ahead=6000.0),
    "crash_forgotten": Weather(
        {"crash_call": 0.15, "loss": 0.6}, favoured=("an incident", "a signal", "page"), operators=0.3
    ),
    "mark_forgotten": Weather(favoured=("an incident", "a signal")),
    "no_backoff": Weather({"refused": 0.3, "broken": 0.3}),
    "page_key_forgotten": Weather(favoured=("page",), operators=0.4),
    "pause_ignored": Weather(favoured=("pause",), operators=0.4, deeds=30),
    "pushed_up_again": Weather(favoured=("hand an alert off", "time an alert out", "answer and hand on")),
    "refused_key_is_final": Weather(spells=1.0),
    "settle_ignored": Weather({"late": 0.3, "overlap": 0.4}),
    "tombstone_forgotten": Weather(favoured=("unlink",), operators=0.4),
}


@dataclass(frozen=True, slots=True)
class Caught:
    """What noticed the sabotage, and in which seed, after how many. `fault` empty: nothing did."""

    name: str
    fault: str
    seed: int
    after: int

    @property
    def caught(self) -> bool:
        return bool(self.fault)


def hunt(name: str, seeds: Iterable[int]) -> Caught:
    """Play seeds with the switch on, in its weather, until one fails that holds without it."""
    count, weather = 0, WEATHER.get(name, ORDINARY)
    for seed in seeds:
        count += 1
        if (fault := play(seed, SWITCHES[name](), weather).fault) and not play(seed, (), weather).fault:
            return Caught(name, fault, seed, count)
    return Caught(name, "", -1, count)


def table(rows: Iterable[Caught]) -> str:
    """As Markdown."""
    lines = ["| sabotage | what it does | caught by | seeds until then |", "| --- | --- | --- | --- |"]
    for row in rows:
        what = (SWITCHES[row.name].__doc__ or "").strip()
        by = row.fault.split()[0] if row.fault else "**nothing**"
        lines.append(f"| `{row.name}` | {what} | {by} | {row.after} |")
    return "\n".join(lines)
