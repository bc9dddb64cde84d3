import time
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.matching import BadMatch, compile_match

CHRISTMAS = datetime(2024, 12, 25, 17, 0, 30, tzinfo=UTC)  # a Wednesday
ALERT = {
    "incident": {
        "severity": "critical",
        "title": "Database down\n",
        "count": 7,
        "private": False,
        "owner": None,
        "tags": ["db", "eu-west"],
        "services": [{"name": "payments", "tier": 1}, {"name": "search", "tier": 3}],
    }
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "0"]), inner, max_size=3),
    max_leaves=8,
)


def holds(spec, data=ALERT, now=CHRISTMAS):
    return compile_match(spec).holds(data, now)


def at(hour, minute=0, second=0, day=25):
    return CHRISTMAS.replace(day=day, hour=hour, minute=minute, second=second)


@pytest.mark.parametrize(
    "spec",
    [
        {"always": True},
        {"incident.severity": "critical"},
        {"incident.severity": "critical", "incident.count": 7},
        {"incident.severity": {"$in": ["critical", "high"]}},
        {"incident.severity": {"$nin": ["low"]}},
        {"incident.severity": {"$ne": "low"}},
        {"incident.count": {"$gt": 6, "$lte": 7}},
        {"incident.count": {"$gte": 7, "$lt": 7.5}},
        {"incident.count": {"$mod": [4, 3]}},
        {"incident.tags": "db"},
        {"incident.tags": ["db", "eu-west"]},
        {"incident.tags": {"$all": ["eu-west", "db"]}},
        {"incident.tags": {"$size": 2}},
        {"incident.tags": {"$regex": "^eu-"}},
        {"incident.tags.1": "eu-west"},
        {"incident.services.name": "search"},
        {"incident.services.1.tier": {"$eq": 3}},
        {"incident.services": {"$elemMatch": {"name": "payments", "tier": {"$lt": 2}}}},
        {"incident.services.0": {"tier": 1, "name": "payments"}},
        {"incident.tags": {"$elemMatch": {"$regex": "west", "$ne": "db"}}},
        {"incident.services": {"$elemMatch": {"$or": [{"name": "none"}, {"name": "search", "tier": 3}]}}},
        {"incident.title": {"$regex": "database DOWN", "$options": "i"}},
        {"incident.title": {"$not": {"$regex": "^down"}}},
        {"incident.owner": None},
        {"incident.nowhere": None},
        {"incident.owner": {"$exists": True}},
        {"incident.nowhere": {"$exists": False}},
        {"incident.nowhere": {"$ne": "x"}},
        {"incident.count": {"$type": "int"}},
        {"incident.services": {"$type": ["array", "null"]}},
        {"incident.count": {"$or": [{"$lt": 3}, {"$gt": 5}]}},
        {"$and": [{"incident.count": 7}, {"$or": [{"incident.count": 1}, {"always": True}]}]},
        {"$nor": [{"incident.count": 1}, {"incident.severity": "low"}]},
        {"$not": {"incident.severity": "low"}},
    ],
    ids=str,
)
def test_this_match_holds(spec):
    assert holds(spec)


@pytest.mark.parametrize(
    "spec",
    [
        {"always": False},
        {"incident.severity": "Critical"},
        {"incident.severity": "critical", "incident.count": 8},
        {"incident.private": 0},
        {"incident.count": True},
        {"incident.count": "7"},
        {"incident.count": {"$gt": "6"}},
        {"incident.nowhere": {"$gt": 0}},
        {"incident.nowhere": {"$lt": 9}},
        {"incident.nowhere": {"$nin": [None]}},
        {"incident.severity": {"$in": []}},
        {"incident.tags": {"$ne": "db"}},
        {"incident.tags": {"$all": ["db", "us-east"]}},
        {"incident.tags.2": {"$exists": True}},
        {"incident.services": {"$elemMatch": {"name": "payments", "tier": 3}}},
        {"incident.services.0": {"name": "payments"}},
        {"incident.title": {"$regex": "down$"}},
        {"incident.count": {"$regex": "7"}},
        {"incident.count": {"$type": ["string", "bool"]}},
        {"$or": [{"incident.count": 1}, {"incident.severity": "low"}]},
        {"$nor": [{"incident.count": 7}, {"incident.severity": "low"}]},
    ],
    ids=str,
)
def test_this_match_does_not_hold(spec):
    assert not holds(spec)


def test_two_conditions_below_one_path_may_be_met_by_different_elements_but_not_with_elem_match():
    spec = {"incident.services.name": "payments", "incident.services.tier": 3}
    assert holds(spec)
    assert not holds({"incident.services": {"$elemMatch": {"name": "payments", "tier": 3}}})


