"""A secret that is too short to be masked is refused before it can leak."""

from pathlib import Path

import pytest

from bridge.config import load_config
from bridge.errors import ConfigError
from tests.test_config import ENV, ROUTE, SMALLEST

DOOR = """
routes:
  - match: {always: true}
    actions: [{type: assign, receiver: [{integration: "https://api.pagertree.com/integration/int_1", token: t0k}]}]
  - match: {always: true}
    actions: [{type: assign, receiver: [tem_oncall]}]
"""
TOOL = """
integrations:
  - {id: int_up, name: Up, type: hetrix_tools, urgency: low, send_to: [rootly],
      options: {authentication_token: abcde}}
"""


def faults(folder: Path, text: str, **env: str) -> tuple[str, ...]:
    path = folder / "config.yaml"
    path.write_text(SMALLEST + text)
    with pytest.raises(ConfigError) as caught:
        load_config(path, {**ENV, **env})
    return caught.value.faults


@pytest.mark.parametrize("name", ["PAGERTREE_API_KEY", "ROOTLY_API_KEY"])
def test_a_key_that_could_not_be_masked_is_refused(tmp_path: Path, name: str) -> None:
    (fault,) = faults(tmp_path, ROUTE, **{name: "abcde"})
    assert fault.startswith(f"{name.lower().replace('_api', '.api')}: is shorter than 6 characters")
    assert "abcde" not in fault


def test_the_token_of_a_tool_is_long_enough_to_be_masked(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, ROUTE + TOOL)
    assert fault.startswith("integrations.0.options.authentication_token: is shorter than 6")


def test_the_token_of_a_receiver_is_long_enough_to_be_masked(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, DOOR)
    assert "is shorter than 6 characters" in fault
    assert "t0k" not in fault


def test_the_token_within_a_heartbeat_address_is_a_secret_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    url = "https://watch.example.com/ping/0123456789abcdef01?key=fedcba98765432101"
    path.write_text(SMALLEST + ROUTE + f"alarms: {{heartbeat: {{url: '{url}'}}}}")
    secrets = set(load_config(path, ENV).secrets())
    assert {"0123456789abcdef01", "fedcba98765432101"} <= secrets
    assert "ping" not in secrets
