"""Hashes of passwords: argon2id with what its library takes for granted (RFC 9106: 64 MiB, three rounds, 0.1 s)."""

from __future__ import annotations

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from bridge.core.passwords import normal

_HASHER = PasswordHasher(type=Type.ID)


def hash_password(password: str) -> str:
    return _HASHER.hash(normal(password).encode())


def is_password(hashed: str, password: str) -> bool:
    """Takes its tenth of a second and its memory whatever the answer is."""
    try:
        return _HASHER.verify(hashed, normal(password).encode("utf-8", "surrogatepass"))
    except VerifyMismatchError:
        return False
