"""`/links/<id>`: one trouble's story on both sides, and what a person may do to it.

Rule: every action is a flow that the API has as well, in the visitor's name; what ends a link asks first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from bridge.core.counting import counted
from bridge.core.durations import parse_duration, say_duration
from bridge.errors import Unreadable
from bridge.flows import pages, replay, surgery
from bridge.store.stories import gaps
from bridge.web.answers import Refusal, not_found
from bridge.web.console import story
from bridge.web.console.doing import MOST
from bridge.web.console.lists import Row
from bridge.web.console.rendering import Values, actor, go_back, live, page
from bridge.web.console.sentence import sentence
from bridge.web.saying import saying_why

if TYPE_CHECKING:
    from bridge.app import Parts

LONGEST = 200  # characters of an id


class LinkPage:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, id_: str) -> Response:
        return live("link.html", lambda: self._told(id_))

    def _told(self, id_: str) -> Values:
        link = self._link(id_)
        return {
            "title": link["title"] or link["id"],
            "link": link,
            "sentence": sentence(link),
            "steps": story.steps(link),
            "left_out": gaps(link),
            "stuck": len(self._stuck(str(link["id"]))),
            "sides": story.SIDES,
            "pages_again": _pages_again(link),
        }

    def _link(self, id_: str) -> Row:
        with self._parts.store.reports() as reports:
            link = reports.link(id_[:LONGEST].replace("\0", ""))
        if link is None:
            raise not_found("There is no such link here. It may have ended so long ago that it is kept no more.")
        return link

    def _stuck(self, link: str) -> list[str]:
        """Calls that were given up, or wait for their next try."""
        with self._parts.store.reports() as reports:
            return reports.stuck(link, MOST)

    # -- actions

    def advance(self, id_: str, move: str) -> Response:
        with saying_why():
            answer = pages.change(self._parts, move, id_[:LONGEST], {}, actor())
        return go_back(f"Asked for on both sides: {move}. {answer.get('note', '')}")

    def pause(self, id_: str) -> Response:
        with saying_why():
            answer = surgery.pause(self._parts, id_[:LONGEST], actor(), _length(request.form.get("for", "")))
        return go_back(f"Paused {surgery.until_words(answer)}: nothing leaves for it.")

    def resume(self, id_: str) -> Response:
        with saying_why():
            answer = surgery.resume(self._parts, id_[:LONGEST], actor())
        return go_back(f"It goes on: {surgery.freed_words(answer)}.")

    def ask_unlink(self, id_: str) -> Response:
        link = self._link(id_)
        return page("unlink.html", title="Take this pair apart?", link=link)

    def unlink(self, id_: str) -> Response:
        with saying_why():
            answer = surgery.unlink(self._parts, id_[:LONGEST], actor())
        return go_back(f"Taken apart; {surgery.ended_words(answer)} will not be made.", to=f"/links/{answer['link']}")

    def resend(self, id_: str) -> Response:
        ids = self._stuck(str(self._link(id_)["id"]))
        if not ids or not replay.retry(self._parts, ids, actor()):
            raise Refusal(409, "conflict", "Nothing of this link waits for another try or was given up.")
        return go_back(f"{counted(len(ids), 'call')} due now.")

    def page_again(self, id_: str) -> Response:
        link = self._link(id_)
        if (incident := _pages_again(link)) is None:
            raise Refusal(409, "conflict", "Only what began as a Rootly incident can be paged again.")
        whom = request.form.get("whom", "").strip()
        fields = {"incident_id": incident, **({"teams": [whom]} if whom else {})}
        with saying_why():
            answer = pages.place(self._parts, fields, actor())
        if answer.get("duplicate"):
            return go_back("You asked for the same page within the last 10 minutes: there is no second one.")
        return go_back("Another page is owed; it leaves as soon as it can.")


def _pages_again(link: Mapping[str, object]) -> str | None:
    """The incident that another page would be for."""
    origin = link["origin"]
    assert isinstance(origin, Mapping)
    fits = (origin["system"], origin["kind"]) == ("rootly", "incident") and not link["unlinked"]
    return str(origin["id"]) if fits and link["status"] != "resolved" else None


def _length(text: str) -> timedelta | None:
    """Raises `Unreadable`. Empty: until somebody resumes it."""
    if not text.strip():
        return None
    try:
        return parse_duration(text.strip())
    except ValueError as fault:
        raise Unreadable(f"For how long: {fault}; at most {say_duration(surgery.LONGEST)}") from None


def add(doors: Blueprint, parts: Parts) -> None:
    one = LinkPage(parts)
    doors.add_url_rule("/links/<id_>", "link", one.show)
    doors.add_url_rule("/links/<id_>/unlink", "ask_unlink", one.ask_unlink)
    for move in ("acknowledge", "resolve"):
        view = _fixed(one.advance, move)
        doors.add_url_rule(f"/links/<id_>/{move}", move, view, methods=["POST"])
    for move in ("pause", "resume", "unlink", "resend", "page_again"):
        doors.add_url_rule(f"/links/<id_>/{move}", move, getattr(one, move), methods=["POST"])


def _fixed(view: Callable[[str, str], Response], move: str) -> Callable[[str], Response]:
    return lambda id_: view(id_, move)
