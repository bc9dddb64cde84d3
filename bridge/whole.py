"""One whole bridge in this process: its parts, its engine room and its doors, started and stopped as one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Thread

from bridge.app import Parts, assemble
from bridge.config import Config
from bridge.log import get_log
from bridge.tracing_opening import tracing_of
from bridge.web.front import Front, create_app
from bridge.web.server import Server, serve
from bridge.worker import Worker

log = get_log(__name__)


@dataclass(frozen=True, slots=True)
class Bridge:
    """`run` serves in this thread until `stop` is called from anywhere."""

    parts: Parts
    worker: Worker
    front: Front
    server: Server

    @property
    def url(self) -> str:
        return f"http://{self.parts.config.server.host}:{self.server.port}"

    def run(self) -> None:
        """Serve; after `stop`, what came in is answered, what is under way ends, and the store is closed."""
        self.worker.start()
        try:
            self.server.run()
        finally:
            self.worker.stop()
            self.parts.transport.close()
            self.parts.store.close()
            self.parts.tracing.close()
            log.info("stopped")

    def run_aside(self) -> Thread:
        """`run` in a thread of its own."""
        thread = Thread(target=self.run, name="bridge", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Safe in a signal handler."""
        self.front.stopping.set()
        self.server.stop()


def open_bridge(config: Config) -> Bridge:
    """Raises `Busy`, `Broken`, or OSError when the address is taken."""
    parts = replace(assemble(config), tracing=tracing_of())
    try:
        front = create_app(parts)
        server = serve(front, config.server.host, config.server.port)
    except OSError:
        parts.store.close()
        raise
    return Bridge(parts, Worker(parts), front, server)
