"""A simulated PagerTree for demonstrations, tests and benchmarks: what people and tools do to its alerts."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from flask import Flask
from werkzeug.exceptions import HTTPException

from bridge.sandbox import pagertree_lifecycle as lifecycle
from bridge.sandbox import pagertree_webhooks as words
from bridge.sandbox.control import Simulated, attach, run
from bridge.sandbox.pagertree_account import Account
from bridge.sandbox.pagertree_control import control
from bridge.sandbox.pagertree_door import door
from bridge.sandbox.pagertree_incoming import Incoming
from bridge.sandbox.pagertree_lifecycle import Refused
from bridge.sandbox.pagertree_objects import Object, iso
from bridge.sandbox.pagertree_rest import errors, rest
from bridge.sandbox.pagertree_world import Alert, Switches

__all__ = ["PagerTree", "Refused", "Switches", "start"]

NO_INCIDENT = {"incident": False, "incident_severity": None, "incident_message": None}


class PagerTree(Account):
    """Methods take alerts by ULID, prefix id or third-party id and people by id, name or e-mail (None: the first).

    They answer REST objects, and raise LookupError for what is not there, `Refused` for a step its state forbids.
    """

    def app(self) -> Flask:
        app = Flask("pagertree", static_folder=None)
        app.json.sort_keys = False  # type: ignore[attr-defined]  # of the default provider, which this is
        app.register_blueprint(rest(self))
        app.register_blueprint(door(self))
        app.register_error_handler(HTTPException, lambda error: errors(error.code or 500, str(error.description)))
        app.register_blueprint(control(self, self.actions(), self.elsewhere()))
        return attach(app, self)

    def actions(self) -> dict[str, Callable[..., Object | None]]:
        """What can be done to an alert by name, here and under `/_sandbox/alerts/<id>/<name>`."""
        steps = (self.acknowledge, self.resolve, self.reject, self.timeout, self.drop, self.handoff, self.suppress)
        return {step.__name__: step for step in (*steps, self.comment, self.delete, self.set_status)}

    def elsewhere(self) -> dict[str, Callable[..., Any]]:
        return {
            "POST /alerts": self.raise_alert,
            "DELETE /alerts/<key>": self.delete,
            "PATCH /comments/<key>": self.edit_comment,
            "DELETE /comments/<key>": self.delete_comment,
            "PATCH /integrations/<key>": self.configure,
            "POST /teams/<key>/oncall": self.set_oncall,
            "POST /teams/<key>/reminder": self.remind,
            "POST /events": self.tell,
        }

    def raise_alert(
        self,
        title: str,
        urgency: str | None = None,
        team: str | None = None,
        thirdparty_id: str | None = None,
        integration: str | None = None,
        **more: Any,
    ) -> Object:
        """As another tool does through its integration; a repeat answers the alert that took it up.

        `urgency` and `team` None are the integration's; `more` may hold description, tags, meta and dedup_keys.
        """
        fields: dict[str, Any] = {"description": "", "tags": [], "meta": {}, "dedup_keys": []} | more
        fields["meta"] = NO_INCIDENT | fields["meta"]
        text = thirdparty_id or str(uuid4())
        with self.lock:
            source = self.world.named(self.world.integrations, integration)
            receivers = [self.world.named(self.world.teams, team)] if team else None
            incoming = Incoming("create", text, title, urgency=urgency, additional_data=[], **fields)
            log = words.log_entry(self.world, source, {"method": "POST", "params": {"id": text, "title": title}})
            return dict(self.raised(source, incoming, log, receivers).shown)

    def alert(self, alert_id: str) -> Object:
        """With what REST does not show: receivers, layer, dedup_count, acknowledgedby, resolvedby, handoffs."""
        with self.lock:
            return self.whole(self.find(alert_id))

    def acknowledge(self, alert_id: str, user: str | None = None) -> Object:
        return self._step(alert_id, user, lambda a, u: lifecycle.acknowledge(self.world, a, u, self.emit))

    def resolve(self, alert_id: str, user: str | None = None) -> Object:
        states = ("open", "dropped", "acknowledged")
        return self._step(
            alert_id, user, lambda a, u: lifecycle.resolve(self.world, a, u["prefix_id"], self.emit, *states)
        )

    def reject(self, alert_id: str, user: str | None = None) -> Object:
        return self._step(alert_id, user, lambda a, u: lifecycle.reject(self.world, a, u, self.emit))

    def timeout(self, alert_id: str) -> Object:
        return self._step(alert_id, None, lambda a, _: lifecycle.time_out(self.world, a, self.emit))

    def drop(self, alert_id: str) -> Object:
        return self._step(alert_id, None, lambda a, _: lifecycle.drop(self.world, a, self.emit))

    def suppress(self, alert_id: str) -> Object:
        return self._step(alert_id, None, lambda a, _: lifecycle.suppress(self.world, a))

    def handoff(self, alert_id: str, to: str, user: str | None = None) -> Object:
        """`to` is a team by id or name."""
        with self.lock:
            team = self.world.named(self.world.teams, to)
        return self._step(alert_id, user, lambda a, u: lifecycle.hand_off(self.world, a, team, u, self.emit))

    def set_status(self, alert_id: str, status: str) -> Object:
        """Any state, told to nobody: what only a later reading can find."""
        return self._step(alert_id, None, lambda a, _: self.world.change(a, status=status))

    def comment(self, alert_id: str, text: str, user: str | None = None) -> Object:
        with self.lock:
            return dict(self.add_comment(self.find(alert_id).shown, text, self.world.person(user)))

    def edit_comment(self, comment_id: str, text: str) -> Object:
        with self.lock:
            comment = self._comment(comment_id)
            self.world.comments.change(comment, body=text, updated_at=iso(datetime.now(UTC)))
            self.tell("comment.updated", words.comment_data("comment.updated", comment))
            return dict(comment)

    def delete_comment(self, comment_id: str) -> None:
        with self.lock:
            comment = self._comment(comment_id)
            self.world.comments.remove(comment)
            self.tell("comment.destroyed", words.comment_data("comment.destroyed", comment))

    def delete(self, alert_id: str) -> None:
        """It vanishes: no webhook says so."""
        with self.lock:
            self.world.forget(self.find(alert_id))

    def set_oncall(self, team: str, users: list[str]) -> None:
        """Who is on call, first layer first; nobody: alerts of this team are dropped at once."""
        with self.lock:
            found = self.world.named(self.world.teams, team)
            self.world.oncall[found["id"]] = [self.world.person(user)["id"] for user in users]

    def remind(self, team: str, user: str | None = None, going_on: bool = True) -> None:
        """The reminder of a beginning or ending shift."""
        with self.lock:
            found = self.world.named(self.world.teams, team)
            data = words.reminder_data(self.world, found, self.world.person(user))
            self.tell(f"event_reminder.going_{'on' if going_on else 'off'}_call", data)

    def configure(self, integration: str, **changes: Any) -> Object:
        """Set attributes of an integration (enabled, urgency, team_ids, …); `options` are merged."""
        with self.lock:
            found = self.world.named(self.world.integrations, integration)
            options = found["options"] | changes.pop("options", {})
            self.world.integrations.change(found, options=options, **changes)
            return dict(found)

    def _comment(self, comment_id: str) -> Object:
        comment = self.world.comments.get(comment_id)
        if comment is None:
            raise LookupError(f"no comment {comment_id!r}")
        return comment

    def _step(self, alert_id: str, user: str | None, step: Callable[[Alert, Object], object]) -> Object:
        with self.lock:
            alert = self.find(alert_id)
            step(alert, self.world.person(user))
            return dict(alert.shown)


def start(switches: Switches | None = None, port: int = 0, host: str = "127.0.0.1") -> Simulated[PagerTree]:
    """A PagerTree that answers at `.url`; its state is `.system`."""
    return run(PagerTree(switches), host, port)
