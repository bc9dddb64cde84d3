"""The form of a password, of the hash of one, and of the secret that one-time codes are made from. Pure: nothing is
hashed or guessed here.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b32decode

SHORTEST, LONGEST = 15, 256  # characters
HASH = re.compile(r"\$argon2id\$v=19\$m=(\d{1,8}),t=\d{1,2},p=\d{1,2}\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}")
LEAST_MEMORY, MOST_MEMORY = 8 * 1024, 1024 * 1024  # KiB: less can be guessed through, more takes the machine's
LEAST_BYTES = 16  # of the secret of codes: 128 bits, as RFC 4226 asks


def normal(password: str) -> str:
    """The same signs are the same text, whichever keyboard they come from."""
    return unicodedata.normalize("NFC", password)


def form_fault_of(password: str) -> str | None:
    """What is wrong with a new password before anybody guesses at it, as a sentence; None: nothing."""
    if len(password) < SHORTEST:
        return f"It has fewer than {SHORTEST} characters: take several words, or let a password manager make one."
    if len(password) > LONGEST:
        return f"It has more than {LONGEST} characters."
    return None if password.isprintable() else "It has control characters or line breaks in it."


def hash_fault_of(text: str) -> str | None:
    """What is wrong with the hash of a password, as a sentence; None: nothing."""
    found = HASH.fullmatch(text)
    if found is None:
        return "is no argon2id hash; make one with `bridge hash-password`"
    if not LEAST_MEMORY <= int(found[1]) <= MOST_MEMORY:
        return "was made with too little or too much memory; make one with `bridge hash-password`"
    return None


def totp_fault_of(text: str) -> str | None:
    """What is wrong with the secret of one-time codes, as a sentence; None: nothing."""
    try:
        length = len(b32decode(text + "=" * (-len(text) % 8)))
    except ValueError:
        length = 0
    if length >= LEAST_BYTES:
        return None
    return "is no base32 (A to Z and 2 to 7, without blanks) of 128 bits or more; make one with `bridge totp`"
