"""Whether a new password is one of those that are guessed first, by zxcvbn's estimate.

Rule: imported only where a password is judged: zxcvbn's lists cost every start a tenth of a second otherwise.
"""

from __future__ import annotations

import re
from decimal import Decimal
from math import prod

from zxcvbn import zxcvbn

from bridge.core.passwords import form_fault_of, normal

ENOUGH = 10**10  # guesses from which on zxcvbn's score is 4, its highest
JUDGED = 72  # signs: zxcvbn takes no more, and what is hard to guess here is no easier with more behind it
AROUND = (  # what somebody tries first at this door, and the rows of keyboards that zxcvbn has not seen
    "rootly", "pagertree", "bridge", "pager", "oncall", "on-call", "incident", "alert", "console", "webhook",
    "admin", "administrator", "root", "user", "guest", "login", "changeit", "changeme", "passwort",
    "spring", "summer", "autumn", "winter", "correct", "horse", "battery", "staple",
    "qwertz", "qwertzuiop", "yxcvb", "yxcvbnm", "azerty", "azertyuiop", "qsdfg", "qsdfghjklm", "wxcvbn",
)  # fmt: skip
YEARS = tuple(map(str, range(1990, 2050)))  # zxcvbn takes 7,300 guesses for one after 2019
BETWEEN_WORDS = re.compile(r"(?<=[^\W_]{3})[\W_](?=[^\W_]{3})")
AROUND_WORDS = re.compile(r"^[\W_]{1,2}(?=[^\W_]{3})|(?<=[^\W_]{3})[\W_]{1,2}$")
TOLD = (
    "It is one of those that are guessed first: well-known words, names, dates, rows of keys, or signs over and over. "
    "Take several words that have nothing to do with each other, or let a password manager make one."
)


def fault_of(password: str, username: str) -> str | None:
    """What is wrong with a new password, as a sentence; None: nothing."""
    password = normal(password)
    return form_fault_of(password) or (TOLD if _is_guessed(password[:JUDGED], username) else None)


def _is_guessed(text: str, username: str) -> bool:
    """Also without what stands between and around its words, which zxcvbn takes for signs of chance."""
    known = (*re.findall(r"\w{3,}", username), *AROUND, *YEARS)
    words = BETWEEN_WORDS.sub("", text)
    return any(_guesses(form, known) < ENOUGH for form in {text, words, AROUND_WORDS.sub("", words)})


def _guesses(text: str, known: tuple[str, ...]) -> Decimal:
    """zxcvbn's estimate, and less where it is generous: each further part costs it 10,000 guesses more, so that any
    four well-known words would do; and a few signs in any order count as if there were ten of them."""
    found = zxcvbn(text, known)
    parts = prod((Decimal(part["guesses"]) for part in found["sequence"]), start=Decimal(1))
    return min(found["guesses"], parts, Decimal(len(set(text)) ** len(text)))
