"""What each of the many applications of a test run would compile anew, compiled once: addresses of doors, and pages.

Rule: what comes out is what would have come out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

Built = Callable[..., tuple[str, str]]


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
    """Werkzeug compiles two functions for each rule of each application. They know nothing but what the rule says."""
    compiled, kept = Rule._compile_builder, dict[Any, Built]()

    def once(rule: Rule, append_unknown: bool = True) -> Built:
        said = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
        if said not in kept:
            kept[said] = compiled(rule, append_unknown)
        return kept[said]

    Rule._compile_builder = once
