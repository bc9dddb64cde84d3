"""A resync in the background says how far it is, for whoever began it."""

import pytest

from bridge.flows.resync import start
from tests.e2e.harness import until
from tests.e2e.histories import Lab


def test_a_run_in_the_background_tells_what_it_has_read(lab: Lab) -> None:
    lab.pagertree.raise_alert("Disk full")
    lab.feed_in_order()
    read: dict[str, int] = {}
    run = start(lab.parts, True, "ada", lambda what, count: read.update({what: count}))
    until(lambda: _state(lab, run) == "done")
    assert read["pagertree alerts open"] == 1


def test_a_run_in_the_background_that_breaks_off_is_told_as_failed(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.flows.resync.read_live", lambda *_: 1 / 0)
    run = start(lab.parts, False, "ada")
    until(lambda: _state(lab, run) == "failed")


def _state(lab: Lab, run: str) -> object:
    with lab.parts.store.reports() as reports:
        found = reports.run(run)
    return found["state"] if found else None
