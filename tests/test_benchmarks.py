"""The history that the console is measured on is one that the bridge could have written, and the measuring works."""

from __future__ import annotations

import os
from datetime import datetime

import pytest

from benchmarks.console import Size, measured
from benchmarks.history import NEWS, fill_file
from bridge.store.ids import received_at
from bridge.store.sqlite import open_sqlite

LINKS = 60


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    path = tmp_path_factory.mktemp("history") / "bridge.db"
    fill_file(path, LINKS)
    store = open_sqlite(path)
    assert store.verify() == ()
    with store.reports() as reports:
        yield reports
    store.close()


def test_it_holds_what_it_says(reports):
    counts = reports.counts()
    assert (counts["links"], counts["deliveries"]) == (LINKS, LINKS * NEWS)


def test_its_ids_tell_the_time(reports):
    for row in reports.deliveries({}, 20):
        assert abs(received_at(row["id"]).timestamp() - _seconds(row["received_at"])) < 0.01


def test_each_of_its_links_has_a_story(reports):
    newest = reports.links({}, 1)[0]["id"]
    link = reports.link(newest)
    assert (len(link["deliveries"]), len(link["calls"]), len(link["members"])) == (NEWS, 2, 2)
    assert reports.link(link["members"][1]["id"])["id"] == newest


@pytest.mark.skipif(
    os.environ.get("BRIDGE_TESTS") != "all", reason="takes several seconds: BRIDGE_TESTS=all asks for it"
)
def test_every_page_is_asked_and_no_webhook_is_refused_meanwhile():
    figures = {
        figure.name: figure for figure in measured(Size(links=LINKS, rounds=1, seconds=0.5, calm=0.2, opened=(0, 2)))
    }
    assert figures["webhooks taken meanwhile"].note.startswith("0 of ")
    assert {"/", "/links", "/deliveries", "/calls", "/audit", "/healthz", "2 open pages"} <= set(figures)


def _seconds(text):
    return datetime.fromisoformat(text).timestamp()
