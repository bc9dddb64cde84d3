"""Why a call got no answer, in words without its address, which may be a credential."""

from __future__ import annotations

from http import client

from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    EmptyPoolError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)


def in_words(fault: BaseException) -> str:
    for kind, words in _WORDS:
        if any(isinstance(cause, kind) for cause in _causes(fault)):
            return words
    return f"the connection broke ({type(fault).__name__})"


_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (NameResolutionError, "its name was not found"),
    (ConnectionRefusedError, "refused the connection"),
    (SSLError, "TLS failed: its certificate or protocol was not accepted"),
    (EmptyPoolError, "no connection was free in time"),
    (client.IncompleteRead, "the answer was cut short"),
    (client.RemoteDisconnected, "closed the connection without an answer"),
    (ConnectionResetError, "the connection was reset"),
    (DecodeError, "the answer could not be unpacked"),
    (NewConnectionError, "could not be reached"),
    (ConnectTimeoutError, "no connection in time"),
    (ReadTimeoutError, "no whole answer in time"),
    (TimeoutError, "no whole answer in time"),
    (ValueError, "the address or a header holds what cannot be sent"),
)


def _causes(fault: BaseException | None) -> list[BaseException]:
    """The fault and all that it came from; libraries carry causes in arguments, `reason` and `__context__`."""
    found: list[BaseException] = []
    waiting = [fault]
    while waiting:
        if (cause := waiting.pop()) is None or cause in found:
            continue
        found.append(cause)
        inner = [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
        waiting += [i for i in inner if isinstance(i, BaseException)]
    return found
