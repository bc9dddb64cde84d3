"""The kill sweep at a small scale: it finds nothing lost or doubled, and it notices a bridge that answers too early."""

from pathlib import Path

import pytest

from tests.machines.kills import machine as kills
from tests.machines.kills.points import MUST, path_of
from tests.machines.tally import Budget


def test_killed_where_it_matters_most_nothing_is_lost_or_doubled(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    tally = kills.run(tmp_path, Budget(cases=4))
    with capsys.disabled():
        print(f"\nkills: {tally.line}")
    assert tally.broken == []
    assert tally.counts["kills"] > 0


def test_a_bridge_that_answers_before_the_commit_is_noticed(tmp_path: Path):
    assert any("lost" in fault for fault in kills.run(tmp_path, Budget(cases=4), "answered_before_commit").broken)


def test_the_first_case_shows_the_points_that_every_sweep_must_visit(tmp_path: Path):
    sweep = kills.Sweep(tmp_path, "")
    sweep.play(kills.Case(0, "backup"))
    assert [point for point in MUST if point not in sweep.visited] == []


def test_an_object_of_its_own_makes_no_point_of_its_own():
    paths = ("/api/v4/alerts/01HZX3/resolve", "/v1/alert_events", "/v1/users/me?x=1")
    assert [path_of(f"https://api.example.com{path}") for path in paths] == [
        "/api/v4/alerts/*/resolve",
        "/v1/alert_events",
        "/v1/users/me",
    ]
