"""What a request at an integration's door becomes, whatever it calls its body."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import Unreadable
from bridge.model import Hook
from bridge.systems.posts import DEEPEST, FORM, parse_post

JSON_TYPE = "application/json; charset=utf-8"
NUMBERS = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
BYTES = st.binary(max_size=60) | st.text('ab[]=&%{"1', max_size=60).map(str.encode)


def params(body: bytes, kind: str | None = JSON_TYPE, **query: str) -> dict[str, Any]:
    headers = {} if kind is None else {"content-type": kind}
    return dict(parse_post(Hook(body, headers, query)).params)


def form(body: str) -> dict[str, Any]:
    return params(body.encode(), FORM)


@pytest.mark.parametrize("kind", [JSON_TYPE, "application/vnd.api+json", "text/plain", "", None])
def test_json_is_json_by_whichever_name(kind: str | None) -> None:
    assert params(b'\xef\xbb\xbf {"Id": 1}\n', kind) == {"Id": 1}


@pytest.mark.parametrize("value", [[{"a": 1}], [], "text", 5, None, True])
def test_a_body_that_is_no_object_stands_by_itself(value: object) -> None:
    assert params(json.dumps(value).encode()) == {"_json": value}


def test_the_query_lies_over_the_body() -> None:
    assert params(b'{"id": "body", "title": "body"}', id="query") == {"id": "query", "title": "body"}
    assert params(b'[{"monitor": "a"}]', x="1") == {"_json": [{"monitor": "a"}], "x": "1"}


def test_a_query_needs_no_body() -> None:
    assert params(b"", None, event_type="create", **{"meta[team]": "blue"}) == {
        "event_type": "create",
        "meta": {"team": "blue"},
    }


def test_the_headers_go_with_it() -> None:
    assert parse_post(Hook(b"{}", {"pagertree-token": "t"})).headers == {"pagertree-token": "t"}


def test_a_form_may_hold_lists_and_objects() -> None:
    assert form("a=1&a=2&b=&t[]=x&t[]=y&m[k][l]=z") == {"a": "2", "b": "", "t": ["x", "y"], "m": {"k": {"l": "z"}}}
    assert form("h[][n]=1&h[][p]=2&h[][n]=3") == {"h": [{"n": "1", "p": "2"}, {"n": "3"}]}


@pytest.mark.parametrize("name", ["a]", "[a", "a[b", "a[][][]", "[]", "a[b]c", ""])
def test_brackets_that_mean_nothing_are_part_of_the_name(name: str) -> None:
    assert form(urlencode({name: "1"})) == {name: "1"}


def test_json_that_is_called_a_form_is_json() -> None:
    assert form('{"event_type": "create", "title": "a=b&c"}') == {"event_type": "create", "title": "a=b&c"}


def test_without_a_content_type_a_form_is_a_form() -> None:
    assert params(b"event_type=create&id=1", None) == {"event_type": "create", "id": "1"}


def test_every_text_can_be_stored() -> None:
    assert params(rb'{"a\u0000": ["\ud800", {"b": "\u00e9\ud83d\ude00"}]}') == {"a�": ["�", {"b": "é😀"}]}
    assert form("a%00=b%00") == {"a�": "b�"}


@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        (b"{", JSON_TYPE, "not JSON"),
        (b"{", None, "not JSON"),
        (b'{"a": ', FORM, "not JSON"),
        (b"\xff", JSON_TYPE, "not JSON"),
        (b'{"a": NaN}', JSON_TYPE, "NaN"),
        (b"hello", "text/plain", "not JSON"),
        (b"[" * 100_000, JSON_TYPE, "levels"),
        (b"[" * 80 + b"]" * 80, JSON_TYPE, "levels"),
        (b"a=%ff", FORM, "form"),
        (b"\xff=1", FORM, "form"),
        (b"&".join([b"a=1"] * 1_001), FORM, "form"),
        (b"a=1&a[b]=2", FORM, "now one thing"),
        (b"a[]=1&a[b]=2", FORM, "now one thing"),
        (b"a[b]=1&a[]=2", FORM, "now one thing"),
        (b"a" + b"[b]" * DEEPEST + b"=1", FORM, "brackets"),
        (b"--x", "multipart/form-data; boundary=x", "multipart"),
    ],
)
def test_what_cannot_be_read_says_why(body: bytes, kind: str | None, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        params(body, kind)


@given(value=VALUES)
@settings(max_examples=100, deadline=None)
def test_whatever_is_json_comes_out_as_it_went_in(value: Any) -> None:
    body = json.dumps(value, ensure_ascii=False).replace("\\u0000", "0").encode()
    assert params(body) == (json.loads(body) if isinstance(value, dict) else {"_json": json.loads(body)})


@given(body=BYTES, kind=st.sampled_from([JSON_TYPE, FORM, "", "text/xml"]))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_parameters_or_unreadable(body: bytes, kind: str) -> None:
    try:
        found = params(body, kind)
    except Unreadable:
        return
    assert all(isinstance(name, str) for name in found)
