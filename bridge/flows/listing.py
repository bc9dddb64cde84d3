"""All that is live on both sides, read list by list and page by page. Half a list raises: it is worse than none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from bridge.app import Parts
from bridge.errors import Unlistable
from bridge.flows.exchange import exchange
from bridge.flows.outage import why
from bridge.model import Request, Response
from bridge.systems.contract import Listing, Page

MOST_PAGES = 500  # of 100 objects each, a listing

Progress = Callable[[str, int], None]  # what is being read, and how many objects so far


@dataclass(slots=True)
class Tally:
    """What reading took: calls, and the objects seen by system."""

    calls: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    whole: list[str] = field(default_factory=list)  # systems that gave every list to its end


def read_live(parts: Parts, tally: Tally, progress: Progress) -> Iterator[tuple[str, Page]]:
    """Every live object as it is listed, page by page, each with its system. Raises `Unlistable`."""
    for system, target in parts.targets.items():
        tally.seen[system] = 0
        for listing in target.listings(parts.settings[system]):
            for page in _pages(parts, tally, system, listing):
                tally.seen[system] += len(page.events)
                progress(listing.name, tally.seen[system])
                yield system, page
        tally.whole.append(system)


def _pages(parts: Parts, tally: Tally, system: str, listing: Listing) -> Iterator[Page]:
    """The next page is on its way while this one is looked at."""
    with ThreadPoolExecutor(1, "listing") as ahead:
        coming = ahead.submit(_page, parts, system, listing, listing.first)
        for _ in range(MOST_PAGES):
            page = coming.result()
            tally.calls += 1
            if page.after is not None:
                coming = ahead.submit(_page, parts, system, listing, page.after)
            yield page
            if page.after is None:
                return
    raise Unlistable(f"{listing.name} has more than {MOST_PAGES} pages")


def _page(parts: Parts, system: str, listing: Listing, request: Request) -> Page:
    answer = exchange(parts, request)
    if not isinstance(answer, Response) or not answer.ok:
        raise Unlistable(f"{listing.name} could not be listed: {why(answer)}")
    return parts.targets[system].read_page(listing, answer)
