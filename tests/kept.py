"""What each of the many bridges of a test run would compile anew, compiled once: addresses of doors, pages, and
configurations.

Rule: what comes out is what would have come out.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule
from yaml.composer import Composer
from yaml.nodes import Node

BUILT = ("_build", "_build_unknown")  # of a rule, as methods
MADE = ("_parts", "_trace", "_converters", "arguments", *BUILT)
MOST = 50  # configurations: many of them are one test's alone


class Pages(BytecodeCache):
    """Jinja asks for it by name and text of a template."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if kept := self._kept.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


def keep_pages() -> None:
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Pages()}


def keep_addresses() -> None:
    """Werkzeug takes each rule of each application to pieces, and compiles two functions for it. They know nothing but
    what the rule says."""
    compiled, kept = Rule.compile, dict[Any, dict[str, Any]]()

    def once(rule: Rule) -> None:
        said = (rule.rule, rule.subdomain, rule.host, rule.map.host_matching, rule.merge_slashes, repr(rule.defaults))
        if said not in kept:
            compiled(rule)
            kept[said] = {name: vars(rule)[name] for name in MADE}
        vars(rule).update(kept[said])
        for name in BUILT:
            setattr(rule, name, kept[said][name].__func__.__get__(rule))

    Rule.compile = once


def keep_configurations() -> None:
    """The tree of the same text is the same; but a loader that merges (<<) changes it."""
    composed, kept = Composer.get_single_node, dict[str, Node | None]()

    def once(loader: Any) -> Node | None:
        text: str = loader.buffer
        if text in kept:
            return kept[text]
        node = composed(loader)
        if len(kept) == MOST:
            kept.clear()
        if "<<" not in text:
            kept[text] = node
        return node

    Composer.get_single_node = once
