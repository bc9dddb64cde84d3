"""What a door is, said once: Flask's rule, the OpenAPI document and the docs page are made from it.

Rule: a view gets into the application only by `add`, with the door that describes it; what its door needs of a token
is asked before the view is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel

from bridge.web.refusals import Refused

if TYPE_CHECKING:
    from bridge.web.bearer import Bearer

View = Callable[..., ResponseReturnValue]


@dataclass(frozen=True, slots=True)
class Parameter:
    """Of the path, of the query, or a header."""

    name: str
    about: str
    schema: Mapping[str, object]
    where: str = "query"


def part(name: str, about: str) -> Parameter:
    """Of the path."""
    return Parameter(name, about, {"type": "string"}, "path")


@dataclass(frozen=True, slots=True)
class Door:
    """`answer`: the model of what is answered 200, or the media type of a text. `refuses`: what it may answer beside
    what all doors of its kind may."""

    name: str  # the operation's, by which it finds its view
    method: str
    rule: str  # as Flask writes it
    tag: str
    summary: str
    answer: type[BaseModel] | str
    scope: str = ""  # what a token must be allowed to; empty: no token of ours is asked for
    asks: type[BaseModel] | None = None
    parameters: tuple[Parameter, ...] = ()
    refuses: tuple[Refused, ...] = ()
    about: str = ""
    by: tuple[str, ...] = ()  # what else admits: names of security schemes; an empty one: nothing is needed

    @property
    def of_flask(self) -> bool:
        """The doors of webhooks and integrations stand before Flask."""
        return not self.rule.startswith(("/webhooks/", "/integration/"))


def add(doors: Blueprint, door: Door, view: View, bearer: Bearer | None = None) -> None:
    """With a `bearer`, the view is given the name of the token first, then what the path names."""

    def guarded(**named: str) -> ResponseReturnValue:
        return view(bearer.admit(request.environ, door.scope), **named) if bearer is not None else view(**named)

    rule = door.rule.removeprefix(doors.url_prefix or "")
    doors.add_url_rule(rule, door.name, guarded, methods=[door.method])
