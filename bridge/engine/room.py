"""procrastinate's worker in a thread of its own, begun anew whenever PostgreSQL was gone.

Nothing waits for it: the lanes look by themselves as well, and a slot that nobody offered is offered with the next.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Lock, Thread
from typing import Any

import psycopg
from procrastinate import App
from procrastinate.exceptions import ProcrastinateException
from procrastinate.jobs import DeleteJobCondition

from bridge.engine import line, schema
from bridge.engine.ending import end
from bridge.engine.line import PATIENCE, connector_to, is_taken_over, words
from bridge.engine.listening import hears
from bridge.engine.slots import BEAT, STALLED, clock, offer, slot_at, take_over
from bridge.engine.tasks import QUEUE, Wakes, make_app
from bridge.errors import BridgeError
from bridge.log import get_log

LOOK = 1.0  # seconds between two looks at the clock, and between two at the jobs when nothing is heard
OVERSEE = 5  # looks between two for what dead workers had in hand
AGAIN = 0.5  # seconds between two tries
GRACE = 0.5  # seconds for the jobs in hand: their threads go on, nobody waits for them
ORDERLY = 2.0  # seconds for its end

Run = Callable[[str, int], None]

log = get_log(__name__)


@dataclass(slots=True)
class EngineRoom:
    """`slots`: the seconds between two runs, by name; `run(name, slot)` never raises and may take its time."""

    conninfo: str
    slots: Mapping[str, float]
    run: Run
    wake: Callable[[str], None]
    wakes: Wakes = field(default_factory=Wakes)
    _hands: ThreadPoolExecutor = field(init=False)
    _running: set[str] = field(default_factory=set)
    _guard: Lock = field(default_factory=Lock)
    _stopping: Event = field(default_factory=Event)
    _halt: asyncio.Event = field(default_factory=asyncio.Event)
    _loop: asyncio.AbstractEventLoop | None = None
    _thread: Thread | None = None
    _said: str = ""  # why it was lost
    _seen: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._hands = ThreadPoolExecutor(2 * len(self.slots) + 1, thread_name_prefix="slot")  # nobody waits for one

    def start(self) -> None:
        self._thread = Thread(target=lambda: asyncio.run(self._live()), name="engine", daemon=True)
        self._thread.start()

    def stop(self, seconds: float = 3.0) -> None:
        """Nothing more begins; what runs is not waited for."""
        self.wakes.heard = False
        self._stopping.set()
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._halt.set)
        if self._thread is not None:
            self._thread.join(seconds)
        self._hands.shutdown(wait=False, cancel_futures=True)

    def silent(self) -> float:
        """Seconds since it last was at work."""
        return time.monotonic() - self._seen

    # -- the thread

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._complain)
        while not self._stopping.is_set():
            try:
                await self._one_life()
            except (BridgeError, ProcrastinateException, psycopg.Error, OSError) as fault:
                self._say(fault)
            except Exception:  # whatever it was, it is tried again
                log.exception("engine.crashed")
            self.wakes.heard = False
            with suppress(TimeoutError):
                await asyncio.wait_for(self._halt.wait(), AGAIN)

    def _say(self, fault: BaseException) -> None:
        """Once, however often it is tried."""
        before, self._said = self._said, words(fault)
        if self._said == before:
            return
        if is_taken_over(fault):
            log.warning("engine.taken_over", reason=self._said)
        else:
            log.error("engine.lost", reason=self._said)

    def _complain(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Of a job that nobody waits for any more: procrastinate could not end it."""
        fault = context.get("exception")
        if isinstance(fault, ProcrastinateException):
            self._say(fault)
        else:
            loop.default_exception_handler(context)

    async def _one_life(self) -> None:
        """Until it is to stop. Raises what ended it otherwise."""
        connector = connector_to(self.conninfo)
        app = make_app(connector, self.wake, self._run)
        try:
            async with asyncio.timeout(PATIENCE):
                await connector.open_async()
            async with asyncio.timeout(4 * line.STILL):  # replicas that start together wait for the first
                await schema.ensure(connector)
            async with asyncio.timeout(line.STILL):
                listening = await hears(connector)
            await self._work(app, listening)
        finally:
            await connector.close_async()

    async def _work(self, app: App, listening: bool) -> None:
        log.info("engine.at_work", woken="at once" if listening else "by looking: a pooler keeps NOTIFY from us")
        worker = app.run_worker_async(
            queues=[QUEUE],
            concurrency=len(self.slots) + 4,
            fetch_job_polling_interval=LOOK,
            shutdown_graceful_timeout=GRACE,
            listen_notify=listening,
            delete_jobs=DeleteJobCondition.ALWAYS,
            install_signal_handlers=False,
            update_heartbeat_interval=BEAT,
            stalled_worker_timeout=STALLED,
        )
        self.wakes.heard, self._said = listening, ""
        await self._first_of(app, worker, self._oversee(app), _wait(self._halt))

    async def _first_of(self, app: App, *works: Coroutine[Any, Any, None]) -> None:
        """They end together. Raises what the first one raised."""
        tasks = [asyncio.create_task(work) for work in works]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not self._halt.is_set():
            await app.close_async()  # or a worker that ends would wait for connections that never come
        await end(tasks, ORDERLY)
        for task in done:
            task.result()
        if not self._halt.is_set():
            raise ConnectionError("its worker has ended")

    async def _oversee(self, app: App) -> None:
        offered: dict[str, int] = {}
        for look in count():
            async with asyncio.timeout(line.STILL):
                await self._offer(app, offered)
                if look % OVERSEE == 0:
                    await take_over(app.job_manager)
            self._seen = time.monotonic()
            await asyncio.sleep(LOOK)

    async def _offer(self, app: App, offered: dict[str, int]) -> None:
        """`offered`: the newest slot of each that was."""
        at = await clock(app)
        for name, seconds in self.slots.items():
            if offered.get(name) != (slot := slot_at(at, seconds)):
                await offer(app, name, slot)
                offered[name] = slot

    # -- a slot

    async def _run(self, name: str, slot: int) -> None:
        await asyncio.get_running_loop().run_in_executor(self._hands, self._run_here, name, slot)

    def _run_here(self, name: str, slot: int) -> None:
        """One that still runs here is not begun a second time: its worker was lost, not its thread."""
        with self._guard:
            if name in self._running or name not in self.slots:
                return
            self._running.add(name)
        try:
            self.run(name, slot)
        finally:
            with self._guard:
                self._running.discard(name)


async def _wait(halt: asyncio.Event) -> None:
    await halt.wait()
