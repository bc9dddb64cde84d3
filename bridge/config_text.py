"""The configuration file as a tree of plain values: YAML read strictly, variables and secret files put in. Faults are
collected, not raised, so that one start shows all of them.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bridge.errors import ConfigError

Key = tuple[str | int, ...]

LARGEST_SECRET = 64 * 1024
_MODE = 0o640  # what a secret's file may grant; more is told
_VARIABLE = re.compile(r"\$\$\{|\$\{(?:(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^}]*))?\})?")
_FILE = re.compile(r"file:(?P<path>\S+)")
_QUOTED = re.compile(r"(['\"])(.*?)\1")
_DEEPEST = 50


@dataclass(slots=True)
class Text:
    """`values` came from variables and files: they may be secrets, so no message shows them."""

    folder: Path
    env: Mapping[str, str]
    tree: dict[str, Any] = field(default_factory=dict)
    faults: dict[Key, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    values: set[str] = field(default_factory=set)


def read_text(path: Path, env: Mapping[str, str]) -> Text:
    """Raises `ConfigError` when there is no tree at all: no file, no YAML, no keys."""
    text = Text(path.parent.resolve(), env)
    loaded = _parse(path, _load(path), text)
    text.tree = {key: value for key, value in _filled(loaded, (), text).items() if value is not None}
    return text


def dotted(key: Key) -> str:
    """
    >>> dotted(("api", "tokens", 0, "token"))
    'api.tokens.0.token'
    """
    return ".".join(map(str, key))


def _load(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise ConfigError((f"{path}: is not UTF-8 text; save it as UTF-8",)) from fault
    except OSError as fault:
        advice = "name another with --config, or begin with a copy of config.example.yaml"
        raise ConfigError((f"{path}: cannot be read ({fault.strerror}); {advice}",)) from fault


def _parse(path: Path, content: str, text: Text) -> dict[str, Any]:
    loader = _Strict(content)
    loader.text, loader.deep_construct = text, True  # deep: an alias inside itself is refused, not followed for ever
    try:
        loaded = loader.get_single_data()
    except yaml.MarkedYAMLError as fault:
        raise ConfigError((f"{path}: {_yaml_fault(fault)}",)) from None
    except (yaml.YAMLError, RecursionError, ValueError) as fault:
        raise ConfigError((f"{path}: is not YAML that we can read ({type(fault).__name__})",)) from None
    finally:
        loader.dispose()
    if not isinstance(loaded, dict):
        raise ConfigError((f"{path}: has no keys; begin with a copy of config.example.yaml",))
    return loaded


def _yaml_fault(fault: yaml.MarkedYAMLError) -> str:
    """What the parser says, without the text it shows: that may be a secret."""
    where = f"line {fault.problem_mark.line + 1}: " if fault.problem_mark else ""
    problem = _QUOTED.sub(
        lambda match: match[0] if _is_harmless(match[2]) else "this text", fault.problem or "not YAML"
    )
    return f"{where}{problem}; put text with special characters into quotes"


def _is_harmless(quoted: str) -> bool:
    """A single character, or the parser's own name of a piece such as `<stream end>`."""
    return len(quoted) <= 1 or quoted.startswith("<")


class _Strict(yaml.SafeLoader):
    """The safe loader, which keeps the last of two equal keys, taught to report them."""

    text: Text

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                self._check(key, seen)
        return super().construct_mapping(node, deep=deep)

    def _check(self, key: yaml.ScalarNode, seen: set[str]) -> None:
        where = f"line {key.start_mark.line + 1}"
        if key.value in seen:
            self.text.faults[(key.value,)] = f"stands twice in one place ({where}); remove one of them"
        elif key.tag not in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"):
            self.text.faults[(key.value,)] = f'is no text to YAML ({where}); write "{key.value}" in quotes'
        seen.add(key.value)


def _filled(value: Any, key: Key, text: Text) -> Any:
    match value:
        case _ if len(key) > _DEEPEST:
            text.faults[key[:3]] = "is nested too deeply"
            return None
        case dict():
            return {name: _filled(value[name], (*key, name), text) for name in value if isinstance(name, str)}
        case list():
            return [_filled(inner, (*key, place), text) for place, inner in enumerate(value)]
        case str():
            return _with_file(_with_variables(value, key, text), key, text)
    return value


def _with_variables(value: str, key: Key, text: Text) -> str:
    def put(match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        if match["name"] is None:
            text.faults[key] = (
                "has a ${ that is no variable; write ${NAME}, ${NAME:-default}, or $${ for the characters"
            )
            return ""
        return _variable(match["name"], match["default"], key, text)

    return _VARIABLE.sub(put, value) if "${" in value else value


def _variable(name: str, default: str | None, key: Key, text: Text) -> str:
    found = text.env.get(name)
    if default is not None and not found:
        return default
    if found is None:
        text.faults[key] = f"the environment variable {name} is not set; set it, or write ${{{name}:-a default}}"
        return ""
    text.values.add(found)
    return found


def _with_file(value: str, key: Key, text: Text) -> str:
    """A value `file:/path` is the content of that file (a path without / is beside the configuration file)."""
    if not (match := _FILE.fullmatch(value)):
        return value
    path = text.folder / match["path"]
    try:
        content = _secret_in(path)
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else fault
        text.faults[key] = f"the file {path} cannot be used ({reason}); name a readable file with the value in it"
        return ""
    if (mode := path.stat().st_mode & 0o777) & ~_MODE:
        text.warnings.append(f"{dotted(key)}: {path} is open to others (mode {mode:04o}); chmod 0600 is enough")
    text.values.add(content)
    return content


def _secret_in(path: Path) -> str:
    """Raises OSError, or ValueError for what cannot be a secret."""
    with path.open("rb") as file:
        content = file.read(LARGEST_SECRET + 1)
    if len(content) > LARGEST_SECRET:
        raise ValueError("it is too large for a secret")
    try:
        return content.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
