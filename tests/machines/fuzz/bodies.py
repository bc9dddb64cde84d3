"""Changes a real body as an enemy would, or as a vendor does on a bad day: its values, its keys, its text, its bytes.

Rule: the same chance makes the same body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote_plus

from tests.machines.fuzz.values import BEGIN, END, ENDLESS, TEXTS, nest, odd, raw

_TOKEN = re.compile(re.escape(f'"{BEGIN}') + "(.*?)" + re.escape(f'{END}"'), re.DOTALL)
DEEP = 66  # levels: more than are read
DEEPEST = (DEEP, 200, 2_000, 100_000)


@dataclass(frozen=True, slots=True)
class Body:
    """`hopeless`: no reader of JSON may take it for an ordinary one, so it ends in quarantine."""

    content: bytes
    hopeless: bool = False


def changed(chance: Random, seed: str) -> Body:
    """`seed`: JSON of a real request."""
    value = json.loads(renamed(chance, seed))
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 6))):
        value = _altered(chance, value)
    hopeless = chance.random() < 0.06 and isinstance(value, dict)
    if hopeless:
        value = {**value, "~": raw(_forbidden(chance))}
    text = _written(chance, value)
    if not hopeless and chance.random() < 0.08:
        text = _twice_named(chance, text)
    if hopeless or chance.random() < 0.75:
        return Body(text.encode("utf-8", "surrogatepass"), hopeless)
    if chance.random() < 0.1 and isinstance(value, dict):
        return Body(_as_form(chance, value))
    return Body(chance.choice(BYTES)(chance, text))


def _forbidden(chance: Random) -> str:
    if chance.random() < 0.3:
        return chance.choice(sorted(ENDLESS))
    return nest(chance.choice(DEEPEST), "1", chance.random() < 0.5)


def renamed(chance: Random, seed: str) -> str:
    """The same about another object, one of a few, so that its news meets other news; and not a repetition."""
    number = chance.randrange(48)
    text = _ULID.sub(lambda found: f"{found[1]}{_LETTERS[number % 32]}", _UUID.sub(rf"\g<1>{number:012x}", seed))
    text = _PREFIX_ID.sub(rf"\g<1>{number:02}", text)
    return _EVENT_ID.sub(rf"\g<1>{chance.getrandbits(64):x}", text, count=1)


_UUID = re.compile(r"\b([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-)[0-9a-f]{12}\b")
_ULID = re.compile(r"\b(01[0-9A-HJKMNP-TV-Z]{23})[0-9A-HJKMNP-TV-Z]\b")
_PREFIX_ID = re.compile(r"\b([a-z]{3}_[A-Za-z0-9]{12})[A-Za-z0-9]{2}\b")
_EVENT_ID = re.compile(r'("event": \{"id": ")[^"]*')
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _altered(chance: Random, value: Any, level: int = 0) -> Any:
    """One change, somewhere: the way down is chosen step by step, so that deep values are met too. The outermost
    levels are seldom harmed: most changes would else be seen by the first check of all."""
    stays = chance.random() < (0.97 if level < 2 else 0.85)
    match value:
        case dict() if value and stays:
            return _in_object(chance, value, level)
        case list() if value and stays:
            place = chance.randrange(len(value))
            return [*value[:place], _altered(chance, value[place], level + 1), *value[place + 1 :]]
    return odd(chance, value)


def _in_object(chance: Random, value: dict[str, Any], level: int) -> dict[str, Any]:
    key = chance.choice(list(value))
    match chance.randrange(12 if level else 100):
        case 0:
            return {name: inner for name, inner in value.items() if name != key}
        case 1:
            return {chance.choice(TEXTS) if name == key else name: inner for name, inner in value.items()}
        case 2:
            return {**value, chance.choice(TEXTS): odd(chance, None)}
        case 3:
            return {**value, key: value[chance.choice(list(value))]}
    return {**value, key: _altered(chance, value[key], level + 1)}


def _written(chance: Random, value: Any) -> str:
    text = json.dumps(value, ensure_ascii=chance.random() < 0.7, indent=chance.choice((None, None, None, 2)))
    return _TOKEN.sub(lambda found: found[1].replace('\\"', '"'), text) if BEGIN in text else text


def _twice_named(chance: Random, text: str) -> str:
    """A key that stands there once more, with another value."""
    keys = re.findall(r'"([a-z_]+)":', text)
    if not keys or not text.startswith("{"):
        return text
    return f'{{"{chance.choice(keys)}": {json.dumps(chance.choice((None, 1, "x", [], {})))}, {text[1:]}'


# -- as a form, and the text as bytes ----------------------------------------------------------------------------------


def _as_form(chance: Random, value: dict[str, Any]) -> bytes:
    names = ("{}", "{}[]", "{}[a]", "{}[][a]", "{}[a][]", "{}" + "[a]" * 40, "{}[", "]{}", "{}[][]", "{}[a")
    pairs = [(chance.choice(names).format(key), str(inner)) for key, inner in value.items()]
    return "&".join(f"{_quoted(name)}={_quoted(words)}" for name, words in pairs).encode("utf-8", "replace")


def _quoted(text: str) -> str:
    return quote_plus(text, errors="replace", safe="[]")


def _bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _encoded(chance: Random, text: str) -> bytes:
    coding = chance.choice(("utf-16", "utf-16-le", "utf-32", "utf-32-be", "utf-8-sig", "latin-1", "utf-7", "cp037"))
    return text.encode(coding, "replace")


def _cut(chance: Random, text: str) -> bytes:
    content = _bytes_of(text)
    return content[: chance.randrange(len(content) + 1)]


def _flipped(chance: Random, text: str) -> bytes:
    content = bytearray(_bytes_of(text))
    for _ in range(chance.choice((1, 2, 8, 40))):
        if content:
            content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content)


def _inserted(chance: Random, text: str) -> bytes:
    content = _bytes_of(text)
    place = chance.randrange(len(content) + 1)
    return content[:place] + chance.choice((b"\xff", b"\xc0\xaf", b"\0", b"\xed\xa0\x80", b"\x1b[2J")) + content[place:]


def _joined(chance: Random, text: str) -> bytes:
    return _bytes_of(text) + chance.choice((b"", b"\n", b",", b"\0", b"x")) + _bytes_of(text)


def _padded(chance: Random, text: str) -> bytes:
    return b" \n\t" * chance.choice((1, 1_000)) + _bytes_of(text) + b"\n" * chance.choice((1, 3_000))


def _alone(chance: Random, text: str) -> bytes:
    alone = (b"", b"null", b"[]", b"{}", b'"x"', b"0", b"true", b"\xef\xbb\xbf", b"\0", b"<xml/>", b"{", b"[" * 3_000)
    return chance.choice(alone)


BYTES: tuple[Callable[[Random, str], bytes], ...] = (
    *(_encoded, _cut, _cut, _flipped, _flipped, _inserted, _joined, _padded, _alone),
)
