"""Some seconds of the seeded simulation, the seeds that failed once, and proof that it would notice."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator

import pytest

from bridge.model import Hook, Request, Response
from simulation import machine, sabotage
from simulation.__main__ import kept_seeds
from simulation.disk import new_disk
from simulation.play import DEMANDS, Play, play
from simulation.threads import Promise
from simulation.vendors import KEYS, URLS, Post, Vendors
from simulation.virtual import Time, in_vendors, replaced, silenced

SECONDS = 6.0

BEARER = {name: {"Authorization": f"Bearer {key}"} for name, key in KEYS.items()}
JSON_API = BEARER["rootly"] | {"Content-Type": "application/vnd.api+json"}
ALERTS = Request("GET", f"{URLS['pagertree']}/alerts", BEARER["pagertree"])
INCIDENTS = Request("GET", f"{URLS['rootly']}/v1/incidents", JSON_API)
ENDPOINTS = Request("GET", f"{URLS['rootly']}/v1/webhooks/endpoints", JSON_API)
ENTRY = "INSERT INTO audit (seq, at, actor, action, subject, detail) VALUES (1, 0.0, 'bridge', 'alarm', 'nothing', '')"
SHORT = (1, 3, 4)  # they are broken in different ways, and soon
FIRST, MOST = 100_000, 30  # a faster machine plays no others than a slower one


@pytest.fixture(scope="module", autouse=True)
def _strict_and_clean() -> Iterator[None]:
    DEMANDS.ask_all()
    yield
    DEMANDS.ask_less()
    machine.clean_up()


def test_no_seed_of_the_next_seconds_breaks_a_promise(capsys: pytest.CaptureFixture[str]) -> None:
    end, count = time.monotonic() + SECONDS, 0
    while count < MOST and time.monotonic() < end:
        played = play(FIRST + count)
        assert not played.fault, f"{played.fault}\n  python -m simulation --replay {played.seed}"
        count += 1
    with capsys.disabled():
        print(f" [simulation: {count} seeds]", end="")

    assert count


@pytest.mark.parametrize("seed", kept_seeds())
def test_a_seed_that_failed_once_holds(seed: int) -> None:
    assert play(seed).fault == ""


def test_a_seed_has_the_same_story_every_time() -> None:
    assert play(7) == play(7)


@pytest.mark.parametrize(
    "name", ["answered_before_stored", "one_line_for_all", "own_words_cross", "tombstone_forgotten"]
)
def test_a_sabotaged_bridge_is_noticed(name: str) -> None:
    assert sabotage.hunt(name, range(40)).caught


def test_nothing_of_a_seed_stays_behind() -> None:
    places = [*sabotage.lease_ignored(), *silenced()]
    before = [vars(place)[name] for place, name, _ in places]

    play(3, sabotage.lease_ignored())

    assert [vars(place)[name] for place, name, _ in places] == before


def test_a_disk_that_is_used_again_is_as_new() -> None:
    first = new_disk(machine.folder())
    fresh = list(first.conn.iterdump())
    with first.plugged() as book:
        book.execute("INSERT INTO facts VALUES ('installed_at', 'now')")
        book.execute(ENTRY)

    again = new_disk(machine.folder())

    assert again is first
    assert list(again.conn.iterdump()) == fresh


def test_the_audit_lets_nothing_go_while_a_seed_is_played() -> None:
    disk = new_disk(machine.folder())
    disk.conn.execute(ENTRY)

    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        disk.conn.execute("DELETE FROM audit")


@pytest.mark.parametrize("name", ["own_words_cross", "half_a_list"])
def test_looking_at_what_changed_notices_what_looking_at_all_notices(name: str) -> None:
    def look_at_all(one: Play) -> None:
        one.checked = None
        check(one)

    check = Play._check
    switch, whole = sabotage.SWITCHES[name], (Play, "_check", look_at_all)

    assert [play(seed, switch()) for seed in SHORT] == [play(seed, [*switch(), whole]) for seed in SHORT]


def test_remembered_answers_are_those_that_would_be_given_again() -> None:
    def forgetful(one: Vendors, system: str, request: Request) -> Response:
        for known in (one._lasting, *one._known.values()):
            known.clear()
        return said(one, system, request)

    said = Vendors._said

    assert [play(seed) for seed in range(4)] == [play(seed, [(Vendors, "_said", forgetful)]) for seed in range(4)]


def test_a_list_that_lags_is_remembered_only_once_it_has_caught_up() -> None:
    time, seen = Time(5), []
    with replaced(in_vendors(time)):
        vendors = Vendors(time, lambda _post: None, queued=0.0, list_lag=2.0)
        vendors.changed()
        vendors.pagertree.raise_alert("slow to show")
        for wait in (0.5, 1.0, 1.0, 1.0):
            time.now += wait
            seen.append(json.loads(vendors.answer("pagertree", ALERTS).body)["total_count"])

    assert seen == [0, 0, 1, 1]


def test_what_became_of_a_webhook_is_forgotten_by_the_lists_of_webhooks_alone() -> None:
    time = Time(5)
    with replaced(in_vendors(time)):
        vendors = Vendors(time, lambda _post: None, queued=0.0, list_lag=0.0)
        before = [vendors.answer("rootly", one) for one in (INCIDENTS, ENDPOINTS)]
        vendors.senders["rootly"].note(Post("rootly", Hook(b"", {}), "incident.created 1"), 200)
        after = [vendors.answer("rootly", one) for one in (INCIDENTS, ENDPOINTS)]

    assert [one.body is other.body for one, other in zip(before, after, strict=True)] == [True, False]


def test_a_promise_tells_whoever_asked_before_and_after_it_was_kept() -> None:
    told: list[int] = []
    promise = Promise()
    promise.add_done_callback(lambda done: told.append(done.result()))
    promise.set_result(7)
    promise.add_done_callback(lambda done: told.append(done.result()))

    assert told == [7, 7]
