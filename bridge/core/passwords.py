"""What a password must be, and what the hash of one looks like. Pure: hashing itself is not done here."""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby, pairwise

SHORTEST, LONGEST = 15, 256  # characters
HASH = re.compile(r"\$argon2id\$v=19\$m=(\d{1,8}),t=\d{1,2},p=\d{1,2}\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}")
LEAST_MEMORY, MOST_MEMORY = 8 * 1024, 1024 * 1024  # KiB: less can be guessed through, more takes the machine's
ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm")
COMMON = (
    "administrator", "admin", "password", "passwort", "letmein", "welcome", "changeme", "changeit", "secret", "default",
    "iloveyou", "monkey", "dragon", "football", "baseball", "sunshine", "princess", "superman", "batman", "starwars",
    "trustno", "whatever", "computer", "internet", "login", "master", "access", "test", "guest", "root", "user",
    "rootly", "pagertree", "bridge", "correct", "horse", "battery", "staple", "please", "hello", "summer", "winter",
    "spring", "autumn", "company", "server", "service", "production", "oncall", "pager",
)  # fmt: skip
SIGNS_FOR_LETTERS = str.maketrans("013457@$!", "oieastasi")
FEW = 5  # different signs that are left once all that everybody guesses is taken away
TOLD = "It is one of those that are guessed first: signs over and over, rows of keys, or well-known words alone."


def normal(password: str) -> str:
    """The same signs are the same text, whichever keyboard they come from."""
    return unicodedata.normalize("NFC", password)


def fault_of(password: str, username: str) -> str | None:
    """What is wrong with a new password, as a sentence; None: nothing."""
    if len(password) < SHORTEST:
        return f"It has fewer than {SHORTEST} characters: take several words, or let a password manager make one."
    if len(password) > LONGEST:
        return f"It has more than {LONGEST} characters."
    if not password.isprintable():
        return "It has control characters or line breaks in it."
    if len(username) >= 3 and username.casefold() in password.casefold():
        return "It has the user name in it."
    return TOLD if _is_common(password.casefold()) else None


def hash_fault_of(text: str) -> str | None:
    """What is wrong with the hash of a password, as a sentence; None: nothing."""
    found = HASH.fullmatch(text)
    if found is None:
        return "is no argon2id hash; make one with `bridge hash-password`"
    if not LEAST_MEMORY <= int(found[1]) <= MOST_MEMORY:
        return "was made with too little or too much memory; make one with `bridge hash-password`"
    return None


def _is_common(text: str) -> bool:
    """Whether little is left besides repetition, rows of keys and well-known words."""
    if re.fullmatch(r"(.{1,7}?)\1+.{0,6}", text):
        return True
    rest = _without_rows(text)
    return any(len(set(_without_words(form))) < FEW for form in (rest, rest.translate(SIGNS_FOR_LETTERS)))


def _without_rows(text: str) -> str:
    """Without runs of three and more signs that stand side by side on a keyboard or in the alphabet."""
    pairs = {(row[n], row[n + 1]) for row in (*ROWS, *(row[::-1] for row in ROWS)) for n in range(len(row) - 1)}
    joined = [(a, b) in pairs for a, b in pairwise(text)]
    kept, place = [], 0
    for in_row, run in groupby([*joined, False]):
        length = len(list(run))
        kept.append("" if in_row and length > 1 else text[place : place + length])
        place += length
    return "".join(kept)


def _without_words(text: str) -> str:
    for word in COMMON:
        text = text.replace(word, "")
    return text
