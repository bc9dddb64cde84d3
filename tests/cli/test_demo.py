"""`bridge demo` when the story does not go as it should."""

from __future__ import annotations

import pytest

from bridge.cli import demo as play
from bridge.cli.showing import Screen
from bridge.cli.story import Step


class Told:
    """A story of three steps, of which the second is not seen."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def steps(self):
        yield Step("PagerTree", "one", "seen", lambda: self.done.append("one"), lambda: True)
        yield Step("Rootly", "two", "never seen", lambda: self.done.append("two"), lambda: False)
        yield Step("PagerTree", "three", "seen", lambda: self.done.append("three"), lambda: True)


def test_a_step_that_is_not_seen_is_named_and_ends_the_story(capsys: pytest.CaptureFixture[str]):
    story = Told()
    assert play.play(Screen(), story, deadline=0.05)
    assert story.done == ["one", "two"]
    assert "Step 2 was not seen within 0.05 s: never seen (PagerTree)." in capsys.readouterr().out
