"""What must hold after every step: one function each, which says what is broken, or nothing.

Numbers are those of the promises: I1 nothing accepted is lost, I2 one live page, I3 order, I5 no echo, I8 the store.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from bridge.core import marks
from bridge.model import Status
from simulation.machine import TOOL, Machine
from simulation.network import Network
from simulation.people import People
from simulation.vendors import Vendors

GONE = ("resolved", "suppressed")
OURS = ("rootly:", "page:", f"{TOOL}:")  # how our marks begin in PagerTree
MOST_CALLS = 8  # effective writes for each thing that somebody did, notes on several pages included


text_mark = lru_cache(100_000)(marks.text_mark)


@dataclass(frozen=True)
class Evidence:
    book: sqlite3.Connection  # the bridge's own store
    accepted: set[str]
    people: People
    vendors: Vendors
    network: Network
    machine: Machine

    @cached_property
    def texts(self) -> dict[tuple[str, str], list[str]]:
        return written(self.vendors)


def i1_accepted_is_kept_and_ends(e: Evidence) -> str:
    rows = {row[0]: row[1:] for row in e.book.execute("SELECT id, verdict, reason, due_at FROM deliveries")}
    if lost := e.accepted - rows.keys():
        return f"I1 {len(lost)} accepted deliveries are not in the inbox"
    silent = [i for i, (verdict, reason, _) in rows.items() if verdict != "waiting" and not reason]
    return f"I1 delivery {silent[0]} ended without a reason" if silent else ""


def i1_nothing_applied_is_without_its_link(e: Evidence) -> str:
    count = e.book.execute(UNTRACED).fetchone()[0]
    return f"I1 {count} deliveries say applied and touched no link" if count else ""


UNTRACED = """
SELECT count(*) FROM deliveries WHERE verdict = 'applied' AND NOT EXISTS (
    SELECT 1 FROM traces WHERE traces.delivery = deliveries.id)
"""


def i1_a_repeat_is_one_delivery(e: Evidence) -> str:
    row = e.book.execute(REPEATS).fetchone()
    return f"I1 one webhook of {row[0]} is {row[1]} deliveries" if row else ""


REPEATS = """
SELECT source, count(*) FROM deliveries WHERE door = 'webhook' AND source IN ('pagertree', 'rootly')
GROUP BY source, body HAVING count(*) > 1 LIMIT 1
"""


def i2_one_live_page_for_a_mark(e: Evidence) -> str:
    marks = Counter(str(a["thirdparty_id"]) for a in e.vendors.pagertree.world.alerts if a["status"] not in GONE)
    for mark, count in marks.items():
        if mark.startswith(OURS) and count > 1 + e.network.spared[mark]:
            return f"I2 {count} live alerts bear the mark {mark}"
    return ""


def i2_one_live_mirror_for_an_alert(e: Evidence) -> str:
    """Rootly takes up a repeat only while the first lives: what a person resolved meanwhile may be raised once more.
    A new episode waits for nothing, so the alert of the one before it may live until its resolve, owed by now, is done.
    """
    leaving = {row[0] for row in e.book.execute(LEAVING)}
    live = [a for a in e.vendors.rootly.alerts.by_id.values() if a.external_id and a.status not in GONE]
    for key, count in Counter(a.external_id for a in live if a.deduplication_key not in leaving).items():
        if count > 1:
            return f"I2 {count} live Rootly alerts stand for {key}"
    return ""


LEAVING = f"""
SELECT of FROM outbox WHERE state = 'owed' AND target = 'rootly' AND kind = 'advance'
    AND json_extract(command, '$.status') = {Status.RESOLVED:d}
