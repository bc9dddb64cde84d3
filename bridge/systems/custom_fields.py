"""What an action of a custom webhook may say, judged as far as it can be before a request comes.

A value with `{{` is a template, whose outcome only the request knows; what is written out must be right already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bridge.core.faults import Faults, under
from bridge.core.mapping import SEVERITIES, URGENCIES, tidy_severity
from bridge.core.operators import check_literal
from bridge.core.values import is_list, is_number
from bridge.systems.tools import Action

FORMATS = ("text", "link", "img", "email", "phone", "datetime")  # of additional data
_FALSE = ("", "0", "f", "false", "off", "n", "no")

Check = Callable[[object, str, Faults], None]


def check_fields(action: Action, fields: Mapping[object, object], where: str, faults: Faults) -> None:
    """`fields` as they stand beside `type`; null is as good as nothing."""
    known = ("reason",) if action is Action.OTHER else tuple(_CHECKS)
    for key in sorted(fields.keys() - set(known), key=str):
        faults.add(under(where, key), f"is not known; beside type stand {', '.join(known)}")
    for key in known:
        if key in fields:
            _CHECKS.get(key, _text)(fields[key], under(where, key), faults)
    for key in _required(action, fields):
        faults.add(under(where, key), "is missing")


def is_true(value: object) -> bool:
    """A choice as written or as a template gave it."""
    return str(value).strip().lower() not in _FALSE


def _required(action: Action, fields: Mapping[object, object]) -> tuple[str, ...]:
    """A create without an id is a new alert each time; what acknowledges or resolves must name which."""
    match action:
        case Action.CREATE:
            marked = fields.get("incident") is True
            needed: tuple[str, ...] = ("title", "incident_severity") if marked else ("title",)
        case Action.ACKNOWLEDGE | Action.RESOLVE:
            needed = ("thirdparty_id",)
        case _:
            needed = ()
    return tuple(key for key in needed if key not in fields)


def _is_template(value: object) -> bool:
    return isinstance(value, str) and "{{" in value


def _text(value: object, where: str, faults: Faults) -> None:
    if not (is_number(value) or (isinstance(value, str) and value.strip())):
        faults.add(where, "needs a text that is not empty")


def _urgency(value: object, where: str, faults: Faults) -> None:
    if not _is_template(value) and str(value).strip().lower() not in URGENCIES:
        faults.add(where, f"is one of {', '.join(URGENCIES)}, or a template")


def _severity(value: object, where: str, faults: Faults) -> None:
    if not _is_template(value) and tidy_severity(str(value)) not in SEVERITIES:
        faults.add(where, f"is one of {', '.join(SEVERITIES)}, or a template")


def _choice(value: object, where: str, faults: Faults) -> None:
    if not isinstance(value, bool) and not _is_template(value):
        faults.add(where, "needs true, false or a template")


def _list(value: object, where: str, faults: Faults) -> None:
    if is_list(value):
        for place, one in enumerate(value):
            _text(one, under(where, place), faults)
    elif not (is_number(value) or isinstance(value, str)):
        faults.add(where, "needs a list of texts, or one text with commas")


def _meta(value: object, where: str, faults: Faults) -> None:
    if not isinstance(value, Mapping):
        faults.add(where, "needs a mapping")
    faults.attempt(where, lambda: check_literal(value))


def _data(value: object, where: str, faults: Faults) -> None:
    if not is_list(value) and not isinstance(value, Mapping):
        faults.add(where, "needs a list, such as [{format: text, label: Host, value: '{{log.data.host}}'}]")
    for place, one in enumerate(value if is_list(value) else ()):
        _datum(one, under(where, place), faults)
    if isinstance(value, Mapping):
        _datum(value, where, faults)


def _datum(value: object, where: str, faults: Faults) -> None:
    if not isinstance(value, Mapping):
        faults.add(where, "needs a mapping with format, label and value")
        return
    for key in sorted(value.keys() - {"format", "label", "value"}, key=str):
        faults.add(under(where, key), "is not known; additional data has format, label and value")
    if value.get("format") not in FORMATS:
        faults.add(under(where, "format"), f"is one of {', '.join(FORMATS)}")
    if value.get("value") is None:
        faults.add(under(where, "value"), "is missing")


_CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "thirdparty_id": _text, "title": _text, "description": _text, "urgency": _urgency, "tags": _list,
        "meta": _meta, "additional_data": _data, "dedup_keys": _list, "incident": _choice,
        "incident_severity": _severity, "incident_message": _text,
    }
)  # fmt: skip
