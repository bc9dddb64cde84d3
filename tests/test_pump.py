"""A pump claims what its places hold, and a place is free again only when its result is stored."""

from collections import deque
from concurrent.futures import Future
from threading import Event

from bridge.pump import Pump
from tests.e2e.harness import until

PATIENCE = 5.0


class Stored:
    """Work whose COMMIT the test decides on."""

    def __init__(self) -> None:
        self.promise: Future[None] = Future()
        self.said = Event()

    def finish(self) -> None:
        self.said.set()


class Scene:
    """Five items are due; `work` is what a hand does with one."""

    def __init__(self, work, hands: int, ahead: int) -> None:
        self.due, self.asked = deque(range(5)), []
        self.asked_twice = Event()
        self.pump = Pump("test", hands, self._claim, work, ahead)

    def _claim(self, free: int) -> list[int]:
        self.asked.append(free)
        if len(self.asked) > 1:
            self.asked_twice.set()
        return [self.due.popleft() for _ in range(min(free, len(self.due)))]


def test_no_more_is_claimed_than_hands_and_places_ahead() -> None:
    go = Event()
    scene = Scene(lambda _item: (go.wait(PATIENCE), None)[1], hands=1, ahead=2)
    scene.pump.start()
    until(lambda: scene.pump.busy == 3)
    assert (scene.asked, list(scene.due)) == ([3], [3, 4])
    go.set()
    scene.pump.stop(PATIENCE)


def test_a_place_is_free_again_when_its_result_is_stored_and_no_hand_waits_for_that() -> None:
    results = [Stored() for _ in range(5)]
    worked = Event()
    scene = Scene(lambda item: (worked.set() if item == 1 else None, results[item])[1], hands=1, ahead=1)
    scene.pump.start()
    assert worked.wait(PATIENCE), "the one hand went on to the second item"
    assert (list(scene.due), results[0].said.is_set()) == ([2, 3, 4], False)
    results[0].promise.set_result(None)
    assert results[0].said.wait(PATIENCE)
    assert scene.asked_twice.wait(PATIENCE)
    assert scene.asked[:2] == [2, 1]
    scene.pump.stop(PATIENCE)


def test_a_result_that_could_not_be_stored_is_said_and_frees_its_place() -> None:
    results = [Stored() for _ in range(5)]
    scene = Scene(lambda item: results[item], hands=1, ahead=0)
    scene.pump.start()
    results[0].promise.set_exception(OSError("disk full"))
    assert results[0].said.wait(PATIENCE)
    scene.pump.stop(PATIENCE)


def test_what_a_slow_claim_brings_after_the_stop_is_still_worked_off() -> None:
    claiming, go, worked = Event(), Event(), Event()
    pump = Pump("test", 1, lambda _free: (claiming.set(), go.wait(PATIENCE), [1])[2], lambda _item: worked.set())
    pump.start()
    assert claiming.wait(PATIENCE)
    pump.stop(0.01)
    assert not pump.ended
    go.set()
    until(lambda: pump.ended)
    assert worked.is_set()


class StoppedMeanwhile(Event):
    """The stop comes just before the pump forgets that it was woken."""

    stop: Event

    def clear(self) -> None:
        self.stop.set()
        self.set()
        super().clear()


def test_a_stop_that_comes_between_two_looks_is_not_slept_over() -> None:
    wake = StoppedMeanwhile()
    pump = Pump("test", 1, lambda _free: (), lambda _item: None, rest=60, _wake=wake)
    wake.stop = pump._stop
    pump.start()
    until(lambda: pump.ended)