"""


def i2_one_link_for_a_trouble(e: Evidence) -> str:
    row = e.book.execute(TWINS).fetchone()
    return f"I2 {row[1]} links for the one trouble {row[0]}" if row else ""


TWINS = """
SELECT origin_id, count(*) FROM links GROUP BY origin_system, origin_kind, origin_id HAVING count(*) > 1
"""


def i2_an_episode_needs_a_restart(e: Evidence) -> str:
    """A webhook that comes late is no news of life."""
    for (mark,) in e.book.execute("SELECT DISTINCT mark FROM refs WHERE mark LIKE 'rootly:%' OR mark LIKE 'int%'"):
        found = re.match(r"(?:rootly|int_tool):(.+)#(\d+)", mark)
        if found is None:
            continue
        most = 1 + e.people.restarts[found[1]] if mark.startswith("rootly:") else e.people.raised[found[1]]
        if int(found[2]) > most:
            return f"I2 {mark}: an episode that nobody began"
    return ""


def i3_nothing_before_its_create(e: Evidence) -> str:
    row = e.book.execute(EARLY).fetchone()
    return f"I3 {row[0]} of {row[1]} was tried before its create was confirmed" if row else ""


EARLY = """
SELECT late.kind, late.of FROM outbox AS late JOIN outbox AS made
    ON made.link = late.link AND made.target = late.target AND made.of = late.of
WHERE made.kind = 'create' AND made.state = 'owed' AND late.kind IN ('advance', 'update', 'note')
    AND (late.attempts > 0 OR late.state = 'dead')
LIMIT 1
"""


def i3_a_confirmed_call_is_not_repeated(e: Evidence) -> str:
    """What a person lowered after it stays as the person wants it."""
    row = e.book.execute(PUSHED).fetchone()
    return f"I3 {row[0]} at {row[1]} was asked for {row[2]} times after it was confirmed" if row else ""


PUSHED = """
SELECT later.of, later.target, count(*) FROM outbox AS done JOIN outbox AS later
    ON later.link = done.link AND later.target = done.target AND later.of = done.of
    AND json_extract(later.command, '$.status') <= json_extract(done.command, '$.status') AND later.id > done.id
WHERE done.kind = 'advance' AND done.state = 'done' AND later.kind = 'advance'
    AND later.created_at > done.finished_at
GROUP BY later.of, later.target LIMIT 1
"""


def i5_nothing_is_written_twice(e: Evidence) -> str:
    for where, texts in e.texts.items():
        codes = Counter(code for text in texts if (code := text_mark(text)))
        if (twice := [code for code, count in codes.items() if count > 1]) and not _in_doubt(e, *where):
            return f"I5 the note {twice[0]} stands {codes[twice[0]]} times on {where}"
    return ""


def i5_words_cross_once(e: Evidence) -> str:
    """A person's words stand once where they were written and once on each object of the other side; ours never."""
    for where, texts in e.texts.items():
        ours = [text for text in texts if text_mark(text)]
        for word, home in e.people.said.items():
            count = sum(f"{word} " in text for text in ours)
            if count and where[0] == home:
                return f"I5 {word} came back to {home}, where it was written"
            if count > 1 and not _in_doubt(e, *where):
                return f"I5 {word} stands {count} times on {where}"
    return ""


def _in_doubt(e: Evidence, system: str, id_: str) -> bool:
    """PagerTree knows an alert by two ids, and either may be written to."""
    alert = e.vendors.pagertree.world.inside.get(id_) if system == "pagertree" else None
    return e.network.in_doubt(id_, str(alert.shown["prefix_id"]) if alert else "")


def written(vendors: Vendors) -> dict[tuple[str, str], list[str]]:
    """All texts by system and object."""
    found: dict[tuple[str, str], list[str]] = {}
    for comment in vendors.pagertree.world.comments:
        found.setdefault(("pagertree", comment["commentable_id"]), []).append(str(comment["body"]))
    for alert in vendors.rootly.alerts.by_id.values():
        for event in vendors.rootly.alerts.history(alert):
            if event.kind == "note":
                found.setdefault(("rootly", alert.id), []).append(str(event.details))
    for incident in vendors.rootly.incidents.by_id.values():
        for entry in vendors.rootly.incidents.timeline(incident):
            found.setdefault(("rootly", incident.id), []).append(entry.text)
    return found


def i5_our_pages_are_not_mirrored(e: Evidence) -> str:
    """A page is the incident's: as an alert of its own it would come back to Rootly."""
    shown = {a.external_id for a in e.vendors.rootly.alerts.by_id.values()}
    pages = (a for a in e.vendors.pagertree.world.alerts if str(a["thirdparty_id"]).startswith(OURS))
    return next(
        (f"I5 the page {a['id']} came back to Rootly as an alert" for a in pages if a["prefix_id"] in shown), ""
    )


