"""What people read: rows newest first, in pages, by filters; figures; the links that resync compares."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bridge.model import Advance, Circuit, Hook, Note, Ref, Status, Verdict
from tests.store.examples import (
    apply,
    claim,
    claim_deliveries,
    claim_one,
    keep,
    made,
    mark,
    member,
    paged,
    settle,
    with_page_made,
)


def read(store, what, *arguments, **filters):
    with store.reports() as reports:
        return getattr(reports, what)(filters, *(arguments or (50,)))


def ids(rows):
    return [row["id"] for row in rows]


def over(store, number):
    return apply(store, member(with_page_made(store, number), f"inc_{number}", status=Status.RESOLVED))


def test_deliveries_come_newest_first_in_pages(store):
    kept = [keep(store, str(number)).id for number in range(5)]
    first = read(store, "deliveries", 2)
    assert ids(first) == [kept[4], kept[3]]
    assert ids(read(store, "deliveries", 9, first[-1]["id"])) == [kept[2], kept[1], kept[0]]


def test_deliveries_are_filtered(store, time):
    a = keep(store, "a", "pagertree", Hook(b"", door="poll")).id
    time.pass_(60)
    b = keep(store, "b").id
    link = paged(store)
    (first, second) = claim_deliveries(store)
    store.write(lambda tx: tx.close(first, Verdict.APPLIED, "done", [link.id]))
    store.write(lambda tx: tx.close(second, Verdict.QUARANTINED, "odd"))
    c = keep(store, "c").id
    assert ids(read(store, "deliveries", source="pagertree")) == [a]
    assert ids(read(store, "deliveries", door="poll")) == [a]
    assert ids(read(store, "deliveries", verdict="quarantined")) == [b]
    assert ids(read(store, "deliveries", verdict="waiting")) == [c]
    assert ids(read(store, "deliveries", link=link.id)) == [a]
    assert ids(read(store, "deliveries", since=time.now.isoformat())) == [c, b]
    assert ids(read(store, "deliveries", until=time.now.isoformat(), source="")) == [a]


@pytest.mark.parametrize("filters", [{"verdict": "no such word"}, {"no such filter": "x"}])
def test_a_word_nobody_knows_finds_nothing(store, filters):
    keep(store)
    assert read(store, "deliveries", **filters) == []


def test_one_delivery_shows_its_body_as_text_whatever_its_bytes(store):
    kept = keep(store, hook=Hook(b"a\xff", {"h": "v"}, {"q": "w"}))
    with store.reports() as reports:
        row = reports.delivery(kept.id)
        assert reports.delivery("nothing") is None
    assert (row["body"], row["headers"], row["query"]) == ("a\ufffd", {"h": "v"}, {"q": "w"})


def test_links_are_filtered(store):
    live, ended = with_page_made(store, 1), over(store, 2)
    assert ids(read(store, "links")) == [ended.id, live.id]
    assert ids(read(store, "links", status="resolved")) == [ended.id]
    assert ids(read(store, "links", status="open")) == ids(read(store, "links", status="live")) == [live.id]
    assert ids(read(store, "links", kind="alert")) == []
    assert ids(read(store, "links", system="rootly")) == [ended.id, live.id]


@pytest.mark.parametrize("q", ["INC-2", "inc-2", "inc_2", "alt_2", "base"])
def test_links_are_found_by_title_number_or_any_id(store, q):
    with_page_made(store, 1)
    second = with_page_made(store, 2)
    assert second.id in ids(read(store, "links", q=q))
    assert (len(read(store, "links", q=q)) == 1) is (q != "base")


def test_a_search_takes_no_wildcards(store):
    with_page_made(store)
    assert read(store, "links", q="inc%1") == read(store, "links", q="I_C-1") == []


def test_one_link_tells_its_story_in_order(store):
    link = with_page_made(store)
    apply(store, link, Note("pagertree", mark(), "one", "1"))
    for key in ("a", "b"):
        keep(store, key)
        (delivery,) = claim_deliveries(store)
        store.write(lambda tx, d=delivery: tx.close(d, Verdict.APPLIED, "done", [link.id]))
    with store.reports() as reports:
        row = reports.link(link.id)
        assert reports.link("alt_1") == reports.link("inc_1") == row
        assert reports.link("nothing") is None
    assert [call["kind"] for call in row["calls"]] == ["create", "note"]
    assert [delivery["key"] for delivery in row["deliveries"]] == ["a", "b"]
    assert [m["id"] for m in row["members"]] == ["inc_1", "alt_1"]
    assert row["trouble"]["title"] == row["title"] == "Database down"


def test_calls_are_filtered(store):
    link = with_page_made(store)
    apply(store, link, Advance("pagertree", mark(), Status.RESOLVED))
    assert [c["kind"] for c in read(store, "calls")] == ["advance", "create"]
    for filters in ({"state": "owed"}, {"kind": "advance"}, {"lane": "resolves"}):
        assert [c["kind"] for c in read(store, "calls", **filters)] == ["advance"]
    assert len(read(store, "calls", link=link.id, target="pagertree")) == 2
    assert read(store, "calls", state="dead") == read(store, "calls", target="rootly") == []


def test_rows_are_plain_json(store):
    link = with_page_made(store)
    keep(store)
    with store.reports() as reports:
        rows = [reports.link(link.id), reports.deliveries({}, 9), reports.calls({}, 9), reports.figures()]
        call = reports.call(rows[2][0]["id"])
    assert json.loads(json.dumps(rows)) == rows
    assert call == rows[2][0] | {"standing": "done; tried once"}


def test_figures_tell_how_the_bridge_stands(store, time):
    settle_dead(store)
    paged(store, 2)
    keep(store)
    (delivery,) = claim_deliveries(store)
    store.write(lambda tx: tx.close(delivery, Verdict.QUARANTINED, "odd"))
    keep(store, "two")
    store.write(lambda tx: tx.set_circuit(Circuit("rootly", True, time.now, time.now, "down", 5)))
    time.pass_(7)
    with store.reports() as reports:
        figures = reports.figures()
    assert figures["backlog"] == [{"target": "pagertree", "lane": "pages", "calls": 1}]
    assert (figures["oldest_owed"], figures["oldest_waiting"]) == (7.0, 7.0)
    assert (figures["waiting"], figures["quarantined"], figures["dead"], figures["live_links"]) == (1, 1, 1, 2)
    assert [c["target"] for c in figures["circuits"]] == ["rootly"]


def test_paused_links_are_counted_and_tombstones_are_not(store):
    for number in (1, 2, 3):
        with_page_made(store, number)
    first, second, _ = ids(read(store, "links"))
    store.write(lambda tx: (tx.hold(first, "ada"), tx.hold(second, "ada"), tx.take_apart(second, "ada", "wrong")))
    with store.reports() as reports:
        assert reports.figures()["paused"] == len(read(store, "links", status="held")) == 1


def settle_dead(store):
    paged(store)
    settle(store, claim_one(store), "dead", "never")


def test_an_empty_store_has_figures_too(store):
    with store.reports() as reports:
        figures = reports.figures()
    assert (figures["backlog"], figures["oldest_owed"], figures["live_links"]) == ([], 0.0, 0)


def test_resync_compares_what_lives_and_what_is_over_here_with_a_dead_call(store):
    live, ended, unsaid = with_page_made(store, 1), over(store, 2), over(store, 3)
    apply(store, unsaid, Advance("pagertree", mark(3), Status.RESOLVED))
    settle(store, claim_one(store), "dead", "never")
    with store.reports() as reports:
        assert [link.id for link in reports.live_links()] == [live.id, unsaid.id]
        assert [link.id for link in reports.links_of([made(2)])] == [ended.id]


def test_a_report_is_of_one_moment(store):
    keep(store, "before")
    with store.reports() as reports:
        assert len(reports.deliveries({}, 9)) == 1
        keep(store, "after")
        assert len(reports.deliveries({}, 9)) == 1
    assert len(read(store, "deliveries")) == 2


def test_looking_claims_nothing(store):
    paged(store)
    with store.reports() as reports:
        reports.links_of([Ref("rootly", "incident", "inc_1")])
    assert len(claim(store, lease=timedelta(seconds=1))) == 1


def test_links_of_many_objects_are_those_that_each_alone_would_find(store):
    for number in (1, 2):
        with_page_made(store, number)
    asked = [([made(number)], mark(number), "pagertree") for number in (2, 1, 2)] + [([made(9)], "", "")]
    with store.reports() as reports:
        each = reports.links_of_each(asked)
        assert each == [reports.links_of(*one) for one in asked]
    assert [len(links) for links in each] == [1, 1, 1, 0]
