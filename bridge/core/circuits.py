"""One circuit per credential: when a side is down or refuses us, its calls are held instead of burnt.

Open by one refused credential or five failures in a row; a probe now and then; the first success closes it. Where the
failures are those of fewer than five troubles, these may be to blame themselves: then the cheapest question decides.
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


def after(circuit: Circuit, outcome: Outcome, now: datetime, trouble: str = "") -> Circuit:
    """The circuit once this outcome is known, of a call about that trouble. Empty: the side itself was asked."""
    if isinstance(outcome, Retry) and outcome.auth:
        return _opened(_failed(circuit, ""), outcome.reason, now)
    if isinstance(outcome, Retry | Unknown) and outcome.ailing:
        failed = _failed(circuit, trouble)
        stays = not circuit.open and (failed.failures < FAILURES or is_of_few(failed))
        return failed if stays else _opened(failed, outcome.reason, now)
    if isinstance(outcome, Retry) or (isinstance(outcome, GiveUp) and outcome.forbidden):
        return circuit  # a rate limit or one forbidden call says nothing about the rest
    return circuit if not (circuit.open or circuit.failures) else closed(circuit.target, now)


def is_of_few(circuit: Circuit) -> bool:
    """Whether all that failed since the last success, or since the side itself did, is about a few troubles."""
    return 0 < len(circuit.failing) < FAILURES


def is_in_question(circuit: Circuit) -> bool:
    """Whether the side is to be asked if it is down."""
    return not circuit.open and circuit.failures >= FAILURES


def _failed(circuit: Circuit, trouble: str) -> Circuit:
    failing = circuit.failing | {trouble} if trouble else frozenset()
    return replace(circuit, failures=circuit.failures + 1, failing=failing)


def _opened(failed: Circuit, reason: str, now: datetime) -> Circuit:
    """Asked again once it has been open for as long again: so probes grow rarer by what they find, and not by the many
    calls that were under way when it opened and fail after it."""
    since = failed.since if failed.open else now
    wait = min(max(now - since, FIRST_PROBE), LONGEST)
    return replace(failed, open=True, since=since, probe_at=now + wait, reason=reason)


def lets_pass(circuit: Circuit, now: datetime) -> bool:
    """Also where the next probe is farther off than any wait: the clock was put back since it was set."""
    return not circuit.open or now >= circuit.probe_at or circuit.probe_at - now > LONGEST
