"""JSON taken apart: every text is safe to store and to show, and any mapping is an object."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from bridge.systems.payload import clean, mapping, rows, text


@pytest.mark.parametrize(
    ("words", "cleaned"),
    [
        ("plain words", "plain words"),
        ("grüße 🙂", "grüße 🙂"),
        ("a\0b", "a\N{REPLACEMENT CHARACTER}b"),
        ("ü\0b", "ü\N{REPLACEMENT CHARACTER}b"),
        ("a\ud800b", "a\N{REPLACEMENT CHARACTER}b"),
    ],
)
def test_a_text_loses_only_what_a_database_chokes_on(words: str, cleaned: str) -> None:
    assert clean(words) == cleaned


def test_an_object_need_not_be_a_dict() -> None:
    frozen = MappingProxyType({"id": "one"})

    assert text(mapping({"data": MappingProxyType({"user": frozen})}, "data", "user"), "id") == "one"
    assert rows({"list": [frozen, "no object"]}, "list") == (frozen,)
