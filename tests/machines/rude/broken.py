"""The server broken on purpose: `python -m tests.machines.rude.broken SWITCH serve --config FILE` is a bridge with it.

No such switch is in the bridge.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from bridge.cli import main
from bridge.systems.rootly import signature
from bridge.web import body, parsing
from bridge.web.server import Listener
from simulation.virtual import Place, replaced


def framing_trusted() -> list[Place]:
    """What two readers could read in two ways is read in one of them."""
    return [(parsing, "_unambiguous", lambda head: head)]


def no_room_made() -> list[Place]:
    """Whoever came first stays, however long he says nothing."""
    return [(Listener, "_make_room", lambda _listener: None), (Listener, "maintenance", lambda *_: None)]


def body_shortened() -> list[Place]:
    """The last byte of a body is not waited for, and whoever sends it is taken at his word."""
    reading = body.read
    return [(body, "read", lambda environ: reading(environ)[:-1]), (signature, "_signed_with", lambda *_: True)]


SWITCHES: dict[str, Callable[[], list[Place]]] = {
    switch.__name__: switch for switch in (framing_trusted, no_room_made, body_shortened)
}


if __name__ == "__main__":
    switch = SWITCHES[sys.argv.pop(1)]
    with replaced(switch()):
        main()
