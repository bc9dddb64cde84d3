"""A sign of life for a watch outside. It is given only while the bridge is well, so that its absence is the alarm."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import TimeoutError as TooLong

from bridge.app import Parts
from bridge.core.durations import say_duration
from bridge.errors import BridgeError
from bridge.flows.exchange import exchange
from bridge.flows.outage import why
from bridge.log import get_log
from bridge.model import Request, Response
from bridge.store.contract import Transaction

PATIENCE = 2.0  # seconds the store may take
SECONDS = 10.0  # for the call

log = get_log(__name__)


def beat(parts: Parts, alive: Callable[[], bool]) -> bool:
    """Whether the sign was given and taken. `alive`: the hands that judge and call are at work."""
    heartbeat = parts.config.alarms.heartbeat
    if heartbeat is None:
        return False
    if (ill := why_ill(parts, alive)) is not None:
        log.error("heartbeat.withheld", why=ill)
        return False
    answer = exchange(parts, Request("GET", heartbeat.url.get_secret_value(), seconds=SECONDS))
    if not isinstance(answer, Response) or not answer.ok:
        log.warning("heartbeat.unheard", why=why(answer))
        return False
    return True


def why_ill(parts: Parts, alive: Callable[[], bool]) -> str | None:
    """None: the bridge is well."""
    if not alive():
        return "a worker has ended"
    try:
        parts.store.submit(_write).result(PATIENCE)
        with parts.store.reports() as reports:
            age = reports.figures()["oldest_page"]
    except (BridgeError, TooLong) as fault:
        return f"the store takes no write: {fault or 'it did not commit in time'}"
    most = parts.config.alarms.owed
    assert isinstance(age, float)
    late = most is not None and age > most.total_seconds()
    return f"a page is owed for more than {say_duration(most)}" if most is not None and late else None


def _write(tx: Transaction) -> None:
    tx.set_fact("heartbeat.at", tx.now.isoformat())