def i5_calls_are_bounded(e: Evidence) -> str:
    most = MOST_CALLS * (e.people.deeds + 1)
    return f"I5 {e.network.writes} writes for {e.people.deeds} deeds" if e.network.writes > most else ""


def i5_nothing_ends_by_itself(e: Evidence) -> str:
    """The bridge resolves what somebody ended, or a double; never what only a list or a body left out."""
    ended = e.people.ended
    for alert_id in e.people.alerts:
        alert = e.vendors.pagertree.world.inside[alert_id]
        mirrors = [a for a in e.vendors.rootly.alerts.by_id.values() if a.external_id == alert.shown["prefix_id"]]
        over = alert.status == "resolved" or any(m.status == "resolved" for m in mirrors)
        if over and not ended & {alert_id, *e.people.attached.get(alert_id, ()), *(m.id for m in mirrors)}:
            return f"I5 alert {alert_id} was resolved, and nobody had ended it"
    for incident in e.people.incidents:
        if incident not in ended and (page := _resolved_page(e, incident)):
            return f"I5 the page {page} was resolved while its incident lives"
    return ""


def _resolved_page(e: Evidence, incident: str) -> str:
    """One that no person resolved and that was no double, neither of a live page nor of one that a person ended."""
    pages = [a for a in e.vendors.pagertree.world.alerts if str(a["thirdparty_id"]).startswith(f"rootly:{incident}#")]
    people = e.people.ended
    kept = {a["thirdparty_id"] for a in pages if a["status"] not in GONE or a["id"] in people}
    over = [a for a in pages if a["status"] == "resolved" and a["id"] not in people]
    return next((a["id"] for a in over if a["thirdparty_id"] not in kept), "")


def i8_only_creates_and_moves_are_waited_for(e: Evidence) -> str:
    count = e.book.execute(BLOCKED).fetchone()[0]
    return f"I8 {count} owed calls wait for a note or for nothing" if count else ""


BLOCKED = """
SELECT count(*) FROM outbox WHERE state = 'owed' AND blocked = 1
    AND NOT EXISTS (SELECT 1 FROM links WHERE links.id = outbox.link AND held = 1) AND NOT EXISTS (
    SELECT 1 FROM outbox AS first WHERE first.link = outbox.link AND first.target = outbox.target
        AND first.state = 'owed' AND first.id < outbox.id AND first.kind IN ('create', 'advance'))
"""


def i8_what_was_seen_on_the_way(e: Evidence) -> str:
    return e.machine.broken[0] if e.machine.broken else ""


Invariant = Callable[[Evidence], str]

INVARIANTS: tuple[Invariant, ...] = (
    i8_what_was_seen_on_the_way,
    i8_only_creates_and_moves_are_waited_for,
    i1_accepted_is_kept_and_ends,
    i1_nothing_applied_is_without_its_link,
    i1_a_repeat_is_one_delivery,
    i2_one_live_page_for_a_mark,
    i2_one_live_mirror_for_an_alert,
    i2_one_link_for_a_trouble,
    i2_an_episode_needs_a_restart,
    i3_nothing_before_its_create,
    i3_a_confirmed_call_is_not_repeated,
    i5_nothing_is_written_twice,
    i5_words_cross_once,
    i5_our_pages_are_not_mirrored,
    i5_calls_are_bounded,
    i5_nothing_ends_by_itself,
)


LAST_KEPT = "SELECT MAX(rowid) FROM deliveries"

# It asks what came in at the doors: only one delivery more can break it.
OF_WHAT_CAME: frozenset[Invariant] = frozenset({i1_a_repeat_is_one_delivery})

# It asks the vendors, and the tables for what is still owed to them.
OF_BOTH: frozenset[Invariant] = frozenset({i2_one_live_mirror_for_an_alert})

# They ask the bridge's own tables; what else they look at only grows and only allows more.
OF_WHAT_IS_STORED: frozenset[Invariant] = frozenset(
    {
        i8_only_creates_and_moves_are_waited_for,
        i1_accepted_is_kept_and_ends,
        i1_nothing_applied_is_without_its_link,
        i2_one_link_for_a_trouble,
        i2_an_episode_needs_a_restart,
        i3_nothing_before_its_create,
        i3_a_confirmed_call_is_not_repeated,
    }
)
