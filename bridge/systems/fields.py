"""The types that every settings model is made of. A message is a sentence that names what to do; no value of a secret
stands in it, and the key is put before it by `bridge.config`.
"""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, SecretStr

from bridge.core.durations import parse_duration


class Section(BaseModel):
    """A part of the configuration file: what it does not know is an error, and it never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _duration(value: object) -> timedelta:
    match value:
        case timedelta():
            return value
        case bool():
            pass
        case str() | int() | float():
            return parse_duration(value)
    raise ValueError("write a duration such as 30s, 15m or 1d (a bare number is milliseconds)")


def _api_url(text: str) -> str:
    parts = _split(text)
    if parts.username is not None or parts.password is not None:
        raise ValueError("leave user name and password out of the address; credentials have keys of their own")
    if parts.query or parts.fragment or text.rstrip().endswith(("?", "#")):
        raise ValueError("end the address at its path, without ? and #")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("use https; plain http is accepted for loopback addresses only")
    return text.rstrip("/")


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known or any(c.isspace() or not c.isprintable() for c in text):
        raise ValueError("write a full address such as https://api.example.com")
    return parts


def is_loopback(host: str) -> bool:
    """Whether the host names this machine only: `localhost`, 127.0.0.0/8 or ::1."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _secret_url(value: SecretStr) -> SecretStr:
    """Its path or query may be all that proves who calls."""
    parts = _split(value.get_secret_value())
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("leave user name, password and # out of the address")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("use https; plain http is accepted for loopback addresses only")
    return value


def _secret(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text.strip():
        raise ValueError("is empty; give it a value, best as ${VARIABLE} or file:/path")
    if text != text.strip() or not text.isprintable():
        raise ValueError("has blanks around it or control characters in it; give the bare value")
    return value


def _cidr(value: object) -> IPv4Network | IPv6Network:
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    try:
        return ip_network(value if isinstance(value, str) else "")
    except ValueError as fault:
        raise ValueError("write a network such as 10.0.0.0/8 or one address such as 192.0.2.7") from fault


Duration = Annotated[timedelta, BeforeValidator(_duration)]
ApiUrl = Annotated[str, AfterValidator(_api_url)]
Secret = Annotated[SecretStr, AfterValidator(_secret)]
SecretUrl = Annotated[Secret, AfterValidator(_secret_url)]
Cidr = Annotated[IPv4Network | IPv6Network, BeforeValidator(_cidr)]
