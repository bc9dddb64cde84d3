"""The bridge broken where it minds order and repetition, for as long as a telling lasts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridge.core import alerts, decide, links
from bridge.model import Decision, Event, Link, Status, Verdict
from simulation import sabotage
from simulation.virtual import Place


def last_word_wins() -> list[Place]:
    """An object stands as the webhook says that came last."""
    return [(links, "highest", lambda one, other: one if other is None else other)]


def end_forgotten() -> list[Place]:
    """The end of an alert that the bridge had not heard of is not remembered."""
    decide_alert = alerts.decide_alert

    def forgetful(event: Event, link: Link | None, *rest: Any) -> Decision:
        if link is None and event.status is Status.RESOLVED:
            return Decision(Verdict.IGNORED, "over before it began here")
        return decide_alert(event, link, *rest)

    return [(decide, "decide_alert", forgetful)]


SWITCHES: dict[str, Callable[[], list[Place]]] = {
    switch.__name__: switch
    for switch in (
        *(last_word_wins, end_forgotten, sabotage.two_links, sabotage.body_believed, sabotage.duplicates_unknown),
        *(sabotage.pushed_up_again, sabotage.own_words_cross),
    )
}
