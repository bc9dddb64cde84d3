"""Reading a body: whole, bounded, and in a form that we read."""

from io import BytesIO
from typing import Any

import pytest

from bridge.web import body
from bridge.web.answers import Refusal


def environ(content: bytes, **more: Any) -> dict[str, Any]:
    return {"CONTENT_LENGTH": str(len(content)), "wsgi.input": BytesIO(content), **more}


def code(call: Any, *arguments: Any) -> tuple[int, str]:
    with pytest.raises(Refusal) as caught:
        call(*arguments)
    return caught.value.status, caught.value.code


def test_a_body_is_read_as_it_is():
    assert body.read(environ(b'{"a": 1}')) == b'{"a": 1}'


def test_a_body_of_exactly_the_limit_is_read():
    assert len(body.read(environ(b"x" * body.LIMIT))) == body.LIMIT


def test_a_body_announced_too_large_is_refused_without_being_read():
    unread = environ(b"", CONTENT_LENGTH=str(body.LIMIT + 1))
    del unread["wsgi.input"]
    assert code(body.read, unread) == (413, "too_large")


def test_a_chunked_body_over_the_limit_is_refused_not_cut():
    chunked = environ(b"x" * (body.LIMIT + 1), CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked")
    assert code(body.read, chunked) == (413, "too_large")


def test_a_chunked_body_of_the_limit_is_read_whole():
    chunked = environ(b"x" * body.LIMIT, CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked")
    assert len(body.read(chunked)) == body.LIMIT


def test_a_body_shorter_than_announced_is_refused():
    assert code(body.read, environ(b"12345", CONTENT_LENGTH="50")) == (400, "incomplete_body")


def test_a_body_without_a_length_is_refused():
    assert code(body.read, environ(b"", CONTENT_LENGTH="")) == (411, "length_required")


@pytest.mark.parametrize("length", ["+5", "-1", "5, 5", "0x5", "٥", "5 "])
def test_a_length_that_is_no_number_is_refused(length: str):
    assert code(body.read, environ(b"12345", CONTENT_LENGTH=length)) == (400, "bad_request")


def test_a_length_of_a_thousand_digits_is_too_large():
    assert code(body.read, environ(b"", CONTENT_LENGTH="9" * 1000)) == (413, "too_large")


def test_a_body_that_never_comes_is_a_timeout():
    class Silent:
        def read(self, _size: int) -> bytes:
            raise TimeoutError

    assert code(body.read, environ(b"12345") | {"wsgi.input": Silent()}) == (408, "timeout")


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "application/json",
        "application/vnd.api+json",
        "Application/JSON; charset=UTF-8",
        'application/json;charset="utf8"',
    ],
)
def test_json_in_utf8_is_what_we_read(kind: str):
    body.check_content(environ(b"", CONTENT_TYPE=kind))


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"]
)
def test_other_types_and_charsets_are_not_read(kind: str):
    assert code(body.check_content, environ(b"", CONTENT_TYPE=kind)) == (415, "unsupported_media_type")


def test_a_compressed_body_is_not_read():
    assert code(body.check_content, environ(b"", HTTP_CONTENT_ENCODING="gzip")) == (415, "unsupported_encoding")
    body.check_content(environ(b"", HTTP_CONTENT_ENCODING="identity"))
