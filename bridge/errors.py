"""What stops us, named by who must act. Failed calls are not here: they are values (`model.Outcome`)."""

from __future__ import annotations


class BridgeError(Exception):
    """A sentence that the person concerned can act on, without a secret in it."""


class ConfigError(BridgeError):
    """The operator must act before the bridge can start: all faults at once, each with its key."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Unverified(BridgeError):
    """The sender must act: wrong or missing credential. Nothing is stored. `reason` is for our log only."""

    def __init__(self, reason: str) -> None:
        super().__init__("not authenticated")
        self.reason = reason


class Unreadable(BridgeError):
    """We must act: an authentic body that we cannot read. Kept, marked, shown; it does not block the next."""


class Busy(BridgeError):
    """Another process holds the store: exit 75."""


class Broken(BridgeError):
    """The store's file is damaged or newer than we are: exit 78, and nothing is deleted."""


class Unavailable(BridgeError):
    """The store cannot take a write now (disk full, locked, stopping): 503 and come again."""


class Closed(Unavailable):
    """Nobody must act: the bridge is ending."""


class Conflict(BridgeError):
    """Two transactions met on one unique key: run the unit of work again."""


class Lost(BridgeError):
    """The lease on a claimed row went to somebody else: this result may not be stored."""


class Unlistable(BridgeError):
    """A person must act: a side could not be listed whole, so nothing was compared. `auth`: it refused our key.
    `ailing`: that is a sign that it is down. `after`: it was not asked, our own budget has room in so many seconds."""

    def __init__(self, message: str, auth: bool = False, ailing: bool = True, after: float | None = None) -> None:
        super().__init__(message)
        self.auth, self.ailing, self.after = auth, ailing, after


class Implausible(BridgeError):
    """A person must act: the lists look like half lists, so nothing was touched."""


class Unanswered(BridgeError):
    """The other side must come back: it gave no answer that says anything. Nobody knows what a change did: exit 69."""


class Declined(BridgeError):
    """Who asked must ask for something else: the other side said no, in its own words."""
