"""What `store` names: a file, or a database on a server whose password is for nobody to see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

SQLITE = "sqlite:///"
POSTGRES = ("postgresql", "postgres")
MASK = "[secret]"


def is_postgres(url: str) -> bool:
    return urlsplit(url).scheme in POSTGRES


def file_of(url: str) -> Path | None:
    """None: no file of ours."""
    return None if is_postgres(url) else Path(url.removeprefix(SQLITE))


def passwords_in(url: str) -> Iterator[str]:
    """As it is written there, and as it is meant. A file has none."""
    if is_postgres(url):
        parts = urlsplit(url)
        written = parts.netloc.rpartition("@")[0].partition(":")[2]
        yield from (text for text in (written, unquote(written)) if text)
        yield from (value for name, value in parse_qsl(parts.query) if name in ("password", "sslpassword"))


def shown(url: str) -> str:
    """For people: the file, or the address without its password and its options."""
    file = file_of(url)
    if file is not None:
        return str(file)
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    user, colon, _ = login.partition(":")
    return urlunsplit((parts.scheme, f"{user}{f'{colon}{MASK}' if colon else ''}{at}{host}", parts.path, "", ""))
