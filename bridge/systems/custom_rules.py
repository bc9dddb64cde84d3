"""The definition of a custom webhook: preprocessors, rules and a default, in the YAML that PagerTree documents.

Read once, with every fault named by its place. https://pagertree.com/docs/integration-guides/custom-webhook
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.core.faults import Faults, under
from bridge.core.matching import BadMatch, Match, compile_match
from bridge.core.values import is_list
from bridge.systems.custom_fields import check_fields
from bridge.systems.tools import Action
from bridge.systems.yaml_text import load_yaml

DATA = ("log", "data")  # where a match and a template find the request's own fields

_LOG = ("data", "params", "headers")
_PREPROCESSORS = ("parse_json", "parse_sns")
_TYPES = {**{kind.value: kind for kind in Action if kind is not Action.OTHER}, "ignore": Action.OTHER}

TemplateFault = Callable[[str], str | None]  # what is wrong with a template; None: nothing


@dataclass(frozen=True, slots=True)
class Preprocessor:
    """`path`: where below `log.data` the text to be parsed stands."""

    kind: str
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of `actions`: `fields` as they were written, templates and all. OTHER is `ignore`."""

    action: Action
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    match: Match
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """The first rule whose match holds decides, else the default; without one the request is ignored."""

    preprocess: tuple[Preprocessor, ...]
    rules: tuple[Rule, ...]
    default: tuple[Step, ...] = ()


def parse_definition(raw: object, template_fault: TemplateFault) -> tuple[Definition | None, tuple[str, ...]]:
    """`raw`: the mapping, or a text with its YAML. What is wrong comes as sentences that begin with their place."""
    faults = Faults()
    tree = faults.attempt("", lambda: load_yaml(raw)) if isinstance(raw, str) else raw
    if not isinstance(tree, Mapping):
        return None, tuple(faults) or ("needs a mapping with rules, or a text that holds one as YAML",)
    _check_keys(tree, ("preprocess", "rules", "default"), "", faults)
    definition = Definition(_preprocess(tree, faults), _rules(tree, faults), _default(tree, faults))
    for where, template in _templates(tree):
        if (fault := template_fault(template)) is not None:
            faults.add(where, fault)
    return (None if faults else definition), tuple(faults)


def _check_keys(raw: Mapping[Any, object], known: tuple[str, ...], where: str, faults: Faults) -> None:
    for key in sorted(raw.keys() - set(known), key=str):
        faults.add(under(where, key), f"is not known; the keys here are {', '.join(known)}")


def _preprocess(tree: Mapping[Any, object], faults: Faults) -> tuple[Preprocessor, ...]:
    raw = tree.get("preprocess")
    if raw is not None and not is_list(raw):
        faults.add("preprocess", "needs a list, such as [{type: parse_sns}]")
    listed = raw if is_list(raw) else ()
    return tuple(_preprocessor(one, under("preprocess", place), faults) for place, one in enumerate(listed))


def _preprocessor(raw: object, where: str, faults: Faults) -> Preprocessor:
    """`path` is an addition of ours: PagerTree's `parse_json` knows the whole body alone."""
    entry = raw if isinstance(raw, Mapping) else {"type": raw}
    kind, path = entry.get("type"), entry.get("path", ".".join(DATA))
    _check_keys(entry, ("type", "path") if kind == "parse_json" else ("type",), where, faults)
    if kind not in _PREPROCESSORS:
        faults.add(under(where, "type"), f"is one of {', '.join(_PREPROCESSORS)}")
    parts = tuple(path.split(".")) if isinstance(path, str) else ()
    if parts[:2] != DATA or not all(parts):
        faults.add(under(where, "path"), "needs a dotted path such as log.data.payload")
    return Preprocessor(str(kind), parts[2:])


def _rules(tree: Mapping[Any, object], faults: Faults) -> tuple[Rule, ...]:
    raw = tree.get("rules")
    if not is_list(raw) or not raw:
        faults.add("rules", "needs a list with at least one rule, each with match and actions")
        return ()
    parsed = [_rule(rule, under("rules", place), faults) for place, rule in enumerate(raw)]
    return tuple(rule for rule in parsed if rule is not None)


def _rule(raw: object, where: str, faults: Faults) -> Rule | None:
    if not isinstance(raw, Mapping):
        faults.add(where, "needs a mapping with match and actions")
        return None
    _check_keys(raw, ("match", "actions"), where, faults)
    match = _match(raw.get("match"), under(where, "match"), faults)
    steps = _steps(raw.get("actions"), under(where, "actions"), faults)
    return Rule(match, steps) if match else None


def _match(raw: object, where: str, faults: Faults) -> Match | None:
    if not isinstance(raw, Mapping) or not raw:
        faults.add(where, "needs at least one condition; what matches everything is written always: true")
        return None
    for path in filter(_leads_nowhere, _paths(raw)):
        faults.add(under(where, path), f"is never there: a path begins with {', '.join(f'log.{key}' for key in _LOG)}")
    try:
        return compile_match(raw)
    except BadMatch as bad:
        faults.extend(under(where, fault) for fault in bad.faults)
        return None


def _leads_nowhere(path: str) -> bool:
    first, _, rest = path.partition(".")
    return path != "always" and not (first == "log" and rest.partition(".")[0] in _LOG)


def _paths(spec: object) -> Iterator[str]:
    """Every dotted path that the match asks for at the top of the data."""
    for key, operand in spec.items() if isinstance(spec, Mapping) else ():
        if key in ("$and", "$or", "$nor") and is_list(operand):
            yield from (path for part in operand for path in _paths(part))
        elif key == "$not":
            yield from _paths(operand)
        elif isinstance(key, str) and not key.startswith("$"):
            yield key


def _default(tree: Mapping[Any, object], faults: Faults) -> tuple[Step, ...]:
    raw = tree.get("default")
    if raw is None:
        return ()
    if not isinstance(raw, Mapping):
        faults.add("default", "needs a mapping with actions, such as {actions: [{type: ignore}]}")
        return ()
    _check_keys(raw, ("actions",), "default", faults)
    return _steps(raw.get("actions"), "default.actions", faults)


def _steps(raw: object, where: str, faults: Faults) -> tuple[Step, ...]:
    if not is_list(raw) or not raw:
        faults.add(where, 'needs a list of actions, as in [{type: resolve, thirdparty_id: "{{log.data.id}}"}]')
        return ()
    parsed = [_step(step, under(where, place), faults) for place, step in enumerate(raw)]
    return tuple(step for step in parsed if step is not None)


def _step(raw: object, where: str, faults: Faults) -> Step | None:
    kind = raw.get("type") if isinstance(raw, Mapping) else None
    action = _TYPES.get(kind.strip().lower()) if isinstance(kind, str) else None
    if not isinstance(raw, Mapping) or action is None:
        faults.add(under(where, "type"), f"is one of {', '.join(_TYPES)}")
        return None
    fields = {key: value for key, value in raw.items() if key != "type" and value is not None}
    check_fields(action, fields, where, faults)
    return Step(action, fields)


def _templates(tree: Mapping[Any, object]) -> Iterator[tuple[str, str]]:
    """Every template with its place, also in rules that are wrong otherwise."""
    rules, default = tree.get("rules"), tree.get("default")
    for place, rule in enumerate(rules if is_list(rules) else ()):
        yield from _texts(rule.get("actions") if isinstance(rule, Mapping) else None, f"rules.{place}.actions")
    yield from _texts(default, "default")


def _texts(value: object, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and "{{" in value:
        yield where, value
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if is_list(value) else ()
    for key, one in inner:
        yield from _texts(one, under(where, key))
