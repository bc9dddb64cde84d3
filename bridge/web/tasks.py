"""How waitress writes our answers: a small one in one packet, a refusal in the form of a door's."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from waitress.task import ErrorTask, WSGITask
from waitress.utilities import build_http_date

from bridge.log import get_log
from bridge.web import answers
from bridge.web.answers import Headers, Reply
from bridge.web.parsing import refusal_of

if TYPE_CHECKING:
    from bridge.web.channel import Channel

SHOWN = 100  # characters of a path, which may be as long as all headers

log = get_log(__name__)


class Task(WSGITask):
    """Sends a small answer in one packet, and says goodbye when the server is stopping."""

    channel: Channel
    request: Any  # a Parser; the stubs take it for an Error

    def execute(self) -> None:
        reply, self.channel.reply = self.channel.reply, None
        if reply is None:
            super().execute()
        else:
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.status, headers, content = reply
        self.response_headers = [*self.response_headers, *headers]
        self.content_length, self.complete = len(content), True
        bodiless = self.request.command == "HEAD"
        ordinary = self.version == "1.1" and "CONNECTION" not in self.request.headers
        if ordinary and not self.channel.server.stopping:
            self.wrote_header, self.content_bytes_written = True, len(content)
            self.channel.write_soon(_head(self.status, headers) + (b"" if bodiless else content))
        else:
            self.write(b"" if bodiless else content)

    def build_response_header(self) -> bytes:
        if self.channel.server.stopping:
            self.set_close_on_finish()
        return super().build_response_header()

    def write(self, data: bytes) -> None:
        if self.wrote_header or not (self.complete and self.content_length == len(data) > 0 and self.has_body):
            super().write(data)
            return
        head = self.build_response_header()
        self.wrote_header, self.content_bytes_written = True, len(data)
        self.channel.write_soon(head + data)


def _head(status: str, headers: Headers) -> bytes:
    """The ordinary case, written out: what waitress does for any case costs a tenth of a webhook."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {status}\r\n{fields}Date: {_date(int(time.time()))}\r\n\r\n".encode("latin-1")


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return build_http_date(second)


class Refusing(ErrorTask):
    """Our form of refusal for what never reached a door."""

    channel: Channel
    request: Any  # a Parser; the stubs take it for an Error

    def execute(self) -> None:
        refusal = refusal_of(self.request.error)
        request_id = answers.request_id(self.request.headers.get("X_REQUEST_ID"))
        log.info("request.refused", code=refusal.code, path=self.request.path[:SHOWN], request_id=request_id)
        content = refusal.body(request_id)
        self.status = answers.status_line(refusal.status)
        self.response_headers = list(answers.heads(content, request_id, refusal.headers))
        self.content_length = len(content)
        self.set_close_on_finish()
        self.channel.refused = True
        self.write(content)