def test_a_remainder_has_the_sign_of_its_value_as_in_javascript():
    assert holds({"a": {"$mod": [4, -3]}}, {"a": -7})
    assert not holds({"a": {"$mod": [4, 1]}}, {"a": -7})


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ({}, "needs at least one condition"),
        ({"a": {"$regexp": "x"}}, r"^a\.\$regexp: is not an operator"),
        ({"a": {"$in": "x"}}, r"^a\.\$in: needs a list"),
        ({"a": {"$gt": [1]}}, r"^a\.\$gt: needs a number or a text"),
        ({"a": {"$exists": 1}}, r"^a\.\$exists: needs true or false"),
        ({"a": {"$size": -1}}, r"^a\.\$size: needs a whole number"),
        ({"a": {"$mod": [0, 1]}}, r"^a\.\$mod: needs a list of two whole numbers"),
        ({"a": {"$type": "text"}}, r"^a\.\$type: needs one of number"),
        ({"a": {"$all": []}}, r"^a\.\$all: needs a list with at least one"),
        ({"a": {"$regex": "("}}, r"^a\.\$regex: the pattern cannot be read"),
        ({"a": {"$regex": "x", "$options": "ix"}}, r"^a\.\$regex: \$options knows i, m and s, not x"),
        ({"a": {"$options": "i"}}, r"^a\.\$options: belongs beside a \$regex"),
        ({"a": {"$not": "x"}}, r"^a\.\$not: needs operators"),
        ({"a": {"$in": [1], "b": 2}}, r"^a\.b: is not an operator"),
        ({"a": date(2024, 12, 25)}, "^a: 2024-12-25 is read as a date.*quotes"),
        ({"a": {"$elemMatch": {"$or": []}}}, r"^a\.\$elemMatch\.\$or: needs a list"),
        ({"a..b": 1}, r"^a\.\.b: is neither a dotted path"),
        ({1: 2}, "^1: is neither a dotted path"),
        ({"$gt": 3}, r"^\$gt: is neither"),
        ({"$and": [{"a": 1}, {"b": {"$x": 1}}]}, r"^\$and\.1\.b\.\$x: is not an operator"),
        ({"always": "yes"}, "^always: needs true or false"),
        ({"$day": 0}, r"^\$day\.\$eq: needs days from 1 \(Monday\) to 7"),
        ({"$day": {"timezone": "Mars/Base", "$in": [1]}}, r"^\$day\.timezone: 'Mars/Base' is not a time zone"),
        ({"$day": {"timezone": "Europe", "$in": [1]}}, r"^\$day\.timezone: 'Europe' is not a time zone"),
        ({"$now": {"format": "MM-DD"}}, r"^\$now: needs operators"),
        ({"$now": {"format": "LLL", "$eq": "x"}}, r"^\$now\.format: 'L' in the format"),
        ({"$now": {"format": "YYYY", "$eq": 2024}}, r"^\$now\.\$eq: needs text in quotes"),
        ({"$timeBetween": {"starttime": "08:00 am"}}, r"^\$timeBetween\.endtime: needs a time in quotes"),
        ({"$timeBetween": {"timeformat": "YYYY"}}, r"^\$timeBetween\.timeformat: .* must name the hour"),
        ({"$timeBetween": "08:00"}, r"^\$timeBetween: needs a mapping"),
    ],
    ids=str,
)
def test_a_mistake_is_named_by_its_path_and_operator(spec, fault):
    with pytest.raises(ValueError, match=fault):
        compile_match(spec)


def test_all_mistakes_of_a_match_are_told_at_once():
    with pytest.raises(BadMatch) as caught:
        compile_match({"a": {"$in": 1, "$gt": None}, "$day": {"timezone": "X", "$in": [9]}})
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["a.$in", "a.$gt", "$day.timezone", "$day.$in"]


@pytest.mark.parametrize(
    "pattern", ["(a+)+", "(a*)*b", "(?:x(a|b+)c)*", "(a{1,50}){1,50}", "a*a*", ".*a.+b[^c]*", r"((\d{1,9}){3}){9}"]
)
def test_a_pattern_that_may_take_for_ever_is_refused(pattern):
    with pytest.raises(ValueError, match="for ever"):
        compile_match({"a": {"$regex": pattern}})


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(\d{1,3}\.){3}\d+", "10.0.0.1"),
        ("(foo|bar)+ .*x.*", "foobar a x"),
        ("^(ab?c)+$", "acabc"),
        (r"(?<year>\d{4})-\k<year>", "2024-2024"),
        ("{name}", "{name}"),
        ("a[^]c", "a\nc"),
        (r"https?:\/\/[a-z.]+", "http://a.b"),
        ("^[[a]b", "[b"),
        ("^[^[]b$", "ab"),
    ],
)
def test_everyday_patterns_are_read_as_ecmascript_reads_them(pattern, text):
    assert holds({"a": {"$regex": pattern}}, {"a": text})


@pytest.mark.parametrize("pattern", ["(?i)x", "(?P<n>x)", r"\Ax", "a++", "(?#note)"])
def test_what_only_python_understands_is_refused(pattern):
    with pytest.raises(ValueError, match=r"ECMAScript|nothing to repeat"):
        compile_match({"a": {"$regex": pattern}})


