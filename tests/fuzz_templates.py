"""Random templates and data: `python -m tests.fuzz_templates [RUNS] [--seed N]`; the suite runs some of the same.

Each run has to end in a text or a sentence, within its bound of processor time. Exit code 1 where one does not.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from random import Random

from hypothesis import strategies as st

from bridge.model import Rendered
from bridge.templates import READING, RENDERING, render, template_fault
from bridge.templates_engine import BUNDLE

BOUND = READING + RENDERING  # seconds of processor time
MARGIN = 0.5  # for a context made anew, and a second try in it where the first had been used before
LONGEST_TEXT = 65_536
PATHS = (
    *("a", "b", "list", "deep", "text", "number", "this", "@root", "@index", "@key", "../a", "../../list", "missing.x"),
    *(
        "deep.er",
        "list.[0]",
        "deep.[with space]",
        "constructor",
        "__proto__",
        "a.constructor.constructor",
        "list.length",
    ),
)
BUILT_IN = ("if", "unless", "each", "with", "lookup", "log", "blockHelperMissing", "helperMissing", "regexMatch")
BROKEN = (
    "{{",
    "}}",
    "{{{",
    "}}}}",
    "{{#if",
    "{{/each}}",
    "{{else}}",
    "{{~",
    "\\{{",
    "{{!--",
    "{{> x}}",
    "{{& ",
    "{{* y}}",
)
TEXTS = (
    "up",
    "<b>",
    "(a+)+$",
    "^(\\w+\\s?)*$",
    "**/*.{a,b}",
    "2026-01-02",
    "1 day ago",
    "%E0%A4%A",
    "-1",
    "1e9",
    "",
    "é",
)
HOSTILE = ("x" * 5000, "a" * 40 + "!", "[" * 200, "\ud800", "\x00", "a " * 3000, "http://" + "a@" * 500, "9" * 400)
BOMBS = (
    "{{regexMatch text '^(a+)+$'}}{{match text '*a*a*a*a*a*a*a'}}",
    "{{#each list}}{{#each ../list}}{{#each ../../list}}{{this}}{{/each}}{{/each}}{{/each}}",
    "{{#each list}}{{#if (contains (uppercase ../text) ../text)}}x{{/if}}{{/each}}",
    "{{#*inline 'part'}}{{> part}}{{> part text=(append text text)}}{{/inline}}{{> part}}",
    "{{#each list}}{{{../text}}}{{stringify ..}}{{/each}}{{center text 100000000}}{{JSONparse text}}",
)
WHY = ("Parse error", "Lexical", "Missing helper", "longer than", "of memory", "call stack", "prints more", "JSON")


@cache
def helpers() -> tuple[str, ...]:
    found = re.findall(r"helpers\d*\.([A-Za-z]+) ?=", BUNDLE.read_text())
    return tuple(sorted({*found, *BUILT_IN}))


# -- random things -----------------------------------------------------------------------------------------------------


def make_template(chance: Random) -> str:
    if chance.random() < 0.1:
        return chance.randbytes(chance.randrange(200)).decode("utf-8", "surrogateescape")
    text = _body(chance, 3) + (chance.choice(BOMBS) if chance.random() < 0.02 else "")
    if chance.random() < 0.15:
        place = chance.randrange(len(text) + 1)
        text = text[:place] + chance.choice(BROKEN) + text[place + chance.randrange(4) :]
    return text


def _body(chance: Random, depth: int) -> str:
    return "".join(_piece(chance, depth) for _ in range(chance.randrange(1, 4)))


def _piece(chance: Random, depth: int) -> str:
    match chance.randrange(7 if depth else 5):
        case 0:
            return chance.choice(TEXTS)
        case 1:
            return f"{{{{{chance.choice(PATHS)}}}}}"
        case 2:
            return f"{{{{{{{_call(chance, 2)}}}}}}}"
        case 3 | 4:
            return f"{{{{{_call(chance, 3)}}}}}"
        case 5:
            return _block(chance, depth)
        case _:
            part = f"{{{{#*inline 'part'}}}}{_body(chance, depth - 1)}{{{{/inline}}}}"
            return f"{part}{{{{> part {chance.choice(PATHS)}}}}}"


def _block(chance: Random, depth: int) -> str:
    name = chance.choice(BUILT_IN[:4]) if chance.random() < 0.5 else chance.choice(helpers())
    given = " as |a b|" if chance.random() < 0.2 else ""
    other = "{{else}}" + _body(chance, depth - 1) if chance.random() < 0.3 else ""
    return f"{{{{#{name} {_arguments(chance, 2)}{given}}}}}{_body(chance, depth - 1)}{other}{{{{/{name}}}}}"


def _call(chance: Random, depth: int) -> str:
    return f"{chance.choice(helpers())} {_arguments(chance, depth)}"


def _arguments(chance: Random, depth: int) -> str:
    told = [_argument(chance, depth) for _ in range(chance.randrange(4))]
    if chance.random() < 0.2:
        told.append(f"{chance.choice(('a', 'class', 'lang', 'flags', 'format'))}={_argument(chance, depth)}")
    return " ".join(told)


def _argument(chance: Random, depth: int) -> str:
    match chance.randrange(5 if depth else 4):
        case 0 | 1:
            return chance.choice(PATHS)
        case 2:
            return "'" + chance.choice(TEXTS) + "'"
        case 3:
            return str(chance.choice((0, 1, -1, 3, 1.5, 1e6, 1e21, "true", "null")))
        case _:
            return f"({_call(chance, depth - 1)})"


def make_data(chance: Random) -> dict[str, object]:
    names = ("a", "b", "list", "deep", "text", "number", "er", "constructor", "__proto__", "length", "with space")
    data = {name: _value(chance, 3) for name in chance.sample(names, chance.randrange(len(names)))}
    if chance.random() < 0.05:
        data["text"] = chance.choice(("a" * 40 + "!", "a " * 100_000, "[" + "[]," * 500_000 + "[]]"))
        data["list"] = [chance.choice(HOSTILE)] * 5_000
    return data


def _value(chance: Random, depth: int) -> object:
    match chance.randrange(7 if depth else 5):
        case 0:
            return chance.choice(TEXTS)
        case 1:
            return chance.choice(HOSTILE)
        case 2 | 3:
            return chance.choice((0, 1, -1, 2.5, 10**30, 1e300, True, False, None))
        case 4:
            return chance.choice(TEXTS) * chance.choice((1, 1, 3, 1000))
        case 5:
            return [_value(chance, depth - 1) for _ in range(chance.choice((0, 1, 3, 30)))]
        case _:
            return {chance.choice(("er", "a", "__proto__", "0")): _value(chance, depth - 1) for _ in range(3)}


templates = st.integers(0, 2**40).map(lambda seed: make_template(Random(seed)))
documents = st.integers(0, 2**40).map(lambda seed: make_data(Random(seed)))


# -- runs --------------------------------------------------------------------------------------------------------------


def check(rendered: Rendered) -> None:
    """Raises AssertionError unless a caller can use it."""
    if rendered.text is None:
        assert 10 < len(rendered.fault) < 400
        assert "\n" not in rendered.fault
    else:
        assert not rendered.fault
        assert len(rendered.text.encode("utf-16-le")) <= 2 * LONGEST_TEXT


def check_fault(told: str | None) -> None:
    assert told is None or 10 < len(told) < 400


@dataclass(slots=True)
class Tally:
    texts: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    broken: list[str] = field(default_factory=list)

    def run(self, template: str, data: dict[str, object]) -> None:
        began = time.thread_time()
        try:
            rendered = render(template, data)
            took = time.thread_time() - began
            check(rendered)
            check_fault(template_fault(template))
        except Exception as fault:  # noqa: BLE001  # whatever it is, it is what is looked for
            self.broken.append(f"{type(fault).__name__}: {fault}: {template!r} {data!r}"[:2000])
            return
        self.count(rendered, took, template)

    def count(self, rendered: Rendered, took: float, template: str) -> None:
        self.slowest = max(self.slowest, (took, template))
        if rendered.text is not None:
            self.texts += 1
        else:
            self.faults[next((why for why in WHY if why in rendered.fault), "a helper's own error")] += 1
        if took > BOUND + MARGIN:
            self.broken.append(f"took {took:.2f} s: {template!r}"[:2000])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz_templates", description=__doc__)
    parser.add_argument("runs", nargs="?", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args(arguments)
    chance, tally, began = Random(wanted.seed), Tally(), time.monotonic()
    for number in range(wanted.runs):
        if number % 5_000 == 0:
            print(f"{number} …", file=sys.stderr, flush=True)
        tally.run(make_template(chance), make_data(chance))
    report(tally, wanted.runs, wanted.seed, time.monotonic() - began)
    return 1 if tally.broken else 0


def report(tally: Tally, runs: int, seed: int, took: float) -> None:
    print(f"{runs} templates (seed {seed}) in {took:.0f} s: {tally.texts} rendered, {tally.faults.total()} faulted")
    for why, number in tally.faults.most_common():
        print(f"  {number:>7}  {why}")
    seconds, template = tally.slowest
    print(f"slowest: {seconds:.3f} s of processor time (bound {BOUND} s, margin {MARGIN} s): {template[:200]!r}")
    print(f"{len(tally.broken)} crashed, or went over the bound or the rules")
    for line in tally.broken[:20]:
        print(f"  {line}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
