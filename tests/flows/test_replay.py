"""What a person does over to many at once keeps nobody waiting, and the audit tells all of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bridge.app import Parts
from bridge.flows import replay
from bridge.model import Hook
from tests.flows.supposing import bridge_on, judged


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    with bridge_on("sqlite:///bridge.db", tmp_path_factory.mktemp("bridge")) as one:
        yield one


def test_many_deliveries_are_judged_again_some_at_a_time_oldest_first(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "TOGETHER", 2)
    for number in range(5):
        judged(parts, "rootly", Hook(b"{%d" % number))
    with parts.store.reports() as reports:
        newest_first = reports.ids("deliveries", {"verdict": "quarantined"}, 9)
    assert replay.replay(parts, newest_first, "ada") == 5
    oldest_first = newest_first[::-1]
    with parts.store.reports() as reports:
        told = [(row["subject"], row["detail"]) for row in reversed(reports.audit(3))]
        assert reports.ids("deliveries", {"verdict": "waiting"}, 9) == newest_first
    assert told == [
        (", ".join(oldest_first[:2]), "2 of 2"),
        (", ".join(oldest_first[2:4]), "2 of 2"),
        (oldest_first[4], "1 of 1"),
    ]


def test_what_is_not_there_is_counted_out_and_of_nothing_nothing_is_written(parts: Parts) -> None:
    assert replay.retry(parts, ["no such call"], "bob") == 0
    assert replay.discard(parts, [], "carol") == 0
    with parts.store.reports() as reports:
        assert [(row["actor"], row["detail"]) for row in reports.audit(1)] == [("bob", "0 of 1")]
