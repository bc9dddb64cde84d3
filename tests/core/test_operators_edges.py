"""The operators of the match language at their edges, and what each says of itself in words."""

from typing import Any

import pytest

from bridge.core.match_words import say_match
from bridge.core.matching import BadMatch, compile_match
from tests.core.stories import NOW

DATA: dict[str, Any] = {
    "n": 7, "f": 2.5, "neg": -7, "zero": 0, "t": "b", "flag": True, "none": None, "list": [1, "x", None],
    "numbers": [1, 9], "deep": [[1, 2], "y"], "map": {"a": [1], "b": True}, "empty": [], "long": list(range(12)),
}  # fmt: skip


def holds(spec: dict[str, Any]) -> bool:
    return compile_match(spec).holds(DATA, NOW)


@pytest.mark.parametrize(
    "spec",
    [
        {"n": {"$gt": 6}}, {"n": {"$gte": 7}}, {"n": {"$lt": 8}}, {"n": {"$lte": 7}}, {"t": {"$gt": "a"}},
        {"t": {"$gte": "b"}}, {"t": {"$lt": "c"}}, {"numbers": {"$gt": 8}}, {"list": {"$gt": 0}},
        {"list": {"$gte": "x"}},
        {"n": {"$mod": [4, 3]}}, {"neg": {"$mod": [4, -3]}}, {"neg": {"$mod": [-4, -3]}}, {"zero": {"$mod": [5, 0]}},
        {"numbers": {"$mod": [8, 1]}}, {"list": {"$mod": [1, 0]}}, {"n": {"$mod": [1, 0]}}, {"n": {"$mod": [-8, 7]}},
        {"empty": {"$size": 0}}, {"list": {"$size": 3}}, {"none": None}, {"nothing": None}, {"list": None},
        {"nothing": {"$exists": False}}, {"none": {"$exists": True}}, {"n": {"$type": "int"}},
        {"n": {"$type": "number"}}, {"f": {"$type": "double"}}, {"f": {"$type": ["double", "null"]}},
        {"t": {"$type": "string"}}, {"flag": {"$type": "bool"}}, {"list": {"$type": "array"}},
        {"map": {"$type": "object"}}, {"none": {"$type": "null"}}, {"list": {"$type": "null"}},
        {"map": {"b": True, "a": [1]}}, {"list": [1, "x", None]}, {"deep": [1, 2]}, {"deep.0": 2}, {"deep.1": "y"},
        {"long.11": 11}, {"flag": True}, {"n": 7.0}, {"n": {"$in": [1, 7]}}, {"list": {"$in": [None]}},
        {"t": {"$regex": "^B$", "$options": "i"}}, {"list": {"$regex": "x"}}, {"n": {"$nin": [1]}},
        {"deep": {"$elemMatch": {"$eq": "y"}}}, {"n": {"$mod": [9007199254740991, 7]}},
    ],
)  # fmt: skip
def test_it_holds(spec: dict[str, Any]) -> None:
    assert holds(spec)
    assert not holds({"$nor": [spec]})


@pytest.mark.parametrize(
    "spec",
    [
        {"n": {"$gt": 7}}, {"n": {"$gte": 8}}, {"n": {"$lt": 7}}, {"n": {"$lte": 6}}, {"flag": {"$gt": 0}},
        {"t": {"$gt": "b"}}, {"t": {"$lt": "b"}}, {"n": {"$gt": "a"}}, {"t": {"$gt": 0}}, {"nothing": {"$lt": 1}},
        {"flag": {"$mod": [1, 0]}}, {"t": {"$mod": [1, 0]}}, {"neg": {"$mod": [4, 1]}}, {"n": {"$mod": [4, 2]}},
        {"t": {"$size": 1}}, {"list": {"$size": 2}}, {"nothing": {"$size": 0}}, {"n": None}, {"map": None},
        {"flag": {"$type": "int"}}, {"flag": {"$type": "number"}}, {"f": {"$type": "int"}}, {"t": {"$type": "null"}},
        {"n": {"$type": "double"}}, {"n": {"$type": ["string", "bool"]}}, {"n": {"$type": "object"}},
        {"map": {"a": [1]}}, {"map": {"a": [1], "b": 1}}, {"list": [1, "x"]}, {"list": [None, "x", 1]},
        {"flag": 1}, {"n": True}, {"none": False}, {"zero": False}, {"zero": None}, {"empty": None},
        {"long.12": None, "n": 8}, {"list.x": 1}, {"n.0": 7}, {"n": {"$regex": "7"}}, {"t": {"$regex": "B"}},
        {"n": {"$ne": 7}}, {"list": {"$nin": [None]}}, {"nothing": {"$exists": True}}, {"empty": {"$exists": False}},
        {"long.000000011": 12}, {"long.0000000011": 11},
    ],
)  # fmt: skip
def test_it_does_not_hold(spec: dict[str, Any]) -> None:
    assert not holds(spec)
    assert holds({"$nor": [spec]})


