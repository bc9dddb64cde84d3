"""A text inside the configuration that holds YAML of its own: read strictly, told without showing what stands in it."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

_MISTAGGED = (AttributeError, LookupError, TypeError)  # what `!!timestamp x`, `!!bool x` and the like come to


def load_yaml(text: str) -> object:
    """The tree that the text holds. Raises ValueError with a sentence."""
    try:
        return _tree(text)
    except yaml.MarkedYAMLError as fault:
        line = f"line {fault.problem_mark.line + 1}" if fault.problem_mark else "somewhere in it"
        advice = fault.note or "put text with special characters into quotes"
        raise ValueError(f"is no YAML ({line}); {advice}") from None
    except (yaml.YAMLError, RecursionError, ValueError, *_MISTAGGED) as fault:
        raise ValueError(f"is not YAML that we can read ({type(fault).__name__})") from None


def _tree(text: str) -> object:
    loader = _Strict(text)  # this alone refuses control characters
    loader.deep_construct = True  # an alias inside itself is refused, not followed for ever
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


class _Strict(yaml.SafeLoader):
    """The safe loader keeps the last of two equal keys, so half of a match would be lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(set(names)) < len(names):
            raise yaml.MarkedYAMLError(problem_mark=node.start_mark, note="a key stands twice; remove one of them")
        return super().construct_mapping(node, deep=deep)
