"""Budgets that replicas share: never more than the number in any minute, whoever takes, and a hold counts for all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.budgets import SharedBudgets
from bridge.errors import Unavailable
from bridge.model import Response
from bridge.store.postgres_buckets import PostgresBuckets
from bridge.store.postgres_line import conninfo
from tests.postgres import Database

ASKED = Response(429, {"retry-after": "30"}, b"")


@pytest.fixture
def database():
    database = Database()
    yield database
    database.close()


@pytest.fixture
def pair(database):
    """Of two replicas."""
    pair = [PostgresBuckets(conninfo(database.url)) for _ in range(2)]
    pair[0].hold("ground", 0)
    database.say("TRUNCATE budgets")
    yield pair
    for one in pair:
        one.close()


def pass_(database, slots):
    """So many times five seconds."""
    database.say(f"UPDATE budgets SET slot = slot - {slots}, held_until = held_until - {slots * 5}")


def test_two_replicas_share_one_budget(pair):
    a, b = pair
    assert [a.take("rootly", 3), b.take("rootly", 3), a.take("rootly", 3)] == [0.0, 0.0, 0.0]
    assert 55 < b.take("rootly", 3) <= 65
    assert b.take("other", 3) == 0.0


def test_a_budget_is_free_again_when_its_minute_is_over(database, pair):
    a, b = pair
    assert [a.take("rootly", 1), a.take("rootly", 1) > 0] == [0.0, True]
    pass_(database, 11)
    assert 0 < b.take("rootly", 1) <= 10
    pass_(database, 2)
    assert b.take("rootly", 1) == 0.0


def test_asking_for_what_is_not_there_uses_nothing_up(database, pair):
    a, b = pair
    a.take("rootly", 1)
    for _ in range(5):
        assert b.take("rootly", 1) > 0
    pass_(database, 13)
    assert b.take("rootly", 1) == 0.0


def test_replicas_that_ask_at_the_same_moment_take_no_more_than_there_is(pair):
    with ThreadPoolExecutor(8) as hands:
        waits = list(hands.map(lambda n: pair[n % 2].take("rootly", 20), range(60)))
    assert waits.count(0.0) == 20


def test_a_budget_without_a_number_has_no_limit_but_is_held_when_the_vendor_asks(pair):
    a, b = pair
    assert {a.take("pagertree", None) for _ in range(50)} == {0.0}
    a.hold("pagertree", 30)
    a.hold("pagertree", 5)
    assert 29 < b.take("pagertree", None) <= 30


def test_a_hold_ends(database, pair):
    a, b = pair
    a.hold("pagertree", 9)
    pass_(database, 2)
    assert b.take("pagertree", None) == 0.0


def test_a_clock_that_was_put_back_holds_nothing_for_hours(database, pair):
    a, b = pair
    a.take("rootly", 1)
    a.hold("rootly", 9)
    pass_(database, -720)
    assert b.take("rootly", 1) == 0.0
    b.hold("rootly", 9)
    assert 8 < a.take("rootly", None) <= 9


def test_what_the_vendor_asks_of_one_replica_counts_for_the_other(pair):
    a, b = (SharedBudgets({"rootly": 100}, one) for one in pair)
    a.learn("rootly", ASKED)
    assert 29 < b.wait("rootly") <= 30
    assert b.wait("door.tool") == 0.0


def test_while_the_server_is_away_each_replica_keeps_to_the_limit_by_itself(database, pair):
    one = SharedBudgets({"rootly": 2}, pair[0])
    assert one.wait("rootly") == 0.0
    database.hang_up()
    assert [one.wait("rootly"), one.wait("rootly")] == [0.0, 0.0]
    assert one.wait("rootly") > 50


def test_a_lost_connection_is_unavailable_and_made_again(database, pair):
    a, _ = pair
    a.take("rootly", 9)
    database.hang_up()
    with pytest.raises(Unavailable):
        a.take("rootly", 9)
    with pytest.raises(Unavailable, match="a moment ago"):
        a.take("rootly", 9)
    a._try_at = 0.0
    assert a.take("rootly", 9) == 0.0
