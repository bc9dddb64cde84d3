"""A disk with a cache: what was written is sure only when it was synced, and a power cut keeps what chance keeps.

Three ways to lose: all that was not synced, some of it in any order, or some of it torn at the edge of a sector.
Names are like data: a new file, or a removed one, is sure when its folder was synced; the file's own sync may do too.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.machines.power.log import Op

SECTOR = 512
MODELS = ("lost", "some", "torn")
FOLDER = ""


@dataclass(slots=True)
class Inode:
    sure: bytearray = field(default_factory=bytearray)
    cached: list[Op] = field(default_factory=list)  # writes and cuts since the last sync


@dataclass(slots=True)
class Disk:
    """The files by name, as the system shows them and as they are sure to be found again."""

    shown: dict[str, Inode] = field(default_factory=dict)
    sure: dict[str, Inode] = field(default_factory=dict)

    def do(self, op: Op) -> None:
        match op.what:
            case "create":
                self.shown.setdefault(op.name, Inode())
            case "unlink":
                del self.shown[op.name]
            case "write" | "cut":
                self.shown[op.name].cached.append(op)
            case "sync" if op.name == FOLDER:
                self.sure = dict(self.shown)
            case "sync":
                inode = self.shown[op.name]
                for one in inode.cached:
                    _put(inode.sure, one)
                inode.cached.clear()

    def left(self, model: str, chance: random.Random) -> dict[str, bytearray]:
        """What is found after the power came back."""
        found = {}
        for name, inode in self._names(model, chance).items():
            found[name] = bytearray(inode.sure)
            for op in inode.cached:
                _keep(found[name], op, model, chance)
        return found

    def _names(self, model: str, chance: random.Random) -> dict[str, Inode]:
        """Each change of a name by itself, or none."""
        if model == "lost":
            return self.sure
        found = dict(self.sure)
        for name in sorted(self.shown.keys() | self.sure.keys()):
            if self.shown.get(name) is not self.sure.get(name) and chance.random() < 0.5:
                found.pop(name, None)
                if name in self.shown:
                    found[name] = self.shown[name]
        return found


def _put(content: bytearray, op: Op) -> None:
    if op.what == "cut":
        del content[op.at :]
        content.extend(bytes(op.at - len(content)))
        return
    if op.at > len(content):
        content.extend(bytes(op.at - len(content)))
    content[op.at : op.at + len(op.data)] = op.data


def _keep(content: bytearray, op: Op, model: str, chance: random.Random) -> None:
    """What the cut left of one thing that was not synced."""
    if model == "lost" or chance.random() < 0.5:
        return
    if model == "torn" and op.what == "write" and chance.random() < 0.5:
        for edge in range(0, len(op.data), SECTOR):
            if chance.random() < 0.5:
                _put(content, Op("write", op.name, op.at + edge, op.data[edge : edge + SECTOR]))
        return
    _put(content, op)
