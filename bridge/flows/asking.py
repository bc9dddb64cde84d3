"""What a person at the terminal asks the two systems: at once, without store or queue, each call within its deadline.

An answer that is none raises `Unanswered`, a no raises `Declined` with the system's own words, a refused key
`ConfigError`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from bridge import known
from bridge.config import Config
from bridge.core.policy import PAGERTREE, ROOTLY
from bridge.errors import ConfigError, Declined, Unanswered, Unlistable
from bridge.flows.outage import why
from bridge.model import Answer, NoAnswer, Request, Response
from bridge.systems.contract import Directory, Known, Listing
from bridge.transport import Transport, origin

T = TypeVar("T")
Send = Callable[[Request], Answer]
Words = Callable[[Response], str]  # what a refusal says
Read = Callable[[Listing, Response], tuple[tuple[T, ...], Request | None]]  # a page, and the request for the next

NAMES = {PAGERTREE: "PagerTree", ROOTLY: "Rootly"}
RECEIVERS = ("team", "router", "user")
MOST_PAGES = 100


@contextmanager
def connected(config: Config, env: Mapping[str, str]) -> Iterator[Send]:
    """Calls to the two systems of the configuration, and to nobody else."""
    bundle = env.get("BRIDGE_CA_BUNDLE")
    allowed = frozenset(origin(section.api_url) for section in (config.pagertree, config.rootly))
    with closing(Transport(allowed, ca_bundle=Path(bundle) if bundle else None)) as transport:
        yield transport.send


def settings_of(config: Config, system: str) -> Any:
    return getattr(config, system)


def answer_to(send: Send, request: Request, system: str, words: Words) -> Response:
    """The answer, if it is a yes."""
    answer, name = send(request), NAMES[system]
    if isinstance(answer, NoAnswer):
        raise Unanswered(_unknown(f"{name} gave no answer ({answer.reason})", request, answer.sent))
    if answer.ok:
        return answer
    if answer.status == 401:
        raise ConfigError((f"{system}.api_key: {name} refuses it (401); put a valid key there",))
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise Unanswered(_unknown(f"{name} answered {answer.status}", request, answer.status >= 500))
    raise Declined(words(answer))


def _unknown(what: str, request: Request, may_have_worked: bool) -> str:
    doubt = "it may have been done all the same, so look before you repeat it" if may_have_worked else "nothing changed"
    return f"{what}: {'try again later' if request.method == 'GET' else doubt}."


def whole_list(send: Send, listing: Listing, read: Read[T]) -> tuple[T, ...]:
    """Every page of it. Raises `Unlistable`: half a list is no list."""
    found: list[T] = []
    request: Request | None = listing.first
    for _ in range(MOST_PAGES):
        if request is None:
            return tuple(found)
        answer = send(request)
        if not isinstance(answer, Response) or not answer.ok:
            refused = isinstance(answer, Response) and answer.status in (401, 403)
            raise Unlistable(f"{listing.name} could not be read: {why(answer)}", auth=refused)
        page, request = read(replace(listing, first=request), answer)
        found += page
    raise Unlistable(f"{listing.name} has more than {MOST_PAGES} pages")


def directory_of(config: Config, system: str, send: Send) -> Directory:
    """What the system calls things. Raises `Unlistable`."""
    target = known.TARGETS[system]
    entries: list[Known] = []
    for listing in target.directories(settings_of(config, system)):
        entries += whole_list(send, listing, target.read_directory)
    return Directory(tuple(entries))
