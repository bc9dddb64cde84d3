"""One line per step, and never a secret in it."""

import base64
import html
import io
import json
import logging
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator

import pytest
import structlog

from bridge.log import Redactor, get_log, set_up

SECRET = 'pä/s+w"ö\\rd-0123456789'
PLAIN = "k3y-0123456789-abcdefghij"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """A log of its own, and everything as it was afterwards."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    handlers, level, config = root.handlers[:], root.level, structlog.get_config()
    stream = io.StringIO()
    set_up(Redactor([SECRET, PLAIN]), "info", stream)
    yield stream
    root.handlers[:], (sys.excepthook, threading.excepthook) = handlers, hooks
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.configure(**config)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_and_begins_with_time_level_and_event(stream) -> None:
    get_log("bridge.flows.deliver").info("call.done", call="01H", tries=2)
    (line,) = lines(stream)
    assert list(line)[:3] == ["ts", "level", "event"]
    assert line["ts"].endswith("Z")
    assert {
        "level": "info",
        "event": "call.done",
        "call": "01H",
        "tries": 2,
        "part": "flows.deliver",
    }.items() <= line.items()


def test_what_is_below_the_level_is_not_written(stream) -> None:
    get_log("bridge.x").debug("detail")
    assert stream.getvalue() == ""


def test_what_a_request_bound_is_on_its_lines(stream) -> None:
    with structlog.contextvars.bound_contextvars(request="r1"):
        get_log("bridge.web").info("hook.kept")
    assert lines(stream)[0]["request"] == "r1"


def test_a_value_cannot_forge_a_line_or_colour_a_terminal(stream) -> None:
    get_log("bridge.web").warning("refused", path='/a\n{"event": "forged"}\x1b[31m\u2028')
    assert len(stream.getvalue().splitlines()) == 1
    assert not {"\x1b", "\u2028"} & set(stream.getvalue())


def test_a_value_that_is_not_json_is_still_a_line(stream) -> None:
    get_log("bridge.web").info("odd", value={1, 2}, raw=b"\xff", when=object)
    assert lines(stream)[0]["event"] == "odd"


def test_libraries_pass_the_same_way(stream) -> None:
    logging.getLogger("urllib3.connectionpool").warning("Retrying %s", f"/a?secret={PLAIN}")
    logging.getLogger("urllib3").info("chatter")
    logging.getLogger("apscheduler").info("chatter")
    (line,) = lines(stream)
    assert (line["level"], line["part"], line["event"]) == (
        "warning", "urllib3.connectionpool", "Retrying /a?secret=[secret]"
    )  # fmt: skip


def test_a_library_that_logs_wrongly_still_logs(stream) -> None:
    (ours,) = [handler for handler in logging.getLogger().handlers if type(handler).__module__ == "bridge.log"]
    ours.handle(logging.makeLogRecord({"msg": "%d and %d", "args": ("one",), "levelname": "ERROR"}))
    assert lines(stream)[0]["event"] == "%d and %d"


def test_a_traceback_shows_no_secret(stream) -> None:
    try:
        raise ValueError(f"no such key: {SECRET}")
    except ValueError:
        get_log("bridge.x").exception("crashed")
        logging.getLogger("some.library").exception("crashed")
    ours, theirs = lines(stream)
    assert "ValueError: no such key: [secret]" in ours["exception"]
    assert "ValueError: no such key: [secret]" in theirs["exception"]
    assert "0123456789" not in stream.getvalue()


def test_a_thread_that_dies_says_so_in_the_log(stream) -> None:
    thread = threading.Thread(target=lambda: [][int(PLAIN[1])], name="worker-1")
    thread.start()
    thread.join(5)
    (line,) = lines(stream)
    assert (line["event"], line["thread"]) == ("uncaught", "worker-1")
    assert "IndexError" in line["exception"]


def test_a_process_that_dies_says_so_in_the_log(stream) -> None:
    fault = ValueError(PLAIN)
    sys.excepthook(ValueError, fault, None)
    assert lines(stream)[0]["exception"] == "ValueError: [secret]"


def test_a_log_that_cannot_be_written_stops_nobody(stream) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    set_up(Redactor([]), "info", Full())
    get_log("bridge.x").info("still alive")


def test_lines_of_many_threads_stay_whole(stream) -> None:
    log = get_log("bridge.x")
    threads = [threading.Thread(target=lambda: [log.info("step", n=n) for n in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(lines(stream)) == 400


# The redactor

DRESSES = {
    "plain": lambda s: s,
    "in json": lambda s: json.dumps({"a": s}),
    "in json with umlauts": lambda s: json.dumps({"a": s}, ensure_ascii=False),
    "in json in json": lambda s: json.dumps(json.dumps({"a": s})),
    "in json with escaped slashes": lambda s: json.dumps({"a": s}).replace("/", "\\/"),
    "in a url": lambda s: "/x?y=" + urllib.parse.quote(s, safe=""),
    "in a form": lambda s: urllib.parse.urlencode({"y": s}),
    "in a url in small letters": lambda s: "".join(f"%{b:02x}" if chr(b) not in _SAFE else chr(b) for b in s.encode()),
    "in a url twice": lambda s: urllib.parse.quote(urllib.parse.quote(s, safe=""), safe=""),
    "hex": lambda s: s.encode().hex(),
    "HEX": lambda s: s.encode().hex().upper(),
    "html": lambda s: html.escape(s),
    "repr": lambda s: repr({"a": s}),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "url-safe base64": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "base64 behind 1": lambda s: base64.b64encode(b"u" + s.encode() + b"!").decode(),
    "base64 behind 2": lambda s: base64.b64encode(b"u:" + s.encode() + b"??").decode(),
    "base64 behind 5": lambda s: base64.b64encode(b"user:" + s.encode() + b"\n").decode(),
}
_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"


SECRETS = [SECRET, PLAIN, "pässwört", "https://pt.example.com/integration/int_Abc"]


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_found_in_every_dress(dress: str, secret: str) -> None:
    dressed, redactor = DRESSES[dress](secret), Redactor([secret])
    for masked in (
        redactor.text(f"before {dressed} after"),
        redactor.bytes(f"before {dressed} after".encode()).decode(),
    ):
        assert "[secret]" in masked
        assert masked.startswith("before ")
        assert masked.endswith(" after")
        assert len(masked) < len(dressed) + 14 - len(secret) // 2 + len("[secret]")


def test_json_is_still_json_when_its_secrets_are_gone() -> None:
    body = json.dumps({"a": f"x{SECRET}y", "b": [SECRET]}).encode()
    assert json.loads(Redactor([SECRET]).bytes(body)) == {"a": "x[secret]y", "b": ["[secret]"]}


def test_a_secret_inside_another_leaves_nothing_of_the_longer_one() -> None:
    assert Redactor(["abcdef", "abcdef-ghijkl"]).text("abcdef-ghijkl abcdef") == "[secret] [secret]"


def test_what_is_too_short_to_be_a_secret_is_left_in_peace() -> None:
    assert Redactor(["", "a", "alert"]).text("alert is a word") == "alert is a word"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("GET /webhooks/pagertree?secret=guess1&x=1", "GET /webhooks/pagertree?secret=[secret]&x=1"),
        ("/a?b=1&api_token=abc#f", "/a?b=1&api_token=[secret]#f"),
        ('{"Authorization": "Basic dXNlcjpwYXNz"}', '{"Authorization": "Basic [secret]"}'),
        ("authorization: dXNlcjpwYXNz", "authorization: [secret]"),
        ("sent Bearer abcdefghijklmnopqrstuv", "sent Bearer [secret]"),
        ("postgresql://bridge:hunter2@db/x", "postgresql://bridge:[secret]@db/x"),
        ("https://api.pagertree.com/integration/int_abc", "https://api.pagertree.com/integration/[secret]"),
        ("rpb_4f2a9c01d3e7_" + "5ecret" * 9, "rpb_4f2a9c01d3e7_[secret]"),
        ("a basic idea: token economy", "a basic idea: token economy"),
        ("https://rootly.com/account/incidents/1?tab=alerts", "https://rootly.com/account/incidents/1?tab=alerts"),
    ],
)
def test_what_looks_like_a_credential_is_masked_in_a_log(text: str, masked: str) -> None:
    assert Redactor([]).text(text) == masked


def test_other_peoples_words_are_kept_as_they_are_in_a_body() -> None:
    body = b'{"title": "see https://x.example/?token=public and Bearer abcdefghijklmnopqrstuv"}'
    assert Redactor([PLAIN]).bytes(body) == body


def test_a_megabyte_is_searched_in_a_blink() -> None:
    """Eight secrets in every dress against the largest body a door accepts; a slow search would hold the door."""
    redactor = Redactor([f"{n}{PLAIN}{n}" for n in range(8)])
    body = b'{"title": "payment latency", "id": "0123456789abcdef"},' * 19_000
    best = min(_seconds(lambda: redactor.bytes(body)) for _ in range(3))
    assert best < 0.25


def _seconds(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
