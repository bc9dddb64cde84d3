"""`/calls`: what the bridge owes the two systems, what it did and what it gave up; retry and discard, one or many."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from bridge.core.counting import counted
from bridge.core.policy import PAGERTREE, ROOTLY
from bridge.flows import replay
from bridge.web.answers import Refusal, not_found
from bridge.web.console import story
from bridge.web.console.doing import MOST, some, too_many
from bridge.web.console.lists import Field, chosen, listed
from bridge.web.console.rendering import Values, actor, go_back, live, page

if TYPE_CHECKING:
    from bridge.app import Parts

LONGEST = 200  # characters of an id
FIELDS = (
    Field("state", "State", ("owed", "dead", "done", "superseded", "shadow")),
    Field("target", "Target", (PAGERTREE, ROOTLY)),
    Field("kind", "Kind", ("create", "update", "advance", "note", "recheck")),
    Field("lane", "Lane", ("pages", "resolves", "acknowledges", "rest")),
    Field("link", "Link"),
)
_FLOWS: dict[str, Callable[[Parts, Sequence[str], str], int]] = {"retry": replay.retry, "discard": replay.discard}
_DONE = {"retry": "due now", "discard": "discarded: never made"}


class Calls:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def listing(self) -> Response:
        return live("calls.html", self._listing)

    def _listing(self) -> Values:
        with self._parts.store.reports() as reports:
            found = listed(FIELDS, reports, "calls")
        words = {"called": story.called, "progress_of": story.progress_of}
        return {"title": "Calls", "args": request.args, **found, **words}

    def one(self, id_: str) -> Response:
        return live("call.html", lambda: self._one(id_))

    def _one(self, id_: str) -> Values:
        with self._parts.store.reports() as reports:
            call = reports.call(id_[:LONGEST].replace("\0", ""))
        if call is None:
            raise not_found("There is no such call here.")
        body = self._parts.redactor.text(json.dumps(call["command"]))
        word = story.progress_of(call)
        title = f"{story.called(call)} in {story.SIDES.get(str(call['target']), call['target'])}"
        return {"title": title, "call": call, "body": body, "word": word, "polls": call["state"] == "owed"}

    def act(self, verb: str, id_: str) -> Response:
        with self._parts.store.reports() as reports:
            call = reports.call(id_[:LONGEST].replace("\0", ""))
        if call is None:
            raise not_found("There is no such call here.")
        if not _FLOWS[verb](self._parts, [str(call["id"])], actor()):
            raise Refusal(409, "conflict", f"The call is {call['state']}: there is nothing to do about it.")
        return go_back(f"The call is {_DONE[verb]}.")

    def act_on_dead(self, verb: str) -> Response:
        """First it says how many these are, and does it when it is asked once more."""
        wanted = {**chosen(FIELDS, request.form.get), "state": "dead"}
        ids = self._ids(wanted)
        if request.form.get("sure") != "yes":
            shown = {"filters": wanted, "verb": verb, "some": len(ids), "count": some(len(ids), "dead call")}
            return page("dead_calls.html", title=f"{verb.capitalize()} these calls?", **shown, **too_many(ids))
        done = _FLOWS[verb](self._parts, ids[:MOST], actor())
        return go_back(f"{counted(done, 'call')} {_DONE[verb]}.")

    def _ids(self, wanted: dict[str, str]) -> list[str]:
        with self._parts.store.reports() as reports:
            return reports.ids("calls", wanted, MOST + 1)


def add(doors: Blueprint, parts: Parts) -> None:
    calls = Calls(parts)
    doors.add_url_rule("/calls", "calls", calls.listing)
    doors.add_url_rule("/calls/<id_>", "call", calls.one)
    for verb in _FLOWS:
        one, dead = {"verb": verb}, {"verb": verb}
        doors.add_url_rule(f"/calls/<id_>/{verb}", verb, calls.act, methods=["POST"], defaults=one)
        doors.add_url_rule(f"/calls/{verb}", f"{verb}_dead", calls.act_on_dead, methods=["POST"], defaults=dead)
