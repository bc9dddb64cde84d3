"""`/resyncs`: comparisons of both sides, what each found, and a new one: only to look, or to repair."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from bridge.core.policy import title_of
from bridge.flows import resync as flows
from bridge.web.answers import not_found
from bridge.web.console.lists import listed
from bridge.web.console.rendering import Values, actor, go_back, live

if TYPE_CHECKING:
    from bridge.app import Parts

LONGEST = 200  # characters of an id
FOLLOWED = 8  # runs begun here whose progress is at hand


class Resyncs:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._read: OrderedDict[str, dict[str, int]] = OrderedDict()  # by run: how many objects of each side were read
        self._lock = Lock()

    def listing(self) -> Response:
        return live("resyncs.html", self._listing)

    def _listing(self) -> Values:
        with self._parts.store.reports() as reports:
            found = listed((), reports, "resyncs")
        return {"title": "Resync", "every": self._parts.config.jobs.resync.total_seconds(), **found}

    def one(self, id_: str) -> Response:
        return live("resync.html", lambda: self._one(id_))

    def _one(self, id_: str) -> Values:
        with self._parts.store.reports() as reports:
            run: Any = reports.run(id_[:LONGEST].replace("\0", ""))
        if run is None:
            raise not_found("There is no such resync here.")
        plan = bool(run["detail"].get("plan"))
        title = f"{'Plan' if plan else 'Resync'} of {str(run['started_at'])[:19].replace('T', ' ')}"
        running = run["state"] == "running"
        told = {"run": run, "plan": plan, "progress": self._progress(run["id"]) if running else {}}
        return {"title": title, **told, "polls": running}

    def _progress(self, id_: str) -> dict[str, int]:
        with self._lock:
            return dict(self._read.get(id_, {}))

    def begin(self) -> Response:
        plan, read = request.form.get("plan") == "yes", dict[str, int]()
        run = flows.start(self._parts, plan, actor(), lambda what, count: read.update({_system(what): count}))
        with self._lock:
            self._read[run] = read
            while len(self._read) > FOLLOWED:
                self._read.popitem(last=False)
        who = actor()
        self._parts.store.write(lambda tx: tx.audit(who, "resync", run, "plan" if plan else ""))
        return go_back("A plan has begun: nothing is changed." if plan else "A resync has begun.", to=f"/resyncs/{run}")


def _system(listing: str) -> str:
    """A list is called by its system and what it lists; its count is that of the system so far."""
    return title_of(listing.partition(" ")[0])


def add(doors: Blueprint, parts: Parts) -> None:
    pages = Resyncs(parts)
    doors.add_url_rule("/resyncs", "resyncs", pages.listing)
    doors.add_url_rule("/resyncs", "resync", pages.begin, methods=["POST"])
    doors.add_url_rule("/resyncs/<id_>", "one_resync", pages.one)
