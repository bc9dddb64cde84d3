"""The settings in force, without one secret."""

from __future__ import annotations

from pathlib import Path

from bridge.web.console.settings import rows_of
from tests.flows.supposing import SHOP
from tests.web.console.looking import HOSTILE, assert_harmless, looking

TOOL = SHOP | {
    "id": "int_up",
    "name": HOSTILE[:100],
    "type": "hetrix_tools",
    "options": {"authentication_token": "CANARY-hetrix-token-wxyz"},
}
TOKENS = [{"name": "reader", "token": "CANARY-reader-0123456789-zyxw", "scopes": ["read"]}]
ALARMS = {"heartbeat": {"url": "https://watch.example.com/CANARY-heartbeat-0123"}}


def test_settings_are_shown_and_secrets_only_by_their_end(tmp_path: Path) -> None:
    with looking(tmp_path, api={"tokens": TOKENS}, integrations=[TOOL], alarms=ALARMS) as (browser, parts):
        text = browser.get("/settings").text
    for words in ("jobs.resync", "5 min", "set, …zyxw", "set, …wxyz", "SQLite", "not set"):
        assert words in text
    assert [secret for secret in parts.config.secrets() if secret in text] == []
    assert "CANARY" not in text
    assert_harmless(text)


def test_every_key_of_a_section_is_there(tmp_path: Path) -> None:
    with looking(tmp_path) as (_, parts):
        keys = [key for key, _ in rows_of("sync", parts.config.sync)]
    assert keys == [f"sync.{name}" for name in type(parts.config.sync).model_fields]


def test_no_part_of_a_password_hash_is_shown(tmp_path: Path) -> None:
    with looking(tmp_path) as (_, parts):
        (said,) = [text for key, text in rows_of("console", parts.config.console) if key.endswith("hash")]
    assert said == "set"
