"""Puts the changed code of one module into the place of the real one, in this process, where everybody finds it.

Classes stay who they are, so that nothing that was imported has to be imported again: functions get their new code,
methods their new bodies, and what a module keeps in its names is given to all who took it from there.
"""

from __future__ import annotations

import ast
import sys
from types import FunctionType, ModuleType
from typing import Any


def apply(tree: ast.Module, module: ModuleType) -> None:
    """Raises what the changed module raises when it is imported."""
    assert module.__file__ is not None
    fresh: dict[str, Any] = {"__name__": module.__name__, "__file__": module.__file__, "__builtins__": __builtins__}
    exec(compile(ast.fix_missing_locations(tree), module.__file__, "exec"), fresh)
    real = {name: vars(module)[name] for name in fresh if name in vars(module)}
    for name, old in real.items():
        new = fresh[name]
        if isinstance(old, type) and old.__module__ == module.__name__ and isinstance(new, type):
            _take_methods(old, new)
            fresh[name] = old
        elif isinstance(old, FunctionType) and old.__module__ == module.__name__:
            _take_code(old, new)
        elif not isinstance(old, ModuleType) and new is not old:
            _give(module, name, old, new)


def _take_code(old: FunctionType, new: object) -> None:
    assert isinstance(new, FunctionType)
    old.__code__, old.__defaults__, old.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__


def _take_methods(old: type, new: type) -> None:
    for name, value in vars(new).items():
        if isinstance(value, FunctionType | property | classmethod | staticmethod) and name in vars(old):
            setattr(old, name, value)


def _give(module: ModuleType, name: str, old: object, new: object) -> None:
    """Also to those who imported it by name."""
    for other in tuple(sys.modules.values()):
        named = getattr(other, "__name__", "")
        ours = named.startswith(("bridge.", "tests."))
        if other is module or (ours and vars(other).get(name) is old):
            setattr(other, name, new)
