"""The doors of the audit: a list in pages, and a file that streams."""

from __future__ import annotations

import json
from http.client import HTTPConnection, IncompleteRead

import pytest
from werkzeug.test import Client

from bridge.app import Parts
from bridge.core.chain import Entry, Head, walk
from bridge.flows.audit import TOGETHER
from tests.web.doors import READER, Running, bearer


def write(parts: Parts, count: int, actor: str = "ann") -> None:
    def work(tx) -> None:
        for number in range(count):
            tx.audit(actor, "replay", f"d{number}", 'é \n "')

    parts.store.write(work)


def ask(client: Client, path: str = ""):
    return client.get(f"/api/v1/audit{path}", headers=bearer(READER))


def exported(client: Client, query: str = "") -> list[Entry]:
    return [Entry(**json.loads(line)) for line in ask(client, f"/export{query}").data.splitlines()]


def test_entries_are_listed_newest_first_and_by_pages(client: Client, parts: Parts):
    write(parts, 3)
    first = ask(client, "?limit=2").json
    assert ([entry["subject"] for entry in first["items"]], first["next"]) == (["d2", "d1"], "2")
    rest = ask(client, f"?before={first['next']}").json
    assert ([entry["subject"] for entry in rest["items"]], rest["next"]) == (["d0"], None)


def test_a_list_and_an_export_can_be_filtered(client: Client, parts: Parts):
    write(parts, 2)
    write(parts, 1, "bob")
    assert [entry["id"] for entry in ask(client, "?actor=bob").json["items"]] == ["3"]
    assert [entry.seq for entry in exported(client, "?actor=ann&subject=d1")] == [2]
    assert exported(client, "?until=2020-01-01T00:00:00Z") == []


def test_an_export_is_a_chain_from_its_first_line_on(client: Client, parts: Parts):
    write(parts, 3)
    answer = ask(client, "/export")
    assert (answer.content_type, answer.headers["Cache-Control"]) == ("application/x-ndjson", "no-store")
    found = walk(exported(client), Head())
    assert (found.misfit, found.sealed) == (None, 3)
    assert [entry.seq for entry in exported(client, "?after=1")] == [2, 3]


def test_a_long_export_is_read_page_by_page_and_each_page_is_of_its_own_moment(client: Client, parts: Parts):
    write(parts, TOGETHER)
    with ask(client, "/export") as answer:
        pages = answer.iter_encoded()
        assert next(pages).count(b"\n") == TOGETHER
        write(parts, 1, "meanwhile")
        assert b"meanwhile" in b"".join(pages)


def test_few_long_exports_are_under_way_at_once_and_short_ones_always(client: Client, parts: Parts):
    write(parts, TOGETHER)
    with ask(client, "/export"), ask(client, "/export"):
        refused = ask(client, "/export")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
        assert len(exported(client, f"?after={TOGETHER - 1}")) == 1
    assert len(exported(client)) == TOGETHER
    assert client.head("/api/v1/audit/export", headers=bearer(READER)).status_code == 200


def test_an_export_that_breaks_off_is_not_taken_for_a_whole_one(running: Running, parts: Parts):
    write(parts, TOGETHER + 1)
    parts.store.write(spoil_the_last)
    wire = HTTPConnection("127.0.0.1", running.port, timeout=20)
    wire.request("GET", "/api/v1/audit/export", headers=bearer(READER))
    answer = wire.getresponse()
    with pytest.raises(IncompleteRead) as broken:
        answer.read()
    assert (answer.status, broken.value.partial.count(b"\n")) == (200, TOGETHER)
    wire.close()


def spoil_the_last(tx) -> None:
    """Nobody can read it from then on."""
    tx._session.run("DROP TRIGGER audit_is_not_changed")
    tx._session.run("UPDATE audit SET detail = CAST(x'ff' AS TEXT) WHERE seq = :seq", seq=TOGETHER + 1)


@pytest.mark.parametrize(
    "query", ["after=x", "after=-1", f"after={10**16}", "limit=5", "since=yesterday", "colour=red"]
)
def test_what_cannot_be_asked_is_refused_by_name(client: Client, query: str):
    refused = ask(client, f"/export?{query}")
    assert (refused.status_code, query.partition("=")[0] in refused.json["message"]) == (400, True)
