"""Which alarm rules hold."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.core.alarms import Rules, Standing, holding
from bridge.core.circuits import closed
from tests.core.stories import NOW

RULES = Rules(
    owed=timedelta(minutes=5),
    circuit=timedelta(minutes=2),
    quarantine=True,
    silence=timedelta(hours=1),
    repairs=True,
    storm=True,
    disk=256,
    canary=timedelta(minutes=5),
)
OFF = Rules(owed=None, circuit=None, quarantine=False, silence=None, repairs=False, storm=False, disk=None, canary=None)
WELL = Standing(
    timedelta(0), "", (closed("pagertree", NOW), closed("rootly", NOW)), 0, 0, (), 0, 0, timedelta(0), 1 << 40
)
DOWN = replace(closed("pagertree", NOW), open=True, reason="status 503")
TROUBLES = {
    "bridge:owed:pages": replace(WELL, oldest_page=timedelta(minutes=6), oldest_at="pagertree"),
    "bridge:circuit:pagertree": replace(WELL, circuits=(replace(DOWN, since=NOW - timedelta(minutes=3)),)),
    "bridge:quarantine:deliveries": replace(WELL, quarantined=1),
    "bridge:quarantine:calls": replace(WELL, dead=1),
    "bridge:silence:rootly": replace(WELL, silent=("rootly",)),
    "bridge:repairs:resync": replace(WELL, repairs=2),
    "bridge:storm:pages": replace(WELL, held=3),
    "bridge:canary:round-trip": replace(WELL, canary=timedelta(minutes=6)),
    "bridge:disk:store": replace(WELL, free=255 << 20),
}


def test_a_bridge_that_is_well_has_none() -> None:
    assert holding(RULES, WELL, NOW) == ()


@pytest.mark.parametrize("id_", TROUBLES)
def test_each_trouble_is_one_alarm_of_its_own_name_and_none_when_its_rule_is_off(id_: str) -> None:
    assert [alarm.id for alarm in holding(RULES, TROUBLES[id_], NOW)] == [id_]
    assert holding(OFF, TROUBLES[id_], NOW) == ()


def test_up_to_its_limit_nothing_is_wrong() -> None:
    circuits = (replace(DOWN, since=NOW - timedelta(minutes=2)),)
    near = replace(WELL, oldest_page=timedelta(minutes=5), circuits=circuits, free=256 << 20)
    assert holding(RULES, near, NOW) == ()


def test_what_can_wait_for_the_morning_is_low() -> None:
    urgencies = {id_: holding(RULES, standing, NOW)[0].urgency for id_, standing in TROUBLES.items()}
    low = {id_ for id_, urgency in urgencies.items() if urgency == "low"}
    assert low == {"bridge:quarantine:deliveries", "bridge:silence:rootly", "bridge:repairs:resync"}


def test_an_alarm_says_why_in_the_words_of_the_system() -> None:
    (alarm,) = holding(RULES, TROUBLES["bridge:circuit:pagertree"], NOW)
    assert "PagerTree took no calls since 02:57:00 UTC: status 503" in alarm.description


def test_trouble_with_one_system_is_told_through_the_other() -> None:
    suspects = {id_: holding(RULES, standing, NOW)[0].suspect for id_, standing in TROUBLES.items()}
    assert {id_ for id_, suspect in suspects.items() if suspect} == {"bridge:owed:pages", "bridge:circuit:pagertree"}
