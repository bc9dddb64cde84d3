"""`bridge hash-password`, `bridge totp` and `bridge tokens`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from pyotp import parse_uri

from bridge.cli import cli
from bridge.core.passwords import totp_fault_of
from bridge.hashing import is_password
from tests.cli.terminal import World, run

PASSWORD = "CANARY-kelp-noodle-orbit-fjord"


def hashed(text: str, *words: str):
    return CliRunner().invoke(cli, ["hash-password", *words], input=text)


def test_the_hash_stands_alone_on_standard_output():
    answer = hashed(f"{PASSWORD}\n")
    assert answer.exit_code == 0
    assert is_password(answer.stdout.strip(), PASSWORD)
    assert "password_hash" in answer.stderr
    assert PASSWORD not in answer.output


@pytest.mark.parametrize(
    ("text", "words"),
    [("short\n", ()), ("", ()), ("x" * 300, ()), ("hedwig-lindqvist-2026\n", ("--username", "hedwig.lindqvist"))],
)
def test_a_weak_password_is_refused_in_words_and_not_repeated(text: str, words: tuple[str, ...]):
    answer = hashed(text, *words)
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "not taken" in answer.stderr
    assert text.strip() not in answer.stderr or not text.strip()


def test_a_password_is_no_argument():
    assert run("hash-password", PASSWORD).exit_code == 2


def test_the_secret_of_codes_stands_alone_on_standard_output_and_its_address_beside_it():
    answer = CliRunner().invoke(cli, ["totp", "--username", "ada"])
    assert answer.exit_code == 0
    secret = answer.stdout.strip()
    (address,) = [word for word in answer.stderr.split() if word.startswith("otpauth://totp/")]
    codes = parse_uri(address)
    assert (codes.secret, codes.name) == (secret, "ada")
    assert totp_fault_of(secret) is None
    assert "totp_secret: file:" in answer.stderr


def test_each_secret_of_codes_is_another():
    made = [json.loads(CliRunner().invoke(cli, ["totp", "--json"]).stdout) for _ in range(3)]
    assert len({one["totp_secret"] for one in made}) == 3
    assert [one["totp_secret"] in one["address"] for one in made] == [True] * 3


def test_a_token_is_made_used_listed_and_revoked_through_the_running_bridge(world: World):
    made = world.run("tokens", "make", "deploy", "--scope", "read", "--expires", "30d")
    assert made.exit_code == 0, made.output
    id_ = made.stdout.strip().rpartition("_")[0]
    (row,) = world.read("tokens", "list")["items"]
    assert (row["id"], row["name"], row["scopes"], row["state"]) == (id_, "deploy", ["read"], "live")
    assert made.stdout.strip() not in world.run("tokens", "list").output
    assert "is revoked" in world.run("tokens", "revoke", id_).output
    assert world.read("tokens", "revoke", id_) == {"id": id_, "revoked": False}
    assert world.run("tokens", "revoke", "rpb_none").exit_code == 1


def test_a_token_is_made_while_no_bridge_runs(still: World):
    made = still.read("tokens", "make", "ci", "--scope", "operate")
    (row,) = still.read("tokens", "list")["items"]
    assert row == {name: value for name, value in made.items() if name != "token"}
    assert row["made_by"].startswith("command line")


def test_a_length_that_is_none_is_wrong_usage(still: World):
    assert still.run("tokens", "make", "ci", "--scope", "read", "--expires", "soon").exit_code == 2
