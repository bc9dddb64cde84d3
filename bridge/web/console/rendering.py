"""How a page of the console comes about: the whole page, or for a poll only the part that lives.

Rule: what polls are shown is made at most once in two seconds, for all open pages together.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlencode

from flask import Response, current_app, g, render_template, request
from flask.sansio.app import App
from jinja2 import StrictUndefined
from markupsafe import escape

from bridge.log import get_log
from bridge.web.answers import Refusal
from bridge.web.console import wording
from bridge.web.console.assets import GATHERED, UNMADE, address
from bridge.web.console.fragments import Fragments

if TYPE_CHECKING:
    from bridge.web.console.guard import Visitor

Values = Mapping[str, object]
MENU = (
    ("/", "Overview"), ("/links", "Links"), ("/deliveries", "Deliveries"), ("/calls", "Calls"),
    ("/resyncs", "Resync"), ("/integrations", "Integrations"), ("/rules", "Rules"), ("/audit", "Audit"),
    ("/tokens", "Tokens"), ("/settings", "Settings"),
)  # fmt: skip
CONSOLE = "console"  # the name of its doors, which stands before that of each
SAID = "bridge-said"  # the cookie that carries one line to the next page
LONGEST_SAID = 300  # characters; a browser keeps 4 KB, and one may take twelve bytes here
log = get_log(__name__)
_TOKEN = f"csrf-{secrets.token_hex(16)}"  # stands in kept parts for the visitor's own, which is put in as they leave


def set_up(app: App) -> None:
    """Once, when the console's pages join the application."""
    app.extensions[CONSOLE] = Fragments()
    if not GATHERED.is_dir():
        log.error("console.bare", why=UNMADE)
    env = app.jinja_env
    env.undefined, env.trim_blocks, env.lstrip_blocks = StrictUndefined, True, True
    env.filters.update(wording.FILTERS)
    env.globals.update(
        asset=address,
        here=here,
        path_only=lambda: request.path,
        csrf=lambda: _TOKEN,
        shapes=wording.SHAPES,
        nothing=wording.NOTHING,
    )
    env.globals["ui"] = env.get_template("macros.html").module


def page(template: str, status: int = 200, /, **values: object) -> Response:
    """A page that stands still. `title` is needed; the rest is the template's own."""
    return _page(template, status, values)


def _page(template: str, status: int, values: Values) -> Response:
    around = {"visitor": visitor(), "menu": MENU, "path": request.path, "told": _told(), "polls": False}
    answer = _html(render_template(template, **{**around, **values}), status)
    if SAID in request.cookies:
        answer.delete_cookie(SAID, httponly=True, samesite="Strict")
    return answer


def live(template: str, gather: Callable[[], Values]) -> Response:
    """A page whose block `live` refreshes itself. `gather` asks the store, and is given nothing of the visitor's."""
    if request.headers.get("HX-Request") != "true":
        return _page(template, 200, {"polls": True, **gather()})
    fragments: Fragments = current_app.extensions[CONSOLE]
    return _html(fragments.get(here(), lambda: _block(template, gather())))


def _block(template: str, values: Values) -> str:
    made = current_app.jinja_env.get_template(template)
    context = made.new_context({"polls": True, **values})
    return "".join(made.blocks["live"](context))


def _html(text: str, status: int = 200) -> Response:
    known = visitor()
    token = str(escape(known.csrf)) if known else ""
    return Response(text.replace(_TOKEN, token), status, content_type="text/html; charset=utf-8")


def error(refusal: Refusal, request_id: str) -> Response:
    """A refusal as a page, in the same look."""
    title = _TITLES.get(refusal.status, "That did not work")
    shown = {"title": title, "message": refusal.message, "request_id": request_id}
    answer = _page("error.html", refusal.status, shown)
    answer.headers.extend(refusal.headers)
    return answer


_TITLES = {
    403: "You may not do this", 404: "There is nothing here", 409: "It does not fit how this stands",
    422: "Something in it is wrong", 500: "A fault of the bridge", 503: "Not now",
}  # fmt: skip


def visitor() -> Visitor | None:
    found: Visitor | None = g.get("visitor")
    return found


def actor() -> str:
    """Whose name the audit gets."""
    known = visitor()
    assert known is not None, "the guard has let somebody in"
    return known.name


def here(**changes: object) -> str:
    """The address of this page, some of what it asks changed; what is empty is left out."""
    asked = {**request.args.to_dict(), **{name: str(value or "") for name, value in changes.items()}}
    query: str = urlencode(sorted((name, value) for name, value in asked.items() if value))
    return f"{request.path}?{query}" if query else request.path


def go_back(told: str, to: str = "") -> Response:
    """After an action: to the page it was asked on, which then shows the line. `to`: rather there."""
    answer = Response("", 303, {"Location": to or _local(request.form.get("back", ""))})
    text = told[:LONGEST_SAID]
    answer.set_cookie(SAID, f"{_signed(text)}.{quote(text)}", max_age=60, httponly=True, samesite="Strict")
    return answer


def _local(path: str) -> str:
    """Only a path of ours: nobody is sent elsewhere by a form."""
    ours = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if ours else "/"


def _told() -> str:
    """What the last action said, if it said it to this visitor."""
    signature, _, text = request.cookies.get(SAID, "").partition(".")
    told = unquote(text)
    return told if visitor() and hmac.compare_digest(signature.encode(), _signed(told).encode()) else ""


def _signed(text: str) -> str:
    known = visitor()
    key = known.csrf if known else ""
    return hmac.new(key.encode(), text.encode(), sha256).hexdigest()
