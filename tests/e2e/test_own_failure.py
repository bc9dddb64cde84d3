"""The bridge in trouble says so: through the side that takes calls, and by a heartbeat that falls silent."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from bridge.app import wall_clock
from bridge.flows import alarms, canary, pages, storm
from bridge.flows.heartbeat import beat
from bridge.sandbox.faults import Fault
from tests.e2e.harness import Scene, until

MINUTE = timedelta(seconds=61)


def look(scene: Scene) -> None:
    """What the schedule does every 30 s."""
    parts = scene.bridge.parts
    alarms.check(parts, parts.clock())


def raised(scene: Scene, id_: str) -> list[str]:
    """States of the Rootly alerts that stand for an alarm."""
    return [one["status"] for one in scene.rootly.state()["alerts"] if one["external_id"] == id_]


def break_pagertree(scene: Scene) -> None:
    scene.pagertree.faults.add(Fault(status=503))
    for number in range(6):
        scene.rootly.start_incident(f"Trouble {number}")
    until(lambda: scene.bridge.parts.circuits.known["pagertree"].open, what="the circuit opens")


def test_pagertree_down_is_an_alert_in_rootly_that_resolves_when_it_is_up_again(
    set_scene: Callable[..., Scene],
) -> None:
    scene = set_scene(alarms={"circuit": "0s"})
    break_pagertree(scene)
    look(scene)
    until(lambda: raised(scene, "bridge:circuit:pagertree") == ["triggered"])
    look(scene)
    scene.pagertree.faults.clear()
    until(lambda: not scene.bridge.parts.circuits.known["pagertree"].open, what="the circuit closes")
    look(scene)
    until(lambda: raised(scene, "bridge:circuit:pagertree") == ["resolved"])


def test_rootly_down_pages_the_last_routes_receivers_once(set_scene: Callable[..., Scene]) -> None:
    scene = set_scene(alarms={"circuit": "0s"})
    scene.rootly.faults.add(Fault(status=503))
    for number in range(6):
        scene.pagertree.raise_alert(f"Trouble {number}")
    until(lambda: scene.bridge.parts.circuits.known["rootly"].open, what="the circuit opens")
    look(scene)
    look(scene)
    until(lambda: [a["status"] for a in own_pages(scene)] == ["open"])
    assert own_pages(scene)[0]["thirdparty_id"] == "bridge:bridge:circuit:rootly#1"
    scene.rootly.faults.clear()
    until(lambda: not scene.bridge.parts.circuits.known["rootly"].open, what="the circuit closes")
    look(scene)
    until(lambda: [a["status"] for a in own_pages(scene)] == ["resolved"])
    scene.quiet()
    assert raised(scene, own_pages(scene)[0]["prefix_id"]) == [], "our own page is not mirrored"


def own_pages(scene: Scene) -> list[dict[str, Any]]:
    return [one for one in scene.alerts() if one["title"].startswith("Bridge:")]


def test_an_alarm_that_a_person_resolved_stays_so_while_its_rule_holds(set_scene: Callable[..., Scene]) -> None:
    scene = set_scene(alarms={"circuit": "0s"})
    break_pagertree(scene)
    look(scene)
    (alert,) = until(lambda: [a for a in scene.rootly.state()["alerts"] if a["external_id"].startswith("bridge:")])
    scene.rootly.resolve_alert(alert["id"])
    look(scene)
    assert raised(scene, "bridge:circuit:pagertree") == ["resolved"]


def test_with_nobody_to_tell_an_alarm_is_in_the_log_the_metric_and_the_audit_alone(
    set_scene: Callable[..., Scene],
) -> None:
    scene = set_scene(alarms={"send_to": [], "circuit": "0s"})
    break_pagertree(scene)
    look(scene)
    assert any("PagerTree took no calls since" in line for line in scene.audit())
    assert scene.rootly.state()["alerts"] == []


def test_what_resync_had_to_mend_is_an_alarm_until_one_finds_nothing(set_scene: Callable[..., Scene]) -> None:
    later = [timedelta(0)]
    scene = set_scene(clock=lambda: wall_clock() + later[0])
    later[0] = timedelta(hours=25)  # the two sides have known each other for long
    scene.lose_webhooks()
    alert = scene.pagertree.raise_alert("Disk full")
    scene.resync()
    assert len(scene.mirrors(alert)) == 1
    look(scene)
    until(lambda: [one["title"] for one in own_pages(scene)] == ["Bridge: webhooks were lost"])
    scene.quiet()
    scene.resync()  # finds the alarm's own alert at most as it is known
    look(scene)
    until(lambda: [one["status"] for one in own_pages(scene)] == ["resolved"], what=lambda: scene.audit())


def test_the_schedule_looks_after_the_bridge_by_itself(set_scene: Callable[..., Scene]) -> None:
    scene = set_scene(alarms={"disk": 1 << 40, **CANARY})
    schedule = until(lambda: (jobs := scene.bridge.worker.schedule) and jobs.running and jobs, what="the schedule")
    for job in ("alarms", "storm", "canary", "canary.back"):
        schedule.modify_job(job, next_run_time=wall_clock())
    until(lambda: {one["title"] for one in own_pages(scene)} == {"Bridge: the disk is nearly full", "Bridge: canary"})


# -- the storm breaker -------------------------------------------------------------------------------------------------


def held(scene: Scene) -> list[dict[str, Any]]:
    return [call for call in scene.calls(state="owed") if "held by the storm breaker until" in call["reason"]]


def test_thirty_incidents_page_five_a_minute_and_what_is_over_meanwhile_pages_nobody(
    set_scene: Callable[..., Scene],
) -> None:
    later = [timedelta(0)]
    scene = set_scene(sync={"storm_pages_per_minute": 5}, clock=lambda: wall_clock() + later[0])
    incidents = [scene.rootly.start_incident(f"Storm {number}") for number in range(30)]
    until(lambda: len(held(scene)) == 25, what=lambda: [c["reason"] for c in scene.calls(kind="create")])
    assert len(scene.alerts()) == 5
    assert {"5 pages in the last minute" in call["reason"] for call in held(scene)} == {True}
    over = [incident for incident in incidents if not scene.pages(incident)][:5]
    for incident in over:
        scene.rootly.resolve_incident(incident["id"])
    until(lambda: len(held(scene)) == 20)
    for paged, waiting in ((10, 15), (15, 10)):
        later[0] += MINUTE
        storm.turn(scene.bridge.parts)
        until(lambda now=(paged, waiting): (len(scene.alerts()), len(held(scene))) == now)
    assert [scene.pages(incident) for incident in over] == [[]] * 5
    assert any("the storm breaker holds pages" in line for line in scene.audit())


def test_a_resolve_passes_while_pages_are_held(set_scene: Callable[..., Scene]) -> None:
    scene = set_scene(sync={"storm_pages_per_minute": 1})
    first = scene.rootly.start_incident("First")
    scene.page(first)
    scene.rootly.start_incident("Second")
    until(lambda: len(held(scene)) == 1)
    scene.rootly.resolve_incident(first["id"])
    until(lambda: not scene.live_pages(first))
    assert len(held(scene)) == 1


def test_a_page_that_was_held_for_longer_than_pages_may_be_old_leaves_all_the_same(
    set_scene: Callable[..., Scene],
) -> None:
    later = [timedelta(0)]
    sync = {"storm_pages_per_minute": 1, "max_page_age": "1m"}
    scene = set_scene(sync=sync, clock=lambda: wall_clock() + later[0])
    scene.page(scene.rootly.start_incident("First"))
    second = scene.rootly.start_incident("Second")
    until(lambda: len(held(scene)) == 1)
    later[0] = 2 * MINUTE
    storm.turn(scene.bridge.parts)
    assert scene.page(second)["title"] == "Second"


def test_pages_asked_for_by_name_and_our_own_alarms_are_never_held(set_scene: Callable[..., Scene]) -> None:
    scene = set_scene(sync={"storm_pages_per_minute": 1}, alarms={"disk": 1 << 40})
    scene.page(scene.rootly.start_incident("First"))
    pages.place(scene.bridge.parts, {"title": "Come and look", "teams": ["Payments"]}, "script")
    look(scene)
    wanted = {"First", "Come and look", "Bridge: the disk is nearly full"}
    until(lambda: {one["title"] for one in scene.alerts()} == wanted, what=lambda: scene.calls(kind="create"))


# -- the canary --------------------------------------------------------------------------------------------------------

CANARY = {"canary": {"destinations": ["On-call"], "every": "7d", "within": "10s"}}


def canaries(scene: Scene) -> list[str]:
    """States of the canaries in both systems."""
    there = [one["status"] for one in scene.alerts() if one["title"] == "Bridge: canary"]
    return there + [one["status"] for one in scene.rootly.state()["alerts"] if one["summary"] == "Bridge: canary"]


def comes_back(scene: Scene) -> bool:
    canary.look(scene.bridge.parts)
    return scene.bridge.parts.store.write(canary.flying) is None


def test_a_canary_goes_through_both_systems_is_timed_and_resolves_itself(set_scene: Callable[..., Scene]) -> None:
    scene = set_scene(alarms=CANARY)
    canary.send(scene.bridge.parts)
    until(lambda: comes_back(scene), what=lambda: scene.deliveries())
    until(lambda: canaries(scene) == ["resolved", "resolved"], what=lambda: canaries(scene))
    told = scene.bridge.parts.metrics.render().decode()
    assert 'bridge_canary_seconds_count{source="pagertree"} 1.0' in told
    assert 'bridge_canary_seconds_count{source="rootly"} 1.0' in told


def test_a_canary_whose_webhooks_are_lost_is_an_alarm_until_one_comes_back(set_scene: Callable[..., Scene]) -> None:
    later = [timedelta(0)]
    scene = set_scene(alarms=CANARY, clock=lambda: wall_clock() + later[0])
    scene.lose_webhooks()
    canary.send(scene.bridge.parts)
    scene.quiet()
    assert not comes_back(scene)
    later[0] = MINUTE
    look(scene)
    until(lambda: any(one["title"] == "Bridge: its canary did not come back" for one in scene.alerts()))
    scene.lose_webhooks(0.0)
    canary.send(scene.bridge.parts)
    until(lambda: comes_back(scene))
    look(scene)
    until(lambda: [one["status"] for one in own_pages(scene)] == ["resolved"] * 3, what=lambda: own_pages(scene))


# -- the heartbeat -----------------------------------------------------------------------------------------------------


@pytest.fixture
def watch() -> Iterator[tuple[str, list[str]]]:
    """A watch outside: its address, and the paths that were called."""
    heard: list[str] = []

    class Watch(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Not on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Watch)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/ping/secret-0123456789", heard
    server.shutdown()
    thread.join(5)
    server.server_close()


def test_the_heartbeat_is_heard_and_stops_when_the_store_takes_no_write(
    set_scene: Callable[..., Scene], watch: tuple[str, list[str]]
) -> None:
    url, heard = watch
    scene = set_scene(alarms={"heartbeat": {"url": url, "every": "1d"}})
    until(lambda: heard == ["/ping/secret-0123456789"])
    other = sqlite3.connect(scene.bridge.parts.config.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert not beat(scene.bridge.parts, scene.bridge.worker.alive)
    other.execute("ROLLBACK")
    other.close()
    assert len(heard) == 1
    until(lambda: beat(scene.bridge.parts, scene.bridge.worker.alive), what="the store takes writes again")
    assert len(heard) == 2


def test_the_heartbeat_stops_when_a_worker_has_ended_or_a_page_is_owed_for_too_long(
    set_scene: Callable[..., Scene], watch: tuple[str, list[str]]
) -> None:
    url, heard = watch
    later = [timedelta(0)]
    scene = set_scene(
        alarms={"heartbeat": {"url": url, "every": "1d"}, "owed": "10s"}, clock=lambda: wall_clock() + later[0]
    )
    until(lambda: len(heard) == 1)
    assert not beat(scene.bridge.parts, lambda: False)
    break_pagertree(scene)
    later[0] = MINUTE
    assert not beat(scene.bridge.parts, scene.bridge.worker.alive)
    assert len(heard) == 1
