"""The commit tier of slow and rude clients: small crowds at a server with little room, and a switch to be noticed."""

from pathlib import Path

import pytest

from tests.machines.rude import machine as rude
from tests.machines.rude.posts import is_whole, post, statuses
from tests.machines.tally import Budget

pytestmark = pytest.mark.timeout(300)  # a busy machine may be slow to start a server


def test_nobody_is_kept_waiting_by_the_rude_and_nothing_half_or_hidden_is_kept(tmp_path: Path):
    tally = rude.run(tmp_path, Budget(seconds=6, cases=600))
    print(tally.line)
    assert tally.broken == []
    assert tally.counts["smuggling"] > 0
    assert tally.counts["kept whole"] > 0


def test_a_server_that_trusts_any_framing_is_noticed(tmp_path: Path):
    assert rude.run(tmp_path, Budget(cases=60), "framing_trusted").broken


def test_a_body_that_is_not_whole_is_known():
    content = post("some").content.decode()
    assert is_whole(content)
    assert not is_whole(content[:-1])
    assert not is_whole(content.replace("filling", "other", 1))


def test_answers_are_counted_one_by_one():
    came = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 400 Bad\r\n\r\nHTTP/1.1 2"
    )
    assert statuses(came) == (200, 400)
