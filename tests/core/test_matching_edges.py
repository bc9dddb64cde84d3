"""The clock's clauses of a match, and what marks say, at the edges."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.core.marks import Mark, is_ours, parse_mark, shorten, sign_text, text_code, text_mark
from bridge.core.matching import BadMatch, Match, compile_match

SUNDAY = datetime(2024, 1, 7, 23, 30, tzinfo=UTC)


def holds(spec: dict[str, Any], now: datetime = SUNDAY) -> bool:
    return compile_match(spec).holds({}, now)


@pytest.mark.parametrize(
    "spec",
    [
        {"$day": 7}, {"$day": {"$in": [6, 7]}}, {"$day": {"$eq": 1, "timezone": "Europe/Berlin"}},
        {"$day": {"$gt": 6}}, {"$now": {"$eq": "2024-01-07"}}, {"$now": {"$eq": "07.01.", "format": "DD.MM."}},
        {"$now": {"$regex": "^00", "format": "HH", "timezone": "Europe/Berlin"}}, {"$now": {"$ne": "2024-01-08"}},
        {"$timeBetween": {"starttime": "11:30 pm", "endtime": "11:31 pm"}},
        {"$timeBetween": {"starttime": "23:30", "endtime": "06:00", "timeformat": "HH:mm"}},
        {"$timeBetween": {"starttime": "02:00", "endtime": "02:30", "timeformat": "HH:mm", "timezone": "Asia/Aden"}},
    ],
)  # fmt: skip
def test_the_clock_stands_there(spec: dict[str, Any]) -> None:
    assert holds(spec)
    assert not holds({"$not": spec})


@pytest.mark.parametrize(
    ("spec", "where"),
    [
        ({"$day": 0}, "$day.$eq"), ({"$day": 8}, "$day.$eq"), ({"$day": True}, "$day.$eq"),
        ({"$day": "Sunday"}, "$day.$eq"),
        ({"$day": {"$in": [1, 9]}}, "$day.$in"), ({"$day": {"$nin": [0]}}, "$day.$nin"),
        ({"$day": {"$ne": 0}}, "$day.$ne"),
        ({"$day": {"$eq": 1, "timezone": "Mars"}}, "$day.timezone"), ({"$now": "2024-01-07"}, "$now"),
        ({"$now": {"$eq": 2024}}, "$now.$eq"), ({"$now": {"$in": ["1", 2]}}, "$now.$in"),
        ({"$now": {"$eq": "1", "format": "x"}}, "$now.format"), ({"$timeBetween": 7}, "$timeBetween"),
        ({"$timeBetween": {"starttime": "1:00 am", "endtime": "x"}}, "$timeBetween.endtime"),
        ({"$timeBetween": {"endtime": "1:00 am"}}, "$timeBetween.starttime"),
        ({"$timeBetween": {"starttime": "1:00 am", "endtime": "2:00 am", "x": 1}}, "$timeBetween.x"),
        ({"$timeBetween": {"starttime": "1", "endtime": "2", "timeformat": "D"}}, "$timeBetween.timeformat"),
        ({"always": 1}, "always"), ({"$gt": 1}, "$gt"), ({".a": 1}, ".a"), ({"a..b": 1}, "a..b"), ({"a": {}}, "a"),
        ({7: 1}, "7"), ({"$or": []}, "$or"), ({"$and": [{}]}, "$and.0"), ({"$not": {}}, "$not"),
        ({"a": {"$eq": 1, "b": 2}}, "a.b"), ({"a": {"$elemMatch": {}}}, "a.$elemMatch"),
        ({"a": {"$not": {"b": 1}}}, "a.$not"), ({"a": {"$or": [{"$gt": None}]}}, "a.$or.0.$gt"),
    ],
)  # fmt: skip
def test_a_wrong_clause_is_told_by_its_path(spec: dict[Any, Any], where: str) -> None:
    with pytest.raises(BadMatch) as bad:
        compile_match(spec)
    assert [fault.partition(": ")[0] for fault in bad.value.faults] == [where]


def test_a_match_is_compared_and_shown_by_its_words() -> None:
    assert compile_match({"a": 1}) == compile_match({"a": 1})
    assert repr(compile_match({"a": 1})) == "Match(words='a is 1')"
    assert isinstance(compile_match({"a": 1}), Match)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("rootly:u#1", Mark("rootly", "u", 1)), ("rootly:u#10+critical", Mark("rootly", "u", 10, "critical")),
        ("rootly-alert:u#2", Mark("rootly-alert", "u", 2)), ("page:l#1", Mark("page", "l", 1)),
        ("bridge:bridge:a#3", Mark("bridge", "bridge:a", 3)), ("int_1:a:b#c#4", Mark("int_1", "a:b#c", 4)),
        ("pagertree:alt_1", Mark("pagertree", "alt_1")), ("sha256:" + "a" * 64, Mark("sha256", "a" * 64)),
        ("int_2:a#1", None), ("rootly:u#0", None), ("rootly:u", None), ("rootly:#1", None), ("rootly:u#1+", None),
        ("sha256:abc", None), ("", None), ("page:l#01", None),
    ],
)  # fmt: skip
def test_a_mark_says_what_it_stands_for(text: str, mark: Mark | None) -> None:
    assert parse_mark(text, ("int_1",)) == mark
    assert is_ours(text, ("int_1",)) is (mark is not None and mark.kind != "pagertree")


def test_a_mark_is_shortened_from_a_hundred_and_one_characters() -> None:
    assert shorten("a" * 100) == "a" * 100
    assert shorten("a" * 101).startswith("sha256:")
    assert len(shorten("a" * 101)) == 7 + 64
    assert not is_ours(None)


@pytest.mark.parametrize(
    "around", ["{}", "<p>{}</p>", "*{}*", "{}\n ", "{}\u200b", "`{}`", "{} ", "a [b] {}", "&#91;bridge: {code} ]"]
)
def test_our_signature_is_known_in_any_dress(around: str) -> None:
    code = text_code("01J0")
    assert text_mark(around.format(f"[bridge:{code}]", code=code)) == code
    assert text_mark(sign_text("Hello  ", "01J0")) == code
    assert sign_text("", "01J0") == f"[bridge:{code}]"


@pytest.mark.parametrize("text", ["", "[bridge:0123456]", "[bridge:ilou1234]", "[bridge:bsxqk9gv] he said", "bridge:x"])
def test_a_text_without_it_is_a_persons(text: str) -> None:
    assert text_mark(text) is None
