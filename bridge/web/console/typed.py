"""What somebody typed into a form that changes nothing: shown again with the answer, never with a secret of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from bridge.model import Hook

if TYPE_CHECKING:
    from bridge.app import Parts

JSON = {"content-type": "application/json"}


def text_of(parts: Parts, field: str) -> str:
    text = request.form.get(field, "").replace("\r\n", "\n")
    return parts.redactor.bytes(text.encode(errors="replace")).decode(errors="replace")


def hook_of(body: str) -> Hook:
    """A body that begins like JSON comes as JSON; else its source finds out what it is."""
    return Hook(body.encode(), JSON if body.lstrip().startswith(("{", "[")) else {})
