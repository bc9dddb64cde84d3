"""Who may log in to the console, and by what: a password, with a code beside it, or a proxy's word."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from bridge.core.passwords import hash_fault_of, totp_fault_of
from bridge.systems.fields import Secret, Section

_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)+")  # one with an underscore never arrives
User = Annotated[str, Field(min_length=1, max_length=100)]


def _is_hash(secret: Secret) -> Secret:
    if fault := hash_fault_of(secret.get_secret_value()):
        raise ValueError(fault)
    return secret


def _is_totp(secret: Secret) -> Secret:
    if fault := totp_fault_of(secret.get_secret_value()):
        raise ValueError(fault)
    return secret


def _is_header(name: str) -> str:
    if not _HEADER.fullmatch(name):
        raise ValueError("is no header in which a proxy names a user; write one such as X-Forwarded-User, with hyphens")
    return name


def _is_user(name: str) -> str:
    if not name.isprintable() or name != name.strip() or "," in name:
        raise ValueError("is no user's name; write it as the proxy does, without commas and blanks around it")
    return name


class Console(Section):
    """Who may log in to the console. Without it nobody may: there is no account of its own."""

    username: User | None = None
    password_hash: Annotated[Secret, AfterValidator(_is_hash)] | None = None
    totp_secret: Annotated[Secret, AfterValidator(_is_totp)] | None = None
    proxy_header: Annotated[str, AfterValidator(_is_header)] | None = None
    proxy_users: tuple[Annotated[User, AfterValidator(_is_user)], ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Console:
        if self.password_hash is not None and self.username is None:
            raise ValueError("has a password_hash and no username; give both")
        if self.totp_secret is not None and self.password_hash is None:
            raise ValueError("has a totp_secret and no password_hash; a code comes with a password")
        if self.proxy_header is not None and not self.proxy_users:
            raise ValueError("has a proxy_header and no proxy_users; name who may come in by it")
        if self.proxy_users and self.proxy_header is None:
            raise ValueError("has proxy_users and no proxy_header; name the header in which the proxy says who it is")
        return self