@pytest.mark.parametrize(
    ("operator", "operand", "fault"),
    [
        ("$mod", 4, "two whole numbers"), ("$mod", [4], "two whole numbers"), ("$mod", [4, 1, 0], "two whole numbers"),
        ("$mod", [0, 1], "divisor other than 0"), ("$mod", [4, 1.5], "whole"), ("$mod", [True, 0], "whole"),
        ("$mod", [4, False], "whole"), ("$mod", ["4", 0], "whole"), ("$mod", [2**53, 0], "whole"),
        ("$mod", [1, -(2**53)], "whole"), ("$size", -1, "from 0"), ("$size", 1.0, "from 0"), ("$size", True, "from 0"),
        ("$exists", 1, "true or false"), ("$type", "text", "needs one of"), ("$type", 7, "needs one of"),
        ("$type", ["int", "text"], "needs one of"), ("$type", [], "needs one of"), ("$type", [["int"]], "needs one of"),
        ("$in", "x", "list of values"), ("$gt", None, "number or a text"), ("$gt", True, "number or a text"),
        ("$regex", 7, "needs a text"), ("$regex", "(", "cannot be read"), ("$all", [], "at least one entry"),
    ],
)  # fmt: skip
def test_an_operand_that_cannot_be_meant_is_told(operator: str, operand: object, fault: str) -> None:
    with pytest.raises(BadMatch, match=fault) as bad:
        compile_match({"a": {operator: operand}})
    assert bad.value.faults[0].startswith(f"a.{operator}")


def test_options_are_a_text_and_belong_to_a_regex() -> None:
    for spec in ({"$regex": "a", "$options": 7}, {"$options": "i", "$eq": 1}):
        with pytest.raises(BadMatch):
            compile_match({"a": spec})


@pytest.mark.parametrize("literal", [NOW, {"b": NOW}, [NOW], {"b": [{"c": NOW}]}])
def test_a_date_that_yaml_made_is_told_wherever_it_stands(literal: object) -> None:
    with pytest.raises(BadMatch, match="put it in quotes"):
        compile_match({"a": literal})


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"a": 1}, "a is 1"),
        ({"a": None}, "a is null"),
        ({"a": True}, "a is true"),
        ({"a": [1, False]}, "a is 1, false"),
        ({"a": {"b": 1}}, "a is {'b': 1}"),
        ({"a": {"$eq": 1}}, "a is 1"),
        ({"a": {"$ne": 1}}, "a is not 1"),
        ({"a": {"$in": [1, 2]}}, "a is one of 1, 2"),
        ({"a": {"$nin": [1, 2]}}, "a is none of 1, 2"),
        ({"a": {"$gt": 1, "$lte": 3}}, "a > 1 and <= 3"),
        ({"a": {"$gte": 1, "$lt": 3}}, "a >= 1 and < 3"),
        ({"a": {"$regex": "^b", "$options": "i"}}, "a matches ^b"),
        ({"a": {"$all": [1, 2]}}, "a has all of 1, 2"),
        ({"a": {"$size": 2}}, "a has size 2"),
        ({"a": {"$type": "int"}}, "a has type int"),
        ({"a": {"$mod": [4, 0]}}, "a mod 4, 0"),
        ({"a": {"$exists": False}}, "a exists: false"),
        ({"a": {"$elemMatch": {"b": 1, "c": 2}}}, "a has an element with b is 1 and c is 2"),
        ({"a": {"$not": {"$gt": 1}}}, "a not > 1"),
        ({"$nor": [{"a": 1}, {"b": 2}]}, "not (a is 1 or b is 2)"),
        ({"$and": [{"a": 1}, {"b": 2}]}, "(a is 1 and b is 2)"),
        ({"$or": [{"a": 1}, {"b": 2}], "c": 3}, "(a is 1 or b is 2) and c is 3"),
        ({"always": False}, "never"),
        ({"always": True}, "always"),
        ({"$timeBetween": {"starttime": "09:00", "endtime": "17:00"}}, "time is 09:00 to 17:00"),
        ({"$day": {"$in": ["Monday"]}}, "day is one of Monday"),
        ({"$now": "2024-12-25"}, "now is 2024-12-25"),
    ],
)
def test_each_says_itself_in_words(spec: dict[str, Any], words: str) -> None:
    assert say_match(spec) == words
