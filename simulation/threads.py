"""What the simulation has in the stead of threads: the work is done where it is handed in, so that a seed repeats."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, cast

from bridge.store.sqlite_engine import Engine
from bridge.store.writer import Unit, Writer
from simulation.virtual import Crash


class Promise:
    """A `Future` for one thread: nobody can wait for what is not done, so it needs no lock."""

    __slots__ = ("_fault", "_result", "_told")

    def __init__(self) -> None:
        self._result: Any = None
        self._fault: BaseException | None = None
        self._told: list[Callable[[Any], object]] | None = []  # None: it is done

    def set_running_or_notify_cancel(self) -> bool:
        return True

    def set_result(self, result: Any) -> None:
        self._result = result
        self._tell()

    def set_exception(self, fault: BaseException) -> None:
        self._fault = fault
        self._tell()

    def _tell(self) -> None:
        assert self._told is not None, "it is done once"
        told, self._told = self._told, None
        for one in told:
            one(self)

    def add_done_callback(self, one: Callable[[Any], object]) -> None:
        if self._told is None:
            one(self)
        else:
            self._told.append(one)

    def result(self, _patience: float | None = None) -> Any:
        if (fault := self.exception()) is not None:
            raise fault
        return self._result

    def exception(self, _patience: float | None = None) -> BaseException | None:
        assert self._told is None, "whoever waits here waits for ever"
        return self._fault


class InlineWriter(Writer):
    """The real writer without its thread: `submit` returns after the COMMIT, and the power may fail around it."""

    def __init__(self, engine: Engine, around: Callable[[], object]) -> None:
        self._engine, self._around = engine, around
        self._wakes: list[Callable[[str], None]] = []
        self.busy = False

    def submit(self, work: Callable[[Any], Any]) -> Future[Any]:
        self._around()
        unit = Unit(work, cast("Future[Any]", Promise()))
        self.busy = True
        try:
            self._serve([unit])
        finally:
            self.busy = False
        self._around()
        return unit.future

    def close(self) -> None:
        self._engine.close()


class AtOnce:
    """A pool of threads without threads."""

    def __init__(self, *_: object) -> None:
        """It has no size and no name."""

    def __enter__(self) -> AtOnce:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left to wait for."""

    def submit(self, work: Callable[..., Any], *given: object) -> Promise:
        done = Promise()
        try:
            done.set_result(work(*given))
        except Exception as fault:  # noqa: BLE001 - whatever the work raised belongs to its caller
            done.set_exception(fault)
        return done


@dataclass(frozen=True, slots=True)
class Beside:
    """A thread without a thread. Where it met a crash, its process has died with it."""

    target: Callable[..., object]
    args: tuple[object, ...] = ()
    daemon: bool = True

    def start(self) -> None:
        before = Crash.raised
        self.target(*self.args)
        if Crash.raised > before:
            raise Crash("in a thread")
