"""Compares what a request carries with a configured token, without telling by its time how much of it was right."""

from __future__ import annotations

import hmac
from hashlib import sha256

from pydantic import SecretStr


def is_token(given: str | None, token: SecretStr, before: str = "") -> bool:
    """Whether it is exactly the token, with the words `before` it. Digests are compared: even its length stays ours."""
    expected = _digest(before + token.get_secret_value())
    return hmac.compare_digest(_digest(given or ""), expected)


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
