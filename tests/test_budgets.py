"""How fast we may call, and how long a vendor may slow us down."""

import threading

import pytest

from bridge.budgets import Budgets
from bridge.model import Response


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def limited(name: str, per_minute: int | None) -> tuple[Budgets, Clock]:
    clock = Clock()
    return Budgets({name: per_minute}, clock, lambda: 1_800_000_000 + clock.now), clock


def test_a_budget_gives_its_slots_and_then_says_how_long_to_stay_away() -> None:
    budgets, clock = limited("rootly.alerts", 2)
    assert [budgets.wait("rootly.alerts"), budgets.wait("rootly.alerts")] == [0.0, 0.0]
    clock.now += 20
    assert budgets.wait("rootly.alerts") == pytest.approx(40, abs=0.01)
    clock.now += 40.1
    assert budgets.wait("rootly.alerts") == 0.0


def test_asking_for_a_slot_that_is_not_there_does_not_use_one_up() -> None:
    budgets, clock = limited("rootly.alerts", 1)
    budgets.wait("rootly.alerts")
    for _ in range(10):
        budgets.wait("rootly.alerts")
    clock.now += 60.1
    assert budgets.wait("rootly.alerts") == 0.0


def test_a_budget_without_a_number_has_no_limit() -> None:
    budgets, _ = limited("pagertree", None)
    assert {budgets.wait(name) for name in ["pagertree", "never heard of"] for _ in range(5_000)} == {0.0}


def test_budgets_hold_under_many_threads() -> None:
    budgets, _ = limited("rootly.write", 100)
    taken: list[float] = []
    threads = [
        threading.Thread(target=lambda: [taken.append(budgets.wait("rootly.write")) for _ in range(50)])
        for _ in "x" * 8
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert taken.count(0.0) == 100


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"retry-after": "7"}, 7),
        (429, {"retry-after": "86400"}, 60),
        (429, {"retry-after": "soon"}, 0),
        (429, {}, 0),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(1_800_001_012)}, 12),
        (200, {"x-ratelimit-remaining": "1", "x-ratelimit-reset": str(1_800_001_012)}, 0),
        (200, {"ratelimit-remaining": "0", "ratelimit-reset": "9"}, 9),
    ],
)
def test_a_budget_is_held_as_long_as_the_vendor_asks_but_never_long_enough_to_lose_a_page(
    status, headers, seconds
) -> None:
    budgets, _ = limited("rootly.write", None)
    budgets.learn("rootly.write", Response(status, headers, b""))
    assert budgets.wait("rootly.write") == pytest.approx(seconds, abs=0.01)
    assert budgets.wait("rootly.read") == 0.0
