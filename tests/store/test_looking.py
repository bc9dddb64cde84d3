"""Lists in bounded time: what no index finds is looked for a stretch at a time, and no row is lost between pages."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from bridge.model import Hook, Status, Verdict
from bridge.store import filters, looking
from bridge.store.figures import HEARD
from bridge.store.reports import LISTS
from bridge.store.sqlite import open_sqlite
from tests.store.examples import apply, claim_deliveries, incident, keep, member, with_page_made

FEW = 3  # rows of a stretch


def kept(store, count, **odd):
    """So many deliveries, and of some places another door."""
    return [keep(store, str(n), hook=Hook(b"", door=odd.get(f"at_{n}", "webhook"))).id for n in range(count)]


def look(store, what, asked, limit=2, before="", stretch=FEW):
    listing = replace(LISTS[what], stretch=stretch)
    with store.reports() as reports:
        return looking.page(reports._reader, listing, asked, limit, before, lambda rows: [dict(row) for row in rows])


def ids(page):
    return [row["id"] for row in page.rows]


def all_of(store, what, asked, limit=2):
    """By the cursors, to the end."""
    page, found = look(store, what, asked, limit), []
    while page.older:
        found += ids(page)
        page = look(store, what, asked, limit, page.older)
    return [*found, *ids(page)]


def test_a_page_ends_with_its_stretch_and_says_where_to_go_on(store):
    old, *_ = kept(store, 5, at_0="poll")
    page = look(store, "deliveries", {"door": "poll"})
    assert (page.rows, page.looked) == ([], FEW)
    rest = look(store, "deliveries", {"door": "poll"}, before=page.older)
    assert (ids(rest), rest.older, rest.looked) == ([old], "", 0)


@pytest.mark.parametrize(
    "asked", [{}, {"door": "webhook"}, {"source": "rootly"}, {"verdict": "waiting", "door": "webhook"}]
)
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_the_cursors_lead_past_every_row_once(store, asked, limit):
    deliveries = kept(store, 7)
    assert all_of(store, "deliveries", asked, limit) == deliveries[::-1]


def test_what_an_index_finds_is_found_however_old_it_is(store):
    kept(store, 1)
    (odd,) = claim_deliveries(store)
    store.write(lambda tx: tx.close(odd, Verdict.QUARANTINED, "no JSON"))
    kept(store, 9)
    assert ids(look(store, "deliveries", {"verdict": "quarantined", "reason": "json"})) == [odd.id]


def test_a_stretch_is_of_what_leads(store):
    tools = [keep(store, f"t{n}", "int_1").id for n in range(2)]
    kept(store, 9)
    assert ids(look(store, "deliveries", {"source": "int_1", "door": "webhook"})) == tools[::-1]
    assert ids(look(store, "deliveries", {"integration": "int_1"})) == tools[::-1]


def test_times_bound_what_is_looked_at(store, time):
    first = keep(store, "first").id
    time.pass_(60)
    kept(store, 9)
    until = time.now.isoformat()
    assert ids(look(store, "deliveries", {"until": until, "door": "webhook"})) == [first]
    assert len(all_of(store, "deliveries", {"since": until})) == 9


@pytest.mark.parametrize("q", ["inc-1", "alt_1", "inc_1"])
def test_a_link_is_found_by_its_name_however_old_it_is(store, q):
    old = with_page_made(store, 1)
    for number in range(10, 15):
        with_page_made(store, number)
    assert ids(look(store, "links", {"q": q})) == ids(look(store, "links", {"q": old.id})) == [old.id]


def test_a_link_found_by_its_name_still_has_to_fit(store):
    over = apply(store, member(with_page_made(store), incident().id, status=Status.RESOLVED))
    assert ids(look(store, "links", {"q": over.id, "status": "resolved"})) == [over.id]
    assert ids(look(store, "links", {"q": over.id, "status": "live"})) == []


def test_two_filters_of_which_one_leads_both_count():
    found = filters.where(filters.DELIVERIES, {"verdict": "quarantined", "source": "rootly"}, "")
    assert (found.led, found.rest) == ("verdict = 'quarantined'", "source || '' = :source")


# What leads has its index in SQLite, whatever else there is: no walk over all rows, no sorting of what was found.
LED = [
    *(("deliveries", name, value) for name, value in (("source", "int_1"), ("integration", "int_1"), ("link", "x"))),
    *(("deliveries", "verdict", word) for word in ("waiting", "quarantined", "ignored", "superseded")),
    *(("links", "status", word) for word in ("held", "unlinked", "open", "acknowledged", "live")),
    *(("links", "system", "int_1"), ("calls", "link", "x")),
    *(("calls", "state", word) for word in ("owed", "dead", "shadow", "superseded")),
]


@pytest.mark.parametrize(("what", "name", "value"), LED)
def test_what_leads_is_found_by_its_index(tmp_path, what, name, value):
    open_sqlite(tmp_path / "a.db").close()
    listing, found = LISTS[what], filters.where(LISTS[what].clauses, {name: value}, "z")
    sql = f"EXPLAIN QUERY PLAN {listing.select} WHERE {found.whole} ORDER BY id DESC LIMIT 5"
    with closing(sqlite3.connect(tmp_path / "a.db")) as db:
        steps = [row[3] for row in db.execute(sql, dict(found.values))]
    assert found.rest == ""
    assert not any(re.search(r"SCAN \w+$|autoindex.*\(id<\?\)|TEMP B-TREE", step) for step in steps), steps


def test_who_is_silent_is_found_by_an_index(tmp_path):
    open_sqlite(tmp_path / "a.db").close()
    with closing(sqlite3.connect(tmp_path / "a.db")) as db:
        steps = db.execute(f"EXPLAIN QUERY PLAN {HEARD}", {"source": "rootly", "least": "a"}).fetchall()
    assert "deliveries_heard (source=? AND id>?)" in steps[0][3]
