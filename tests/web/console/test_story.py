"""A link as a story: pure, from stored rows to columns and one plain sentence."""

from typing import Any

import pytest

from bridge.store import stories
from bridge.web.console.sentence import sentence
from bridge.web.console.story import Entry, called, entries, progress_of, steps

AT = "2026-11-21T03:12:{:02d}.000000+00:00"


def link(**more: Any) -> dict[str, Any]:
    """An incident that nothing happened to."""
    origin = {"system": "rootly", "kind": "incident", "id": "i"}
    held = {"held": False, "held_by": "", "held_until": None, "unlinked": False, "listed": False}
    lists: dict[str, Any] = {"deliveries": [], "calls": [], "audit": []}
    counts = {what: len(more.get(what, ())) for what in lists}
    return {"id": "l1", "status": "open", "origin": origin, "ended_at": None, **held, **lists, "counts": counts, **more}


def call(state: str, second: int = 1, kind: str = "create", target: str = "pagertree", **more: Any) -> dict[str, Any]:
    times = {"created_at": AT.format(second), "finished_at": AT.format(second + 1)}
    told = {"reason": "refused", "standing": "due soon", "attempts": 1, "command": {}, "delivery": None}
    return {"id": f"c{second}", "state": state, "kind": kind, "target": target, **times, **told, **more}


def came(source: str, second: int = 0, verdict: str = "applied", reason: str = "new") -> dict[str, Any]:
    told = {"verdict": verdict, "reason": reason, "outlook": reason}
    return {"id": f"d{second}", "source": source, "door": "webhook", "received_at": AT.format(second), **told}


PAGERTREES = link(origin={"system": "pagertree", "kind": "alert", "id": "alt_1"})


def test_news_of_a_side_stands_in_its_column_and_the_decision_beside_it():
    at = AT.format(0)
    assert entries(link(deliveries=[came("rootly")])) == [
        Entry(at, "rootly", "A webhook came", to="/deliveries/d0", cause="d0"),
        Entry(at, "bridge", "Decided", "applied", "new", "/deliveries/d0", "d0"),
    ]


def test_what_came_and_what_it_caused_stand_side_by_side():
    later = call("owed", 5, delivery="d0")
    told = steps(link(deliveries=[came("rootly"), came("pagertree", 3)], calls=[later, call("owed", 6, delivery="d0")]))
    assert [[entry.column for entry in step] for step in told] == [
        ["rootly", "bridge", "pagertree"],
        ["pagertree", "bridge"],
        ["pagertree"],
    ]


def test_what_a_tool_said_stands_in_the_bridges_column():
    (entry,) = entries(link(deliveries=[came("int_uptime")]))
    assert (entry.column, entry.title, entry.word) == ("bridge", "A webhook came from int_uptime", "applied")


def test_calls_stand_in_the_column_of_whom_they_are_made_to():
    story = entries(link(calls=[call("done"), call("owed", 2, "note", "rootly")]))
    assert [(step.column, step.title, step.word) for step in story] == [
        ("pagertree", "Create the alert", "done"),
        ("rootly", "Write a note", "retrying"),
    ]


def test_the_story_goes_in_the_order_of_time():
    audit = {"at": AT.format(5), "actor": "ada", "action": "pause", "detail": "until noon"}
    told = entries(link(deliveries=[came("pagertree", 9)], calls=[call("done", 7)], audit=[audit]))
    assert [step.at[17:19] for step in told] == ["05", "07", "09", "09"]
    assert (told[0].column, told[0].title, told[0].why) == ("bridge", "ada: pause", "until noon")


def test_what_is_left_out_stands_before_the_newest_with_the_way_to_it(monkeypatch):
    monkeypatch.setattr(stories, "NEWEST", 2)
    kept = [came("rootly", 0), *(came("rootly", second) for second in range(20, 22))]
    counts = {"deliveries": 5_120, "calls": 0, "audit": 0}
    told = steps(link(deliveries=kept, counts=counts))
    assert [step[0].at[17:19] for step in told] == ["00", "20", "20", "21"]
    gap = told[1][0]
    assert (gap.title, gap.why) == ("… 5,117 deliveries between", "the newest 2 of 5,120 follow")
    assert gap.to == "/deliveries?link=l1"


@pytest.mark.parametrize(
    ("status", "words"), [(2, "Acknowledge the alert"), (3, "Resolve the alert"), (None, "Raise the alert")]
)
def test_an_advance_is_said_in_words(status: int | None, words: str):
    assert called(call("owed", kind="advance", command={"status": status})) == words


def test_what_was_never_tried_is_owed_and_no_retry():
    assert progress_of(call("owed", attempts=0)) == "owed"


@pytest.mark.parametrize(
    ("told", "words", "look"),
    [
        (link(calls=[call("done")]), "Paged once, at 2026-11-21 03:12:02 UTC; nobody has acknowledged.", "bad"),
        (link(calls=[call("done"), call("done", 8)]), "Paged 2 times, the last time at 2026-11-21 03:12:09 UTC", "bad"),
        (link(calls=[call("done"), call("dead", 8)]), "acknowledged. Another page was given up: refused.", "bad"),
        (link(calls=[call("done"), call("owed", 8)], status="acknowledged"), "Another page is owed: due soon.", "busy"),
        (link(calls=[call("done"), call("dead", 8)], status="resolved"), "Paged once, at 2026-11-21 03:12", "good"),
        (link(calls=[call("done")], status="acknowledged"), "somebody has acknowledged", "busy"),
        (link(calls=[call("done")], status="resolved", ended_at=AT.format(9)), "it is over since 2026-11-21", "good"),
        (link(calls=[call("owed")]), "Nobody is paged yet: due soon.", "busy"),
        (link(calls=[call("dead")]), "Nobody was paged: the page was given up, refused.", "bad"),
        (link(calls=[call("shadow")]), "Nobody was paged: due soon.", "quiet"),
        (link(deliveries=[came("rootly", reason="no route matched")]), "Nobody was paged: no route matched.", "bad"),
        (link(listed=True), "Nobody was paged: it began before the bridge was installed", "bad"),
        (link(), "Nobody was paged: no decision asked for it.", "bad"),
        (link(unlinked=True), "Taken apart by hand", "quiet"),
        (link(held=True, held_by="ada"), "ada paused it, until somebody resumes it; nothing leaves for it.", "held"),
        (PAGERTREES, "PagerTree raised it and pages for it; nobody has acknowledged. Rootly was not told", "bad"),
        ({**PAGERTREES, "calls": [call("done", target="rootly")]}, "Rootly has known it since 2026-11-21", "bad"),
        ({**PAGERTREES, "calls": [call("dead", target="rootly")]}, "Rootly does not know it yet: due soon.", "bad"),
    ],
)  # fmt: skip
def test_one_sentence_says_how_it_stands(told: dict[str, Any], words: str, look: str):
    said = sentence(told)
    assert words in said.text
    assert said.look == look


def test_a_call_says_whom_it_pages_and_a_note_what_it_writes():
    paging = {"draft": {"receivers": [{"name": "Payments"}, {"name": "ada@example.com"}]}}
    note = call("done", 2, "note", "rootly", command={"text": "acknowledged by Ada Novak"})
    told = entries(link(calls=[call("done", command=paging), note]))
    assert [step.why for step in told] == [
        "to Payments, ada@example.com; due soon",
        "“acknowledged by Ada Novak”; due soon",
    ]
