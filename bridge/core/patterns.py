"""Regular expressions as PagerTree's routers write them (ECMAScript), made safe enough to meet strangers' text.

A pattern that can need exponential time is refused where that shows in its form: a repeat inside a repeat, or the
same repeat twice side by side. No reading of the form finds them all, so the text is bounded too: senders choose it,
time grows with a power of its length, and while one pattern is searched nobody is paged.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

LONGEST_SUBJECT = (10_000, 10_000, 1_000)  # characters that are searched, by the number of endless wildcards
LONGEST_PATTERN = 1_000
_OPTIONS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
_MOST_WAYS = 20_000  # to meet a repeat in a repeat: `([0-9a-f]{1,4}:){7}` has 4 ** 7, `(a+)+` endless many
_WILDCARD = re.compile(r"(?:(?<!\\)\.|\[\^[^\]]*\]|\[\\s\\S\]|\\[DSW])(?:[*+]|\{[0-9]+,\})")  # `.*`, `[^,]+`, `\S{3,}`
_TOKEN = re.compile(
    r"(?P<open>\((?:\?(?:[:=!]|<[=!]|<[A-Za-z_]\w*>))?)|(?P<close>\))"
    r"|(?P<repeat>(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??)"
    r"|(?P<atom>\\k<\w+>|\\.|\[\^?(?:\\.|[^\]\\])*\]|.)",
    re.DOTALL,
)
_BRACKET = re.compile(r"(?<!\\)\[")  # in a class: a character like others, which Python may take for a set one day
_PYTHONS_OWN = {r"\A": "^", r"\Z": "$"}  # ECMAScript reads them as letters
_OTHERWISE = {"[]": "(?!)", "[^]": r"[\s\S]", "{": r"\{"}  # the same in ECMAScript and in Python


@dataclass(slots=True)
class _Group:
    """A bracket that is open while the pattern is read; `ways` counts how far repeats within may vary."""

    start: int = 0
    ways: float = 1
    atom: str = ""  # what stands right before; empty: nothing that could be repeated
    atom_ways: float = 1
    endless: str = ""  # the atom whose endless repeat came last, until another atom was met without one
    before: str = ""  # `endless` as it was when `atom` was met

    def meet(self, atom: str, ways: float = 1) -> None:
        self.before, self.endless = self.endless, ""
        self.atom, self.atom_ways = atom, ways

    def repeat(self, varies: bool, most: float) -> None:
        """Raises ValueError where this repeat may need exponential time."""
        if not self.atom:
            raise ValueError("a repeat has nothing to repeat")
        if most > 1 and self.atom_ways > 1 and most * math.log(self.atom_ways) > math.log(_MOST_WAYS):
            raise ValueError(f"{self.atom} repeats what repeats, which may take for ever: write it with one repeat")
        if most == math.inf and self.atom == self.before:
            raise ValueError(f"{self.atom} is repeated twice side by side, which may take for ever: once is enough")
        self.ways = max(self.ways, self.atom_ways**most * (most if varies else 1))
        self.endless, self.atom = (self.atom if most == math.inf else ""), ""


def compile_pattern(pattern: str, options: str = "") -> Callable[[str], bool]:
    """Whether the pattern is found in a text's first 10,000 characters; 1,000 if it has two wildcards such as `.*`.

    Raises ValueError with a sentence.
    """
    if unknown := sorted(set(options) - set(_OPTIONS)):
        raise ValueError(f"$options knows i, m and s, not {', '.join(unknown)}")
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"the pattern is longer than {LONGEST_PATTERN} characters")
    if (wildcards := len(_WILDCARD.findall(pattern))) >= len(LONGEST_SUBJECT):
        raise ValueError("more than two wildcards such as .* may take for ever: join several $regex by $and")
    flags = re.NOFLAG
    for option in options:
        flags |= _OPTIONS[option]
    try:
        found = re.compile(_to_python(pattern, "m" in options), flags)
    except (re.error, OverflowError, RecursionError) as fault:
        raise ValueError(f"the pattern cannot be read: {fault}") from None
    return lambda text: found.search(text, 0, LONGEST_SUBJECT[wildcards]) is not None


def _to_python(pattern: str, multiline: bool) -> str:
    """The same pattern as Python writes it. Raises ValueError for a form that is refused."""
    groups = [_Group()]
    written: list[str] = []
    for token in _TOKEN.finditer(pattern):
        match token.lastgroup:
            case "open":
                _check_group(pattern, token)
                groups.append(_Group(start=token.start()))
            case "close" if len(groups) > 1:
                inner = groups.pop()
                groups[-1].ways = max(groups[-1].ways, inner.ways)
                groups[-1].meet(pattern[inner.start : token.end()], inner.ways)
            case "repeat":
                groups[-1].repeat(*_bounds(token[0].rstrip("?") or "?"))
            case _:
                groups[-1].meet(token[0])
        written.append(_translated(token[0], multiline))
    return "".join(written)


def _check_group(pattern: str, token: re.Match[str]) -> None:
    if token[0] == "(" and pattern.startswith("?", token.end()):
        raise ValueError(f"{pattern[token.start() :][:4]} is not ECMAScript: set i, m and s by $options")


def _bounds(repeat: str) -> tuple[bool, float]:
    """Whether it may be met now more and now less often, and how often at most."""
    if repeat in ("*", "+", "?"):
        return True, (1 if repeat == "?" else math.inf)
    least, comma, most = repeat.strip("{}").partition(",")
    highest = float(most) if most else math.inf if comma else int(least)
    return int(least) != highest, highest


def _translated(text: str, multiline: bool) -> str:
    if text in _PYTHONS_OWN:
        raise ValueError(f"{text} is not ECMAScript: write {_PYTHONS_OWN[text]}")
    if text == "$" and not multiline:
        return r"\Z"  # Python's `$` would also match before a closing line break
    if text.startswith("(?<") and text.endswith(">"):
        return "(?P<" + text[3:]
    if text.startswith("[") and text not in _OTHERWISE:
        return text[0] + _BRACKET.sub(r"\\\g<0>", text[1:])
    return f"(?P={text[3:-1]})" if text.startswith(r"\k<") else _OTHERWISE.get(text, text)
