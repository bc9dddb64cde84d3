"""PagerTree's Webhook integration: what a script or a tool without an adapter of its own sends.

Rule: it reads as PagerTree's adapter reads, but what makes that one fail after its answer is kept with a reason.
https://pagertree.com/docs/integration-guides/webhook
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, StrictBool

from bridge.systems import webhook_fields as fields
from bridge.systems.fields import Secret, Section
from bridge.systems.ruby_text import BLANKS, to_s
from bridge.systems.tokens import is_token
from bridge.systems.tools import Action, Post, Reading, Render

NAME = "webhook"
LONGEST_PATH = 1_000  # characters of `wrapper_key`: the reader of such paths goes deeper with each step

# What the reader of paths may raise: functions let Python's own errors through, such as `ceil` of an endless number.
_FAULTS = (JMESPathError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError)
_ACTIONS = {action.value: action for action in (Action.CREATE, Action.ACKNOWLEDGE, Action.RESOLVE)}


def _path(path: str | None) -> str | None:
    """https://jmespath.org/specification.html. A blank one is none, as at PagerTree."""
    if path is None or not path.strip():
        return None
    if len(path) > LONGEST_PATH:
        raise ValueError(f"is longer than {LONGEST_PATH} characters; give the JMESPath of the object with the fields")
    try:
        jmespath.compile(path)
    except _FAULTS as fault:
        why = " ".join(str(fault).split())[:120]
        raise ValueError(f"is no JMESPath ({why}); put names with a hyphen in double quotes") from None
    return path


class Options(Section):
    """`token`: none leaves the door open. `wrapper_key`: where in the body the fields stand."""

    token: Secret | None = None
    capture_additional_data: StrictBool = False
    wrapper_key: Annotated[str | None, AfterValidator(_path)] = None


def admits(options: Options, headers: Mapping[str, str], /) -> bool:
    return options.token is None or is_token(headers.get("pagertree-token"), options.token)


def read(options: Options, post: Post, _render: Render, /) -> tuple[Reading, ...]:
    params, remark = _unwrapped(options, post.params)
    found = fields.folded(params)
    word = to_s(found.get("event_type")).lower().strip(BLANKS)
    action = _ACTIONS.get(word, Action.OTHER)
    if action is Action.CREATE:
        return (_created(options, found, remark),)
    id_, fault = fields.third_party_id(found.get("id"))
    if action is Action.OTHER:
        return (Reading(action, id_, word=word[:80] or "no event_type", remark=_both(remark, _unknown(word))),)
    aimless = "" if id_ is not None else f"{fault or 'there is no id'}, so it is about no alert"
    return (Reading(action, id_, word=word, remark=_both(remark, aimless)),)


def _unwrapped(options: Options, params: Mapping[str, object]) -> tuple[Mapping[str, object], str]:
    """What stands at `wrapper_key`, if that is an object; else all of it, and what a person should know of that."""
    if options.wrapper_key is None:
        return params, ""
    try:
        inner = jmespath.search(options.wrapper_key, dict(params))
    except _FAULTS as fault:
        why = " ".join(str(fault).split())[:120]
        return params, f"wrapper_key cannot be followed ({why}), so the whole body was read"
    if isinstance(inner, dict):
        return inner, ""
    return params, f"there is no object at wrapper_key {options.wrapper_key[:80]}, so the whole body was read"


def _created(options: Options, found: Mapping[str, object], remark: str) -> Reading:
    id_, wrong_id = fields.third_party_id(found.get("id"))
    title, marking = to_s(found.get("title")), fields.marking(found.get("meta"))
    untitled = "" if title.strip() and found["title"] is not False else "title is missing or empty; an alert needs one"
    data, unshown = fields.additional_data(found) if options.capture_additional_data else ((), "")
    return Reading(
        Action.CREATE,
        id_,
        title,
        None if found.get("description") is None else to_s(found["description"]),
        fields.urgency(found.get("urgency")),
        marking.incident,
        marking.severity,
        marking.message,
        fields.tags(found.get("tags")),
        marking.rest,
        fields.dedup_keys(found.get("dedup_keys")),
        data,
        word="create",
        fault=_both(untitled, wrong_id, marking.fault),
        remark=_both(remark, marking.remark, unshown),
    )


def _unknown(word: str) -> str:
    said = f"event_type is {word[:40]!r}" if word else "there is no event_type"
    return f"{said}; only create, acknowledge and resolve do something"


def _both(*parts: str) -> str:
    return "; ".join(filter(None, parts))
