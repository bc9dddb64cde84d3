"""What an administrator changes over REST: integrations and maintenance windows."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bridge.sandbox.pagertree_account import Account
from bridge.sandbox.pagertree_integrations import Rules, changed_fields, new_fields, shown
from bridge.sandbox.pagertree_maintenance import window_fields
from bridge.sandbox.pagertree_objects import Object, iso
from bridge.sandbox.pagertree_params import params

Answer = tuple[Any, int]
Get = Callable[[str, str], Object]


class Admin:
    """One method for each call, run under the account's lock. `get` finds an object by kind and id, or is a 404."""

    def __init__(self, account: Account, get: Get) -> None:
        self.world, self.switches, self.get = account.world, account.switches, get
        self.rules = Rules(self.world, self.switches)

    def table(self) -> dict[str, Callable[..., Answer]]:
        return {
            "POST /integrations": self.create_integration,
            "PUT /integrations/<key>": self.update_integration,
            "DELETE /integrations/<key>": self.delete_integration,
            "POST /maintenance_windows": self.create_window,
            "PUT /maintenance_windows/<key>": self.update_window,
            "DELETE /maintenance_windows/<key>": self.delete_window,
        }

    def create_integration(self) -> Answer:
        fields = new_fields(self.rules, params())
        made = self.world.integrations.add(self.world.made("int") | fields)
        return shown(self.switches, made), self.switches.create_status

    def update_integration(self, key: str) -> Answer:
        found = self.get("integrations", key)
        fields = changed_fields(self.rules, params(), found)
        self.world.integrations.change(found, updated_at=iso(datetime.now(UTC)), **fields)
        return shown(self.switches, found), 200

    def delete_integration(self, key: str) -> Answer:
        self.world.integrations.remove(self.get("integrations", key))
        return None, 204

    def create_window(self) -> Answer:
        fields = window_fields(self.world, params(), {})
        return self.world.maintenance_windows.add(self.world.made("mnt") | fields), self.switches.create_status

    def update_window(self, key: str) -> Answer:
        found = self.get("maintenance_windows", key)
        self.world.maintenance_windows.change(found, **window_fields(self.world, params(), found))
        return found, 200

    def delete_window(self, key: str) -> Answer:
        self.world.maintenance_windows.remove(self.get("maintenance_windows", key))
        return None, 204
