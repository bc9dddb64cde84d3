"""Several bridges on one PostgreSQL at a small scale: killed, stopped and woken, they do everything once."""

from pathlib import Path
from random import Random

import pytest

from tests.machines.replicas import machine as replicas
from tests.machines.replicas.post import Balancer
from tests.machines.replicas.served import SABOTAGES, SWITCHES
from tests.machines.tally import Budget, Tally
from tests.postgres import Server, needed

LONG = 400  # seconds: a claim may have to wait for its lease


@pytest.fixture
def server() -> Server:
    return needed()


@pytest.mark.timeout(LONG)
def test_killed_in_turn_they_do_everything_once(tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]):
    tally = Tally()
    replicas._story(tmp_path, server, Budget(cases=30), "", tally, "day")
    with capsys.disabled():
        print(f"\nreplicas: {tally.line}")
    assert tally.broken == []
    assert tally.counts["kills"] > 0
    assert tally.counts["periodic runs"] > 0


@pytest.mark.timeout(LONG)
def test_one_that_stood_still_for_too_long_has_its_results_refused(tmp_path: Path, server: Server):
    tally = Tally()
    replicas._story(tmp_path, server, Budget(cases=30), "", tally, "zombie")
    assert tally.broken == []
    assert tally.counts["calls that a stopped replica held"] > 0


def test_two_deliveries_of_one_webhook_are_noticed():
    post = Balancer((), Random(1))
    post._write_down("one", "one")
    post._write_down("two", "three")
    assert post.differing == ["two and three"]


def test_every_switch_says_what_it_does():
    assert SABOTAGES.keys() == SWITCHES.keys()
    assert all(SABOTAGES.values())
