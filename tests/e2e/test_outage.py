"""PagerTree is down while 300 webhooks arrive, then we are killed, then it is up again: everything arrives, once.

Some seconds of refused connections stand for the minute of the plan: what is owed waits by the same schedule.
"""

from pathlib import Path

import pytest

from bridge.sandbox.serving import serve
from bridge.sandbox.stage import Stage
from tests.e2e.harness import until
from tests.e2e.kill import Drill, check, open_drill

STAYING, PASSING = 45, 15  # incidents that are still live when PagerTree comes back, and that are over by then


@pytest.mark.timeout(240)
def test_after_an_outage_and_a_kill_everything_arrives_once_and_what_is_over_pages_nobody(tmp_path: Path) -> None:
    with open_drill(tmp_path, seed=1) as drill:
        drill.bridge.start("--log-level", "warning")
        drill.bridge.ready()
        drill.stage.pagertree.running.close()
        passing = trouble_meanwhile(drill)
        drill.bridge.kill()
        come_back(drill.stage)
        drill.heal(45)
        assert [page for incident in passing for page in drill.pages(incident)] == []
        for incident in passing:
            assert any("Nobody was paged" in e["text"] for e in drill.rootly.incident(incident)["timeline"])
        assert len(drill.post.accepted) >= 300
        check(drill)


def trouble_meanwhile(drill: Drill) -> list[str]:
    """Incidents that stay and incidents that pass, all taken in by a bridge that cannot page."""
    started = [drill.rootly.start_incident(f"trouble {n}", severity="high")["id"] for n in range(STAYING + PASSING)]
    drill.incidents.extend(started)
    for incident in started:
        drill.rootly.write_timeline(incident, f"words on {incident}")
    until(lambda: len(drill.bridge.rows("calls", kind="create")) == len(started), 40, "all to be paged")
    for incident in started[STAYING:]:
        drill.rootly.resolve_incident(incident)
    assert drill.rootly.sender.drain(20)
    until(lambda: not drill.bridge.rows("deliveries", verdict="waiting"), 40, "all judged")
    return started[STAYING:]


def come_back(stage: Stage) -> None:
    """The same system at the same address."""
    app = stage.pagertree.system.app()
    again = until(lambda: serve(app, port=stage.pagertree.port), 10, "the port is free again")
    object.__setattr__(stage.pagertree, "running", again)
