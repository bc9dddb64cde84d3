"""PagerTree's words beside ours, and the settings of the `pagertree` section. Nothing here reads a payload or makes a
call.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, model_validator

from bridge.core.marks import is_ours
from bridge.model import Phase, Ref, Status
from bridge.systems.fields import ApiUrl, Duration, Secret, Section

NAME = "pagertree"
BUDGET = "pagertree"  # the one budget that pays for all calls

PAGE_SIZE = "100"  # the largest PagerTree gives: https://pagertree.com/docs/api/pagination-and-filters
NEWEST_FIRST = {"sort": "created_at", "direction": "desc"}  # the order without these is not documented

# https://pagertree.com/docs/alerts and https://pagertree.com/docs/routers (`ignore` suppresses). Others may come: what
# is not here is no status of ours.
STATUS: dict[str, tuple[Status, Phase]] = {
    "queued": (Status.OPEN, Phase.QUEUED),
    "open": (Status.OPEN, Phase.NONE),
    "dropped": (Status.OPEN, Phase.DROPPED),
    "suppressed": (Status.OPEN, Phase.SUPPRESSED),
    "acknowledged": (Status.ACKNOWLEDGED, Phase.NONE),
    "resolved": (Status.RESOLVED, Phase.NONE),
}
LIVE = ("queued", "open", "acknowledged", "dropped", "suppressed")

# https://pagertree.com/docs/api/alerts: an alert that is an incident says so in its meta.
SEVERITIES = frozenset({"SEV-1", "SEV-2", "SEV-3", "SEV-4", "SEV-5", "SEV-UNKNOWN"})
SEVERITY_UNKNOWN = "SEV-UNKNOWN"  # an incident without a severity is no valid alert
URGENCY_UNSAID = "high"  # PagerTree demands one; a page that does not say is not paged low

_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_PREFIX_ID = re.compile(r"[a-z]{3}_[A-Za-z0-9_-]{4,40}")  # the part behind the first `_` may hold more of them
_INTEGRATION = re.compile(r"(int_[^:]+|[0-7][0-9A-HJKMNP-TV-Z]{25}):")


def is_ulid(text: str) -> bool:
    """Whether it is an id as the REST API writes it; webhooks have a prefix id such as `alt_K22OuvPYNmCyvJ`."""
    return _ULID.fullmatch(text) is not None


def is_prefix_id(text: str) -> bool:
    return _PREFIX_ID.fullmatch(text) is not None


def alert_ref(*ids: str) -> Ref:
    """The prefix id stands in `id` wherever it is known, so that one alert has one name on both ways in."""
    known = list(dict.fromkeys(name for name in ids if name))
    known.sort(key=lambda name: (not is_prefix_id(name), is_ulid(name)))
    return Ref(NAME, "alert", known[0], known[1] if len(known) > 1 else "")


def mark_of(thirdparty_id: str, tags: tuple[str, ...] = ()) -> str:
    """Our mark on an alert: where it belongs, or among the tags. Marks of our integrations begin with their id."""
    return next((text for text in (thirdparty_id, *tags) if _is_mark(text)), "")


def _is_mark(text: str) -> bool:
    integration = _INTEGRATION.match(text)
    return is_ours(text, (integration[1],) if integration else ())


def alert_url(prefix_id: str) -> str:
    """The page of an alert, as https://pagertree.com/docs links to it; empty where the prefix id is not known."""
    return f"https://app.pagertree.com/#/alert/{prefix_id}" if is_prefix_id(prefix_id) else ""


def _not_negative(length: timedelta) -> timedelta:
    if length < timedelta(0):
        raise ValueError("write a duration of zero or more, such as 20s")
    return length


def _some_requests(number: int | None) -> int | None:
    if number is not None and number < 1:
        raise ValueError("write a number of requests of at least 1, or null for no limit of our own")
    return number


def _user_name(name: str | None) -> str | None:
    if name is not None and (not name.strip() or ":" in name):
        raise ValueError("write a user name without a colon, or null if PagerTree sends none")
    return name


class Webhook(Section):
    """How PagerTree's outgoing webhook proves who it is: a secret on its URL, or its own user name and password."""

    secrets: tuple[Secret, ...] = ()
    username: Annotated[str | None, AfterValidator(_user_name)] = None
    password: Secret | None = None

    @model_validator(mode="after")
    def _can_be_proved(self) -> Webhook:
        if (self.username is None) != (self.password is None):
            raise ValueError("give both username and password, as in PagerTree's outgoing webhook, or neither")
        if not self.secrets and self.username is None:
            raise ValueError("give at least one of secrets, or username and password: PagerTree signs nothing")
        return self


class Settings(Section):
    """The `pagertree` section of the configuration."""

    api_key: Secret
    api_url: ApiUrl = "https://api.pagertree.com/api/v4"
    requests_per_minute: Annotated[int | None, AfterValidator(_some_requests)] = None
    settle: Annotated[Duration, AfterValidator(_not_negative)] = timedelta(seconds=20)
    webhook: Webhook
