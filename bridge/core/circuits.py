"""One circuit per credential: when a side is down or refuses us, its calls are held instead of burnt.

Open by one refused credential or five failures in a row; a probe now and then; the first success closes it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bridge.model import Circuit, GiveUp, Outcome, Retry, Unknown

FAILURES = 5
FIRST_PROBE = timedelta(seconds=1)
LONGEST = timedelta(seconds=60)


def closed(target: str, now: datetime) -> Circuit:
    return Circuit(target, open=False, since=now, probe_at=now, reason="")


def after(circuit: Circuit, outcome: Outcome, now: datetime) -> Circuit:
    """The circuit once this outcome is known."""
    if isinstance(outcome, Retry) and outcome.auth:
        return _failed(circuit, outcome.reason, now, at_once=True)
    if isinstance(outcome, Retry | Unknown) and outcome.ailing:
        return _failed(circuit, outcome.reason, now, at_once=False)
    if isinstance(outcome, Retry) or (isinstance(outcome, GiveUp) and outcome.forbidden):
        return circuit  # a rate limit or one forbidden call says nothing about the rest
    return circuit if not (circuit.open or circuit.failures) else closed(circuit.target, now)


def _failed(circuit: Circuit, reason: str, now: datetime, at_once: bool) -> Circuit:
    failures = circuit.failures + 1
    if not (circuit.open or at_once or failures >= FAILURES):
        return replace(circuit, failures=failures)
    tries = failures if at_once else failures - FAILURES
    wait = min(FIRST_PROBE * 2 ** min(max(tries, 0), 6), LONGEST)
    since = circuit.since if circuit.open else now
    return Circuit(circuit.target, True, since, now + wait, reason, failures)


def lets_pass(circuit: Circuit, now: datetime) -> bool:
    """Also where the next probe is farther off than any wait: the clock was put back since it was set."""
    return not circuit.open or now >= circuit.probe_at or circuit.probe_at - now > LONGEST
