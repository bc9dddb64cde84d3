"""QuickJS with the bundle in it: one context per thread, made at the first template and thrown away when it is damaged.

Only JSON text goes in and comes out; no Python function can be reached from a template.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BUNDLE = Path(__file__).parent / "assets" / "handlebars.js"  # made by hatch_build.py
BYTES = 64 * 1024 * 1024  # for a context; the libraries and their code take five of them
USES = 1000  # then a new context: libraries keep what they have seen, and nothing may grow for ever
FUNCTIONS = ("compileTemplate", "renderTemplate", "templateFault")

_TURNS = threading.BoundedSemaphore(2)  # of all threads: each would use up the others' time
_OWN = threading.local()  # QuickJS measures its stack from the thread that made a context


class Stopped(Exception):
    """A template has not come to its end, or could not begin. The message is a sentence."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the bundle, what it is given (a JSON list as text), and its time.

    `seconds` are the process's processor time: what other threads use meanwhile counts too.
    """

    function: str
    given: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """`fault`: a sentence's end, from Handlebars or a helper."""

    text: str | None = None
    fault: str | None = None


@dataclass(slots=True)
class _Context:
    functions: dict[str, Callable[[str], str]]
    limit: Callable[[float], None]  # the seconds of each later call
    left: int = USES


def ask(*calls: Call) -> Answer:
    """What came of the last call, or of the first that has a fault. Raises `Stopped`."""
    with _TURNS:
        while True:
            context = _context()
            used = context.left < USES
            context.left -= 1
            try:
                return _through(context, calls)
            except _Damaged as damage:
                _OWN.context = None
                if not used:  # else what an earlier template left behind may be the cause
                    raise Stopped(str(damage)) from None


def _through(context: _Context, calls: tuple[Call, ...]) -> Answer:
    answer = Answer()
    for call in calls:
        context.limit(call.seconds)
        answer = Answer(**json.loads(_called(context.functions[call.function], call)))
        if answer.fault:
            break
    return answer


class _Damaged(Exception):
    """The context may not be used again."""


def _called(function: Callable[[str], str], call: Call) -> str:
    import quickjs

    try:
        return function(call.given)
    except quickjs.StackOverflow:
        raise _Damaged("the template is nested too deeply, or calls itself without an end") from None
    except quickjs.JSException as fault:
        if "interrupted" in str(fault):  # the context is sound: it was stopped between two steps
            raise Stopped(f"the template was stopped: it takes longer than {call.seconds:g} s") from None
        if "out of memory" in str(fault) or str(fault) == "null":  # null: there was none left for the error itself
            raise _Damaged(f"the template was stopped: it needs more than {BYTES // 2**20} MiB of memory") from None
        raise _Damaged(f"the template was stopped: {str(fault).splitlines()[0]}") from None
    except MemoryError:
        raise _Damaged("the template was stopped: it needs more memory than there is") from None


def _context() -> _Context:
    """This thread's own. Raises `Stopped` where there can be none."""
    known: _Context | None = getattr(_OWN, "context", None)
    if known is None or known.left <= 0:
        known = _OWN.context = _load()
    return known


def _load() -> _Context:
    try:
        import quickjs  # here, so that a bridge without templates never loads it
    except ImportError as fault:
        raise Stopped(f"templates need the package quickjs-ng, which cannot be loaded: {fault}") from None
    context = quickjs.Context()
    context.set_memory_limit(BYTES)
    context.eval(read_bundle(BUNDLE))
    return _Context({name: context.get(name) for name in FUNCTIONS}, context.set_time_limit)


@cache
def read_bundle(path: Path) -> str:
    """Raises `Stopped`, with what to do."""
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        made = "install the bridge again: pip install --no-deps -e . in a checkout makes it"
        raise Stopped(f"templates need bridge/assets/handlebars.js, which is missing: {made}") from None
