"""What one link, delivery or call tells: its beginning and its newest, however much there is."""

from __future__ import annotations

import pytest

from bridge.model import Create, Draft, Note, Verdict
from bridge.store import stories
from bridge.store.stories import Gap, gaps
from tests.store.examples import (
    BEGAN,
    apply,
    claim,
    claim_deliveries,
    claim_one,
    decided,
    fresh,
    keep,
    mark,
    paged,
    settle,
    with_page_made,
)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """In the place of hundreds."""
    monkeypatch.setattr(stories, "FIRST", 2)
    monkeypatch.setattr(stories, "NEWEST", 3)


def came(store, link, number):
    """So many deliveries that were judged on it."""
    for key in range(number):
        keep(store, str(key))
    for delivery in claim_deliveries(store, number):
        store.write(lambda tx, d=delivery: tx.close(d, Verdict.APPLIED, "counted", [link.id]))


def noted(store, link, *texts):
    apply(store, fresh(store, link), *(Note("pagertree", mark(), text, text) for text in texts))


def told(store, link):
    with store.reports() as reports:
        return reports.link(link.id)


def test_of_many_deliveries_and_calls_the_first_and_the_newest_are_told(store):
    link = with_page_made(store)
    came(store, link, 9)
    noted(store, link, *"abcdefgh")
    row = told(store, link)
    assert [one["key"] for one in row["deliveries"]] == ["0", "1", "6", "7", "8"]
    assert [one["command"].get("text") for one in row["calls"]] == [None, "a", "f", "g", "h"]
    assert row["counts"] == {"deliveries": 9, "calls": 9, "audit": 0}


def test_how_many_are_left_out_is_said_with_where_the_newest_begin(store, time):
    link = with_page_made(store)
    came(store, link, 6)
    time.pass_(60)
    for number in range(7):
        store.write(lambda tx, n=number: tx.audit("ada", f"look {n}", link.id))
    row = told(store, link)
    assert [one["action"] for one in row["audit"]] == ["look 0", "look 1", "look 4", "look 5", "look 6"]
    assert gaps(row) == [
        Gap("deliveries", 1, 6, row["deliveries"][2]["received_at"]),
        Gap("audit", 2, 7, row["audit"][2]["at"]),
    ]


def test_of_few_nothing_is_left_out_and_none_stands_there_twice(store):
    link = with_page_made(store)
    came(store, link, 4)
    row = told(store, link)
    assert [one["key"] for one in row["deliveries"]] == ["0", "1", "2", "3"]
    assert gaps(row) == []


def test_who_was_paged_in_between_is_told_too(store):
    link = with_page_made(store)
    noted(store, link, *"abc")
    apply(store, fresh(store, link), Create("pagertree", f"{mark()}+critical", Draft(title="once more")))
    noted(store, link, *"defgh")
    row = told(store, link)
    assert [one["kind"] for one in row["calls"]] == ["create", "note", "create", "note", "note", "note"]
    assert row["counts"]["calls"] == 10


def test_a_call_names_what_it_waits_for_however_long_ago_that_was_decided(store):
    link = paged(store)
    noted(store, link, *"abcdefgh")
    create, *_, last = told(store, link)["calls"]
    with store.reports() as reports:
        assert reports.call(last["id"]) == last
    assert last["standing"].startswith(f"waits for call {create['id']} (create)")


def test_what_is_stuck_is_found_among_all_calls(store):
    link = with_page_made(store)
    noted(store, link, *"abcdefgh")
    dead, tried = claim(store, 2)
    settle(store, dead, "dead", "refused")
    settle(store, tried, "owed", "busy")
    with store.reports() as reports:
        assert reports.stuck(link.id, 9) == [dead.id, tried.id]
        assert (reports.stuck(link.id, 1), reports.stuck("nothing", 9)) == ([dead.id], [])


def test_ids_alone_are_those_of_the_rows(store):
    link = with_page_made(store)
    came(store, link, 3)
    noted(store, link, "a", "b")
    with store.reports() as reports:
        for what, filters in (("deliveries", {"link": link.id}), ("calls", {"kind": "note"}), ("links", {})):
            rows = getattr(reports, what)(filters, 2)
            assert reports.ids(what, filters, 2) == [row["id"] for row in rows] != []


def test_deliveries_and_calls_tell_the_titles_of_their_links_and_a_delivery_its_own_calls(store):
    link = with_page_made(store)
    came(store, link, 2)
    (first, second) = told(store, link)["deliveries"]
    cause = first["id"]
    store.write(lambda tx: tx.apply(decided_on(tx, link), cause))
    with store.reports() as reports:
        assert reports.deliveries({}, 1)[0]["titles"] == {link.id: "Database down"}
        assert [call["title"] for call in reports.calls({}, 9)] == ["Database down"] * 2
        assert [call["kind"] for call in reports.delivery(cause)["calls"]] == ["note"]
        assert reports.delivery(second["id"])["calls"] == []


def decided_on(tx, link):
    return decided(tx.link(link.id), Note("pagertree", mark(), "words", "k"))


def test_a_resync_tells_the_titles_of_the_links_that_it_names(store):
    link = with_page_made(store)
    found = [{"kind": "missed", "object": "pagertree/alt_1", "link": one} for one in (link.id, "", "gone")]
    times = {"started_at": BEGAN.isoformat(), "finished_at": None}
    run = {"id": "r1", **times, "state": "done", "seen": 1, "drifts": 3, "calls": 0, "detail": {"found": found}}
    store.write(lambda tx: tx.record_run(run))
    with store.reports() as reports:
        assert [one["title"] for one in reports.run("r1")["detail"]["found"]] == ["Database down", "", ""]


def test_a_call_that_was_given_up_stands_so(store):
    paged(store)
    settle(store, claim_one(store), "dead", "refused")
    with store.reports() as reports:
        (row,) = reports.calls({}, 1)
        assert reports.call(row["id"])["standing"].startswith("refused; tried once, given up")
