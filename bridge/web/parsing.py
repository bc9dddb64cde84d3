"""How a request is read off the wire: waitress' parser, with what it leaves open closed.

Rule: what two HTTP implementations could read in two ways is refused, and a body too large is refused unread.
"""

from __future__ import annotations

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import Error

from bridge.web import body
from bridge.web.answers import Refusal, too_large

MALFORMED = Refusal(400, "bad_request", "The request is not well-formed HTTP/1.1.")
BY_CODE = {
    413: too_large(body.LIMIT),
    431: Refusal(431, "headers_too_large", "The headers may have at most 16 KiB."),
}


class Refused(Error):
    """waitress' way to say that a request gets no further; carries our answer."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def refusal_of(fault: Error) -> Refusal:
    return fault.refusal if isinstance(fault, Refused) else BY_CODE.get(getattr(fault, "code", 400), MALFORMED)


class Parser(HTTPRequestParser):
    """One request as it comes in."""

    error: Error | None
    path = ""  # waitress sets it when it can

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(_unambiguous(header_plus))
        except ValueError as fault:  # a length of more digits than Python turns into a number
            raise ParsingError("Content-Length is no length") from fault
        if self.content_length > body.LIMIT:
            self.error = Refused(too_large(body.LIMIT))

    def received(self, data: bytes) -> int:
        consumed = super().received(data)
        if self.error:
            self.completed = True
            self.expect_continue = False  # the refusal is the answer, not "100 Continue"
        return consumed

    def give_up(self, refusal: Refusal) -> None:
        if not self.headers_finished:
            self.parse_header(b"GET / HTTP/1.0\r\n")  # an unread request still needs a form to be answered in
        self.error = Refused(refusal)
        self.completed = True


def _unambiguous(head: bytes) -> bytes:
    """The head as it came. Raises ParsingError for two lengths at once, a coding but "chunked", a folded line."""
    low = head.lower()
    if b"\n " in head or b"\n\t" in head:
        raise ParsingError("A header is folded over lines")
    if b"transfer-encoding" in low:
        first, *lines = low.split(b"\r\n")
        fields = [(name.strip(), value.strip(b" \t")) for name, _, value in (line.partition(b":") for line in lines)]
        codings = [value for name, value in fields if name == b"transfer-encoding"]
        sized = any(name == b"content-length" for name, _ in fields)
        if codings and (codings != [b"chunked"] or sized or not first.endswith(b" http/1.1")):
            raise ParsingError("Transfer-Encoding is not plain and alone")
    return head
