"""What must stand when several bridges have shared a bad day: in both systems, and what was done to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bridge.sandbox.stage import Stage
from tests.e2e.kill import LIVE

RANK = {"acknowledge": 1, "resolve": 2}
MIRRORED = {"open": "triggered", "acknowledged": "acknowledged", "resolved": "resolved"}
Seen = dict[str, Any]


@dataclass(slots=True)
class Judge:
    """Reads both systems once for each question: there may be thousands of objects."""

    stage: Stage
    alerts: list[str] = field(default_factory=list)  # that people made
    incidents: list[str] = field(default_factory=list)
    words: list[tuple[str, str]] = field(default_factory=list)  # that people wrote, each on one of those

    # -- whether the two systems agree

    def wrong(self) -> list[str]:
        """What does not stand as people left it."""
        theirs = {one["id"]: one for one in self.stage.pagertree.system.state()["alerts"]}
        ours = self.stage.rootly.system.state()
        return [*self._wrong_alerts(theirs, ours["alerts"]), *self._wrong_incidents(theirs, ours["incidents"])]

    def _wrong_alerts(self, theirs: dict[str, Seen], mirrors: list[Seen]) -> Iterator[str]:
        statuses: dict[str, list[str]] = {}
        for mirror in mirrors:
            statuses.setdefault(mirror["external_id"], []).append(mirror["status"])
        for shown in (theirs[alert] for alert in self.alerts):
            found = statuses.get(shown["prefix_id"], [])
            never_seen = shown["status"] == "resolved" and not found
            if not never_seen and found != [MIRRORED.get(shown["status"], "queued")]:
                yield f"{shown['title']} {shown['status']}: {found}"

    def _wrong_incidents(self, theirs: dict[str, Seen], incidents: list[Seen]) -> Iterator[str]:
        pages: dict[str, list[Seen]] = {}
        for alert in theirs.values():
            pages.setdefault((alert["thirdparty_id"] or "").partition("#")[0], []).append(alert)
        known = {one["id"]: one for one in incidents}
        for shown in (known[incident] for incident in self.incidents):
            live = [page for page in pages.get(f"rootly:{shown['id']}", []) if page["status"] in LIVE]
            if len(live) != (0 if shown["status"] == "resolved" else 1):
                yield f"{shown['title']} {shown['status']}: {[page['status'] for page in live]}"
            elif live and live[0]["title"] != shown["title"]:
                yield f"{shown['title']}: its page is called {live[0]['title']}"

    # -- what was done there

    def doubles(self) -> list[str]:
        """Marks with more than one object, and texts of ours that stand twice in one place."""
        theirs, ours = self.stage.pagertree.system.state(), self.stage.rootly.system.state()["alerts"]
        seen = Counter(alert["thirdparty_id"] for alert in theirs["alerts"] if alert["thirdparty_id"])
        seen += Counter(alert["deduplication_key"] for alert in ours if alert["deduplication_key"])
        seen += Counter(f"{c['commentable_id']} {c['body'].partition('[bridge:')[0]}" for c in theirs["comments"])
        seen += Counter(f"{alert['id']} {text.partition('[bridge:')[0]}" for alert in ours for text in alert["notes"])
        return [what for what, count in seen.items() if count > 1]

    def unheard(self) -> list[str]:
        """Words of people that do not stand on what was made of their alert or incident on the other side."""
        there = self._texts()
        return [text for on, text in self.words if on in there and not any(text in one for one in there[on])]

    def _texts(self) -> dict[str, list[str]]:
        """What is written on the other side, by the alert or incident here; nothing for those that never were made."""
        theirs, ours = self.stage.pagertree.system.state(), self.stage.rootly.system.state()["alerts"]
        ids = {one["prefix_id"]: one["id"] for one in theirs["alerts"]}
        there = {ids[one["external_id"]]: list(one["notes"]) for one in ours if one["external_id"] in ids}
        comments: dict[str, list[str]] = {}
        for one in theirs["comments"]:
            comments.setdefault(one["commentable_id"], []).append(one["body"])
        for page in theirs["alerts"]:
            mark = (page["thirdparty_id"] or "").removeprefix("rootly:").partition("#")[0]
            there.setdefault(mark, []).extend(comments.get(page["id"], []))
        return there

    def out_of_order(self) -> list[str]:
        """What was confirmed is not followed by less."""
        highest: Counter[str] = Counter()
        found = []
        for system in (self.stage.pagertree.system, self.stage.rootly.system):
            for entry in system.requests.since():
                path, _, verb = entry["path"].rpartition("/")
                rank = RANK.get(verb, 0)
                if rank and (entry["status"] or 500) < 300:
                    if rank < highest[path]:
                        found.append(f"{verb} of {path} after more than that")
                    highest[path] = max(highest[path], rank)
        return found
