"""Custom Webhook: the operator's own rules say what any request means. First match wins, and all its actions are done.

A template that fails never loses an alert, unless it is the title's or the id's.
https://pagertree.com/docs/integration-guides/custom-webhook
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, InstanceOf, ValidationError, ValidationInfo
from pydantic_core import InitErrorDetails

from bridge.core.mapping import SEVERITIES, URGENCIES, tidy_severity
from bridge.core.values import is_list
from bridge.systems.custom_data import data_of, handshake, scene_of
from bridge.systems.custom_fields import is_true
from bridge.systems.custom_filling import Filling
from bridge.systems.custom_rules import Definition, Step, parse_definition
from bridge.systems.fields import Secret, Section
from bridge.systems.tokens import is_token
from bridge.systems.tools import Action, Datum, Post, Reading, Render

NAME = "custom_webhook"
HEADER = "pagertree-token"
UNTITLED = "Untitled Alert"  # PagerTree's own words for a title that came out empty


def _definition(raw: object, info: ValidationInfo) -> Definition:
    """The context may hold `template_fault`, which judges templates; this file has no engine for them."""
    if isinstance(raw, Definition):
        return raw
    judge: Callable[[str], str | None] = (info.context or {}).get("template_fault", lambda _: None)
    definition, faults = parse_definition(raw, judge)
    if definition is None:
        raise ValidationError.from_exception_data("definition", list(_details(faults)))
    return definition


def _details(faults: Iterable[str]) -> Iterator[InitErrorDetails]:
    """One for each place, so that every fault is told and none hides another."""
    places: dict[str, list[str]] = {}
    for fault in faults:
        where, _, sentence = fault.partition(": ") if ": " in fault else ("", "", fault)
        places.setdefault(where, []).append(sentence)
    for where, sentences in places.items():
        error = ValueError("; ".join(sentences))
        loc = tuple(where.split(".")) if where else ()
        yield InitErrorDetails(type="value_error", loc=loc, input=None, ctx={"error": error})


class Options(Section):
    """`definition`: as PagerTree documents it, a mapping or a text with its YAML."""

    token: Secret | None = None
    definition: Annotated[InstanceOf[Definition], BeforeValidator(_definition)]


def admits(options: Options, headers: Mapping[str, str], /) -> bool:
    return options.token is None or is_token(headers.get(HEADER), options.token)


def read(options: Options, post: Post, render: Render, /) -> tuple[Reading, ...]:
    """One reading for each action of the first rule that matches."""
    definition = options.definition
    data = data_of(post, definition.preprocess)
    if any(one.kind == "parse_sns" for one in definition.preprocess) and (found := handshake(data)):
        return (Reading(Action.OTHER, word=found[0], remark=found[1]),)
    scene = scene_of(post, data)
    now = post.at or datetime.now(UTC)  # for $now, $day and $timeBetween
    chosen = next((rule.steps for rule in definition.rules if rule.match.holds(scene, now)), definition.default)
    if not chosen:
        return (Reading(Action.OTHER, word="no rule", remark="no rule of its definition matches"),)
    return tuple(_reading(step, Filling(render, scene)) for step in chosen)


def _reading(step: Step, filling: Filling) -> Reading:
    if step.action is Action.OTHER:
        reason = filling.text("reason", step.fields.get("reason"))
        return Reading(Action.OTHER, word="ignore", remark=reason or filling.told())
    id_ = filling.text("thirdparty_id", step.fields.get("thirdparty_id"))
    reading = Reading(step.action, id_.strip() if id_ else None, word=step.action)
    if id_ is None and "thirdparty_id" in step.fields:
        return replace(reading, fault=filling.told() or "thirdparty_id: came out empty")
    return _create(reading, step.fields, filling) if step.action is Action.CREATE else reading


def _create(reading: Reading, fields: Mapping[str, object], filling: Filling) -> Reading:
    title = filling.text("title", fields.get("title"))
    if title is None and filling.remarks:
        return replace(reading, fault=filling.told())
    if title is None:
        filling.remarks.append("title: came out empty")
    meta = filling.tree("meta", fields.get("meta"))
    reading = replace(
        reading,
        title=(title or UNTITLED).strip(),
        description=filling.text("description", fields.get("description")),
        urgency=_urgency(fields, filling),
        tags=filling.texts("tags", fields.get("tags")),
        dedup_keys=filling.texts("dedup_keys", fields.get("dedup_keys")),
        meta=meta if isinstance(meta, Mapping) else {},
        additional_data=tuple(_lines(fields.get("additional_data"), filling)),
    )
    reading = _marked(reading, fields, filling)
    return replace(reading, remark=filling.told())


def _urgency(fields: Mapping[str, object], filling: Filling) -> str | None:
    given = filling.text("urgency", fields.get("urgency"))
    return filling.one_of("urgency", given.strip().lower() if given else None, URGENCIES, None)


def _marked(reading: Reading, fields: Mapping[str, object], filling: Filling) -> Reading:
    """As an incident, where the action says so. An unknown severity is no reason to page nobody."""
    if not is_true(filling.text("incident", fields.get("incident")) or ""):
        return reading
    given = tidy_severity(filling.text("incident_severity", fields.get("incident_severity")) or SEVERITIES[-1])
    severity = filling.one_of("incident_severity", given, SEVERITIES, SEVERITIES[-1])
    message = filling.text("incident_message", fields.get("incident_message"))
    return replace(reading, incident=True, severity=severity, message=message)


def _lines(raw: object, filling: Filling) -> Iterator[Datum]:
    """A line without a value is left out, as PagerTree does."""
    for one in raw if is_list(raw) else [raw]:
        if isinstance(one, Mapping) and (value := filling.text("additional_data", one.get("value"))):
            label = filling.text("additional_data", one.get("label"))
            yield Datum(label or "Untitled", value, str(one["format"]))
