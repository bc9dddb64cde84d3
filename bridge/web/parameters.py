"""What may stand in a query or a header of the API, as the document shows it."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.web.door import Parameter
from bridge.web.questions import FILTERS, MOST, Choices

_ABOUT = {
    "source": "pagertree, rootly, page or the id of an integration.",
    "integration": "The id of an integration.",
    "door": "How it came: webhook, poll, resync, recovery or api.",
    "link": "The id of a link.",
    "since": "From then on.",
    "until": "Before then.",
    "reason": "Words in the reason.",
    "verdict": "How it ended.",
    "kind": "Its kind: alert or incident; of a call create, update, advance, note or recheck.",
    "system": "Where it began.",
    "q": "Words in the title, a number, or any id.",
    "status": "How it stands; live is open or acknowledged.",
    "target": "The system that is called.",
    "state": "How it stands.",
    "lane": "Which go first.",
    "actor": "Who did it: a user, a token, bridge.",
    "action": "What was done, such as login or replay.",
    "subject": "On what: an id, mostly.",
}
_MOMENT = {"type": "string", "format": "date-time"}
_LIMIT = Parameter("limit", "At most so many.", {"type": "integer", "minimum": 1, "maximum": MOST, "default": 50})
_BEFORE = Parameter("before", "The `next` of the page before.", {"type": "string", "default": ""})
PAGED = (_LIMIT, _BEFORE)
SINCE = Parameter("since", "From then on; the last day if it is left out.", _MOMENT)
KEY = Parameter(
    "Idempotency-Key",
    "With the same key the same request is done once, for ever.",
    {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    "header",
)


def of_list(what: str) -> tuple[Parameter, ...]:
    """A page of it, and its filters."""
    return (*PAGED, *filters_of(what))


def filters_of(what: str) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, _ABOUT[name], schema) for name, schema in words(FILTERS[what]).items())


def words(known: Choices) -> Mapping[str, Mapping[str, object]]:
    return {name: _schema(name, choice) for name, choice in known.items()}


def _schema(name: str, choice: frozenset[str]) -> Mapping[str, object]:
    if choice:
        return {"type": "string", "enum": sorted(choice)}
    return _MOMENT if name in ("since", "until") else {"type": "string"}
