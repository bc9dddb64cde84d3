"""What operators and scripts do at the bridge's own doors: pages, pauses, resumes, pairs taken apart, a resync at once.

A door that does not answer is knocked at again with the same key, as a Rootly workflow does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from bridge.app import Parts
from bridge.errors import BridgeError, Unavailable
from bridge.flows import pages, surgery
from bridge.flows.replay import replay, retry
from simulation.machine import Machine
from simulation.people import People
from simulation.virtual import Crash

AGAIN = 20.0  # seconds
UNHEARD = 0.5  # of the answers to a page
LONGEST_PAUSE = 1800.0
WHO = "operator"


@dataclass(slots=True)
class Operators:
    """`links`: what the bridge has promised to page, by the mark of the page."""

    people: People
    machine: Machine
    links: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)  # Idempotency-Key → mark
    asked: int = 0

    def act(self) -> None:
        name = self.people.chance.choice(self.people.weather.often(DEEDS))
        DEEDS[name](self)

    def finish(self) -> None:
        """Nobody leaves a link paused for ever."""
        if self.machine.parts is not None:
            for link in self._paused():
                self._ask("resume", lambda parts, link=link: surgery.resume(parts, link, WHO))

    def apart(self) -> set[str]:
        """Every id on a link that was taken apart: the bridge has no more to do with them."""
        rows = self.machine.disk.conn.execute(APART)
        return {cell for row in rows for cell in row if cell}

    # -- deeds

    def page(self) -> None:
        self.asked += 1
        key, title = f"key-{self.asked}", f"page {self.asked}"
        self._place({"title": title, "teams": ["On-call"]}, key)

    def page_about_an_incident(self) -> None:
        if self.people.incidents:
            self.asked += 1
            incident = self.people.chance.choice(self.people.incidents)
            about = {"title": f"page {self.asked}", "incident_id": incident, "teams": ["On-call"]}
            self._place(about, f"key-{self.asked}")

    def move(self) -> None:
        if self.links:
            mark = self.people.chance.choice(tuple(self.links))
            action = self.people.chance.choice(("acknowledge", "resolve"))
            done = self._ask(f"{action} a page", lambda parts: pages.change(parts, action, self.links[mark], {}, WHO))
            if action == "resolve":
                self.people.closed |= {mark} if done else set()
                self.people.ended |= {mark, self.people.placed[mark]}

    def pause(self) -> None:
        length = timedelta(seconds=self.people.chance.uniform(30.0, LONGEST_PAUSE))
        self._to_link("pause", lambda parts, link: surgery.pause(parts, link, WHO, length))

    def resume(self) -> None:
        paused = self._paused()
        if paused:
            link = self.people.chance.choice(paused)
            self._ask("resume", lambda parts: surgery.resume(parts, link, WHO))

    def unlink(self) -> None:
        self._to_link("unlink", lambda parts, link: surgery.unlink(parts, link, WHO))

    def replay(self) -> None:
        """What was judged is judged once more."""
        ended = [row[0] for row in self.machine.disk.conn.execute(ENDED)]
        if ended:
            delivery = self.people.chance.choice(ended)
            self._ask("replay a delivery", lambda parts: {"reopened": replay(parts, [delivery], WHO)})

    def retry(self) -> None:
        """What waits by the schedule or was given up."""
        calls = [row[0] for row in self.machine.disk.conn.execute(UNDONE)]
        if calls:
            call = self.people.chance.choice(calls)
            self._ask("retry a call", lambda parts: {"retried": retry(parts, [call], WHO)})

    def resync(self) -> None:
        if self.machine.parts is not None:
            self.people.tell("resync at once")
            self.machine.resync_now()

    # -- how

    def _place(self, fields: dict[str, object], key: str) -> None:
        """Now and then the workflow did not hear the answer either and asks once more."""
        try:
            answer = self._ask("page", lambda parts: pages.place(parts, fields, "workflow", key))
        except Crash:  # whoever asked is no part of what died
            self._place_again(fields, key)
            raise
        if answer is None or self.people.chance.random() < UNHEARD:
            self._place_again(fields, key)
        if answer and (mark := str(answer.get("mark") or "")):
            if self.keys.setdefault(key, mark) != mark:
                self.machine.broken.append(f"I2 one page was asked for, {self.keys[key]} and {mark} were made")
            self.links[mark] = str(answer["link"])
            self.people.placed[mark] = str(fields.get("incident_id", ""))

    def _place_again(self, fields: dict[str, object], key: str) -> None:
        self.people.time.after(AGAIN, lambda: self._place(fields, key))

    def _ask(self, name: str, work: Callable[[Parts], dict[str, object]]) -> dict[str, object] | None:
        """None: nobody answered, so it may have been done or not. A refusal is an empty answer."""
        if self.machine.parts is None or self.machine.depth:
            return None
        self.people.tell(name)
        try:
            return self.machine.at_the_door(work)
        except Unavailable:
            return None
        except BridgeError:
            return {}

    def _to_link(self, name: str, work: Callable[[Parts, str], dict[str, object]]) -> None:
        links = [row[0] for row in self.machine.disk.conn.execute(LINKS)]
        if links:
            link = self.people.chance.choice(links)
            self._ask(name, lambda parts: work(parts, link))

    def _paused(self) -> list[str]:
        return [row[0] for row in self.machine.disk.conn.execute(PAUSED)]


ENDED = "SELECT id FROM deliveries WHERE verdict <> 'waiting' AND body IS NOT NULL ORDER BY id"
UNDONE = "SELECT id FROM outbox WHERE state IN ('dead', 'owed') ORDER BY id"
LINKS = "SELECT id FROM links ORDER BY id"
PAUSED = "SELECT id FROM links WHERE held = 1 AND apart = 0 ORDER BY id"
APART = """
SELECT refs.name, refs.id, refs.alias, refs.mark FROM refs JOIN links ON links.id = refs.link WHERE links.apart = 1
"""

DEEDS: dict[str, Callable[[Operators], None]] = {
    "page": Operators.page,
    "page about an incident": Operators.page_about_an_incident,
    "move a page": Operators.move,
    "pause": Operators.pause,
    "resume": Operators.resume,
    "unlink": Operators.unlink,
    "replay a delivery": Operators.replay,
    "retry a call": Operators.retry,
    "resync": Operators.resync,
}
