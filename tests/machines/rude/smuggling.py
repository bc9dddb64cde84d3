"""Requests that two readers could take for different ones, each with an authentic webhook hidden behind it.

Rule: where it is in doubt where a request ends, it is refused and the connection closed; what is hidden never arrives.
https://www.rfc-editor.org/rfc/rfc9112#section-11.2
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress

from tests.machines.rude.posts import PATH, SECONDS, Post, connect, ended, post, received, statuses

LINE = f"POST {PATH} HTTP/1.1\r\nHost: bridge\r\n".encode()
NOTHING = b"0\r\n\r\n"  # the last chunk

# Headers and body; `%b` is where the hidden request stands, `%d` its length. All are refused.
DOUBTFUL = {
    "a length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + NOTHING + b"%b",
    "chunks and a length": b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n" + NOTHING + b"%b",
    "chunks and a length of nothing": b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n" + NOTHING + b"%b",
    "two lengths": b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n%b",
    "one length twice": b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n%b",
    "a list of lengths": b"Content-Length: 0, 0\r\n\r\n%b",
    "a length with a sign": b"Content-Length: +0\r\n\r\n%b",
    "a length below nothing": b"Content-Length: -1\r\n\r\n%b",
    "a length in hex": b"Content-Length: 0x0\r\n\r\n%b",
    "a length with an underscore": b"Content-Length: 0_0\r\n\r\n%b",
    "a length of no digits": b"Content-Length: \xb2\r\n\r\n%b",
    "a coding we do not know": b"Transfer-Encoding: xchunked\r\n\r\n" + NOTHING + b"%b",
    "a coding before chunked": b"Transfer-Encoding: gzip, chunked\r\n\r\n" + NOTHING + b"%b",
    "a coding after chunked": b"Transfer-Encoding: chunked, identity\r\n\r\n" + NOTHING + b"%b",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + NOTHING + b"%b",
    "chunked in quotes": b'Transfer-Encoding: "chunked"\r\n\r\n' + NOTHING + b"%b",
    "a blank before the colon": b"Content-Length : 0\r\n\r\n%b",
    "a tab before the colon": b"Transfer-Encoding\t: chunked\r\n\r\n" + NOTHING + b"%b",
    "a folded coding": b"Transfer-Encoding:\r\n chunked\r\n\r\n" + NOTHING + b"%b",
    "a blank before the first header": b" X: 1\r\nContent-Length: 0\r\n\r\n%b",
    "a vertical tab": b"Transfer-Encoding: \x0bchunked\r\n\r\n" + NOTHING + b"%b",
    "a bare line feed": b"X: 1\nContent-Length: 0\r\n\r\n%b",
    "a bare carriage return": b"X: 1\rContent-Length: 0\r\n\r\n%b",
    "NUL in a header": b"X: a\0b\r\nContent-Length: 0\r\n\r\n%b",
    "NUL in a name": b"X\0: 1\r\nContent-Length: 0\r\n\r\n%b",
    "no colon": b"Content-Length 0\r\n\r\n%b",
    "no name": b": 1\r\nContent-Length: 0\r\n\r\n%b",
    "a chunk of no size": b"Transfer-Encoding: chunked\r\n\r\n\r\n%b",
    "a chunk of a strange size": b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n%b",
    "a chunk with a sign": b"Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n%b",
    "a chunk below nothing": b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n%b",
    "a chunk with an underscore": b"Transfer-Encoding: chunked\r\n\r\n0_0\r\n\r\n%b",
    "a chunk longer than it says": b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n" + NOTHING + b"%b",
    "an extension with a line feed": b"Transfer-Encoding: chunked\r\n\r\n0;a\nb\r\n\r\n%b",
    "a chunk's end as a bare line feed": b"Transfer-Encoding: chunked\r\n\r\n1\na\n0\n\n%b",
}
OLD = {  # read as HTTP/1.0: one request, and the end
    "no version": b"POST " + PATH.encode(),
    "another version": b"POST " + PATH.encode() + b" HTTP/2.0",
}
LINES = {
    "a version and more": b"POST " + PATH.encode() + b" HTTP/1.1x",
    "a bare line feed in the line": b"POST " + PATH.encode() + b"\nX: HTTP/1.1",
    "NUL in the method": b"PO\0ST " + PATH.encode() + b" HTTP/1.1",
    "chunks in HTTP/1.0": b"POST " + PATH.encode() + b" HTTP/1.0\r\nTransfer-Encoding: chunked",
}


def smuggle(port: int) -> Iterator[tuple[str, str]]:
    """Every case by name, with what went wrong, else nothing. What is hidden is named `hidden-…`."""
    for name, rest in DOUBTFUL.items():
        yield name, _refused(port, LINE + _filled(rest, post("hidden")))
    for name, line in (OLD | LINES).items():
        body = NOTHING if b"chunked" in line else b""
        length = b"" if body else b"Content-Length: 0\r\n"
        wire = line + b"\r\nHost: bridge\r\n" + length + b"\r\n" + body + post("hidden").wire
        yield name, _refused(port, wire, 401 if name in OLD else 400)
    yield from _single(port)


def _filled(rest: bytes, hidden: Post) -> bytes:
    return rest.replace(b"%d", b"%d" % len(hidden.wire)).replace(b"%b", hidden.wire)


def _refused(port: int, wire: bytes, status: int = 400) -> str:
    with closing(connect(port)) as connection:
        with suppress(ConnectionError):
            connection.sendall(wire)
        came = received(connection, 1)
        if statuses(came) != (status,):
            return f"answered {statuses(came)}: {came[:200]!r}"
        return "" if ended(connection, SECONDS) else "refused, and the connection goes on"


def _single(port: int) -> Iterator[tuple[str, str]]:
    """What has one meaning, and must have just that."""
    hidden, whole = post("hidden"), post("plain")
    inside = b"GET /healthz HTTP/1.1\r\nHost: bridge\r\nContent-Length: %d\r\n\r\n" % len(hidden.wire)
    yield "a request as a body", _answered(port, inside + hidden.wire, 200)
    absolute = whole.head(f"Content-Length: {len(whole.content)}", first=f"POST http://evil.example{PATH} HTTP/1.1")
    yield "a whole address", _answered(port, absolute + whole.content, 200)
    waiting = post("plain")
    asking = waiting.head("Expect: 100-continue", f"Content-Length: {len(waiting.content)}")
    yield "a question before the body", _answered(port, asking + waiting.content, 200)
    forged = post("hidden")
    under = forged.head(f"Content-Length: {len(forged.content)}").replace(b"X-Rootly-Signature", b"X_Rootly_Signature")
    yield "underscores for dashes", _answered(port, under + forged.content, 401)
    yield "a chunk extension", _answered(port, post("plain").chunked(50, b';a="b"'), 200)
    too_long = post("hidden")
    asking = LINE + b"Expect: 100-continue\r\nContent-Length: 3000000\r\n\r\n"
    yield "a question about too much", _refused(port, asking + too_long.wire, 413)


def _answered(port: int, wire: bytes, status: int) -> str:
    with closing(connect(port)) as connection:
        connection.sendall(wire)
        came = received(connection, 1)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: bridge\r\n\r\n")
        came += received(connection, 1)
    return "" if statuses(came) == (status, 200) else f"answered {statuses(came)}: {came[:200]!r}"