def test_options_change_how_lines_are_read():
    text = {"a": "one\nTWO\nthree"}
    assert holds({"a": {"$regex": "^two$", "$options": "im"}}, text)
    assert not holds({"a": {"$regex": "^TWO$"}}, text)
    assert holds({"a": {"$regex": "one.TWO", "$options": "s"}}, text)
    assert not holds({"a": {"$regex": "one.TWO"}}, text)


def test_a_pattern_looks_only_at_the_first_ten_thousand_characters():
    match = compile_match({"a": {"$regex": "end"}})
    assert match.holds({"a": "x" * 9_997 + "end"}, CHRISTMAS)
    assert not match.holds({"a": "x" * 9_998 + "end"}, CHRISTMAS)


def test_a_pattern_with_two_wildcards_looks_only_at_the_first_thousand():
    match = compile_match({"a": {"$regex": ".*e.*nd"}})
    assert match.holds({"a": "x" * 997 + "end"}, CHRISTMAS)
    assert not match.holds({"a": "x" * 998 + "end"}, CHRISTMAS)


def test_a_hostile_text_of_a_megabyte_is_judged_quickly():
    started = time.perf_counter()
    for pattern in ("x.*y", "x.*x.*y"):
        assert not holds({"a": {"$regex": pattern}}, {"a": "x" * 1_000_000})
    assert time.perf_counter() - started < 20


def test_the_weekday_is_that_of_the_named_zone():
    assert holds({"$day": 3})
    assert holds({"$day": {"timezone": "Pacific/Auckland", "$in": [4]}})
    assert not holds({"$day": {"$in": [6, 7]}})


def test_now_is_written_in_its_zone_and_format():
    assert holds({"$now": {"$eq": "2024-12-25"}})
    assert holds({"$now": {"timezone": "Asia/Tokyo", "format": "ddd D MMM [at] h A", "$eq": "Thu 26 Dec at 2 AM"}})
    assert holds({"$now": {"format": "MM-DD", "$in": ["01-01", "12-25"]}})
    assert holds({"$now": {"format": "HH", "$gte": "17", "$lt": "18"}})


@pytest.mark.parametrize(
    ("clock", "inside"), [((7, 59, 59), False), ((8, 0), True), ((17, 0, 59), True), ((17, 1), False)]
)
def test_a_window_includes_both_its_ends_as_finely_as_its_format(clock, inside):
    spec = {"$timeBetween": {"starttime": "08:00 am", "endtime": "5:00 PM"}}
    assert holds(spec, now=at(*clock)) is inside


@pytest.mark.parametrize(("hour", "inside"), [(21, False), (22, True), (23, True), (0, True), (6, True), (7, False)])
def test_a_window_that_ends_before_it_starts_lasts_over_midnight(hour, inside):
    spec = {"$timeBetween": {"timeformat": "HH:mm", "starttime": "22:00", "endtime": "06:00"}}
    assert holds(spec, now=at(hour)) is inside


def test_a_window_with_seconds_ends_on_its_second():
    spec = {"$timeBetween": {"timeformat": "HH:mm:ss", "starttime": "17:00:00", "endtime": "17:00:30"}}
    assert holds(spec, now=at(17, 0, 30))
    assert not holds(spec, now=at(17, 0, 31))


def test_a_window_follows_summer_time():
    spec = {"$timeBetween": {"timezone": "Europe/London", "starttime": "08:00 am", "endtime": "05:00 pm"}}
    assert not holds(spec, now=datetime(2024, 12, 2, 7, 30, tzinfo=UTC))
    assert holds(spec, now=datetime(2024, 6, 3, 7, 30, tzinfo=UTC))


def test_the_office_hours_of_pagertrees_own_manual():
    hours = {"timezone": "Europe/London", "timeformat": "hh:mm a", "starttime": "08:00 am", "endtime": "05:00 pm"}
    match = compile_match(
        {"$and": [{"$timeBetween": hours}, {"$day": {"timezone": "Europe/London", "$in": [1, 2, 3]}}]}
    )
    assert match.holds({}, at(12))
    assert not match.holds({}, at(12, day=26))
    assert not match.holds({}, at(20))


@given(JSON, JSON)
def test_no_data_makes_a_match_stumble_and_not_is_its_opposite(data, operand):
    for spec in (
        {"a": operand or 1},
        {"a.b": {"$in": [operand]}},
        {"a.0": {"$gt": 0, "$mod": [3, 1]}},
        {"b": {"$size": 1}},
    ):
        assert holds(spec, {"a": data, "b": data}) is not holds({"$nor": [spec]}, {"a": data, "b": data})


@given(st.text(st.sampled_from("ab.*+?(){}[]|^$\\\\,1<>:=!k"), max_size=20))
def test_any_pattern_is_either_compiled_or_refused(pattern):
    with suppress(BadMatch):
        assert holds({"a": {"$regex": pattern}}, {"a": "ab"}) in (True, False)


def test_a_match_says_itself_in_words():
    assert compile_match({"always": True}).words == "always"
    assert compile_match({"a": {"$in": ["x", "y"]}, "b": None}).words == "a is one of x, y and b is null"
    assert compile_match({"$day": {"timezone": "Europe/Berlin", "$in": [6, 7]}}).words == "day is one of 6, 7"
