"""The configuration file: what is accepted, and how what is wrong is told."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
import yaml

from bridge.config import Config, load_config
from bridge.config_integrations import read_integrations
from bridge.core.mapping import Maps
from bridge.errors import ConfigError
from bridge.known import TOOLS

EXAMPLE = Path(__file__).parents[1] / "config.example.yaml"
ENV = {
    "PAGERTREE_API_KEY": "pagertree-key-0123456789",
    "PAGERTREE_WEBHOOK_SECRET": "pagertree-door-0123456789",
    "ROOTLY_API_KEY": "rootly-key-0123456789",
    "ROOTLY_WEBHOOK_SECRET": "rootly-door-0123456789",
    "BRIDGE_API_TOKEN": "workflow-token-0123456789",
}
SMALLEST = """
pagertree: {api_key: "${PAGERTREE_API_KEY}", webhook: {secrets: ["${PAGERTREE_WEBHOOK_SECRET}"]}}
rootly: {api_key: "${ROOTLY_API_KEY}", webhook: {secrets: ["${ROOTLY_WEBHOOK_SECRET}"]}}
"""
HASH = "$argon2id$v=19$m=8192,t=1,p=1$c29tZS1vdGhlci1zYWx0$bm90LWEtcGFzc3dvcmQtb2YtYW55Ym9keQ"  # of nothing
ROUTE = "routes: [{match: {always: true}, actions: [{type: assign, receiver: [tem_oncall]}]}]\n"


class Files:
    """A folder to write a configuration into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, text: str, env: Mapping[str, str] = ENV) -> Config:
        path = self.folder / "config.yaml"
        path.write_text(text)
        return load_config(path, env)

    def with_(self, more: str, env: Mapping[str, str] = ENV) -> Config:
        return self.load(SMALLEST + (more if "routes:" in more else ROUTE + more), env)

    def faults(self, more: str, env: Mapping[str, str] = ENV) -> tuple[str, ...]:
        with pytest.raises(ConfigError) as caught:
            self.with_(more, env)
        return caught.value.faults

    def faults_of_all(self, text: str, env: Mapping[str, str] = ENV) -> tuple[str, ...]:
        with pytest.raises(ConfigError) as caught:
            self.load(text, env)
        return caught.value.faults

    def secret(self, name: str, content: bytes, mode: int = 0o600) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        path.chmod(mode)
        return path


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


# The example


def test_the_example_loads_with_the_variables_it_names() -> None:
    config = load_config(EXAMPLE, ENV)
    assert config.warnings == ()
    assert config.store == f"sqlite:///{EXAMPLE.parent / 'bridge.db'}"


def test_every_key_of_the_example_has_the_default_it_shows(files: Files) -> None:
    """Except what is a matter of the operator's own: the public address, routes, tokens and the console."""
    shown, bare = load_config(EXAMPLE, ENV), files.with_("")
    assert shown.server.model_copy(update={"public_url": None}) == bare.server
    same = ("pagertree", "rootly", "mapping", "sync", "alarms", "jobs", "integrations")
    assert [getattr(shown, name) for name in same] == [getattr(bare, name) for name in same]


def test_the_example_names_every_key_there_is() -> None:
    """A key without a line in the example is a key that nobody finds."""
    example, config = yaml.safe_load(EXAMPLE.read_text()), load_config(EXAMPLE, ENV)
    for name in ("server", "pagertree", "rootly", "mapping", "sync", "alarms", "jobs", "api", "console"):
        assert set(example[name]) == set(type(getattr(config, name)).model_fields), name
    assert set(example) == set(Config.__slots__) - {"warnings"}


def test_the_integration_in_the_example_can_be_taken_as_it_stands() -> None:
    """It is commented out: nobody gets a door that he did not ask for."""
    lines = EXAMPLE.read_text().split("integrations: []")[1].split("\n\n")[0].splitlines()[1:]
    entry = yaml.safe_load("\n".join(line.removeprefix("# ") for line in lines))
    (settings,), faults = read_integrations(entry, TOOLS)
    assert faults == {}
    assert set(entry[0]) == set(type(settings).model_fields)
    assert set(entry[0]["options"]) == set(type(settings.options).model_fields)


def test_every_key_of_the_example_has_a_comment() -> None:
    lines = [line for line in EXAMPLE.read_text().splitlines() if line.startswith("  ")]
    assert [line for line in lines if "#" not in line] == []


# What comes out


def test_a_small_file_is_enough_and_the_rest_is_safe(files: Files) -> None:
    config = files.with_("")
    assert (config.server.host, config.server.port) == ("127.0.0.1", 8080)
    assert config.database == files.folder / "bridge.db"
    assert config.jobs.resync == timedelta(minutes=5)
    assert config.maps() == Maps()
    assert config.budgets() == {
        "pagertree": None, "rootly.read": 3000, "rootly.write": 3000, "rootly.alerts": 50
    }  # fmt: skip


def test_an_empty_section_is_its_default(files: Files) -> None:
    assert files.with_("sync:\njobs:\n").sync == files.with_("").sync


def test_the_policy_holds_every_choice(files: Files) -> None:
    config = files.with_("sync: {page_closed_meanwhile: true, shadow: [to_rootly], incident_kinds: [normal, test]}")
    policy = config.policy(datetime(2026, 1, 1, tzinfo=UTC))
    assert policy.page_closed_meanwhile
    assert policy.shadow == {"rootly"}
    assert policy.incident_kinds == {"normal", "test"}
    assert policy.routes == config.routes


def test_null_in_a_map_means_the_routes_own_urgency(files: Files) -> None:
    maps = files.with_("mapping: {urgency: {low: null, default: high}}").maps()
    assert maps.urgency == {"low": "auto", "default": "high"}


def test_the_store_is_beside_the_file_or_where_four_slashes_say(files: Files) -> None:
    assert files.with_("store: sqlite:///data/b.db").database == files.folder / "data" / "b.db"
    assert files.with_("store: sqlite:////var/lib/b.db").database == Path("/var/lib/b.db")


def test_a_store_on_a_server_has_no_file_and_its_password_is_a_secret(files):
    config = files.with_("store: postgresql://ann:s3cr%23t@db/bridge")
    assert (config.database, config.folder) == (None, None)
    assert {"s3cr%23t", "s3cr#t"} <= set(config.secrets())
    assert "s3cr" not in config.place + repr(config)


def test_trusted_proxies_are_networks(files: Files) -> None:
    config = files.with_("server: {trusted_proxies: [10.0.0.0/8, 192.0.2.7, '::1']}")
    assert config.server.trusted_proxies == tuple(map(ip_network, ["10.0.0.0/8", "192.0.2.7", "::1"]))


def _to_integration(url: str) -> str:
    return f"{{match: {{a: 1}}, actions: [{{type: assign, receiver: [{{integration: '{url}', token: tok-123456}}]}}]}}"


# Variables and files


def test_variables_stand_anywhere_in_a_text_and_may_have_a_default(files: Files) -> None:
    text = "server: {public_url: 'https://${HOST}.example.${TLD:-com}', port: '${PORT:-9000}'}"
    config = files.with_(text, ENV | {"HOST": "bridge"})
    assert (config.server.public_url, config.server.port) == ("https://bridge.example.com", 9000)


def test_a_default_also_stands_in_for_an_empty_variable(files: Files) -> None:
    assert files.with_("server: {host: '${H:-127.0.0.2}'}", ENV | {"H": ""}).server.host == "127.0.0.2"


def test_a_doubled_dollar_is_the_character_itself(files: Files) -> None:
    assert files.with_("console: {username: '$${A}$b'}").console.username == "${A}$b"


def test_a_variable_is_not_read_twice(files: Files) -> None:
    assert files.with_("console: {username: '${A}'}", ENV | {"A": "${B}"}).console.username == "${B}"


def test_a_missing_variable_is_told_once_by_its_name_and_key(files: Files) -> None:
    env = {name: value for name, value in ENV.items() if name != "ROOTLY_API_KEY"}
    assert files.faults("", env) == (
        "rootly.api_key: the environment variable ROOTLY_API_KEY is not set; set it, or write "
        "${ROOTLY_API_KEY:-a default}",
    )


def test_a_variable_that_is_not_closed_is_told(files: Files) -> None:
    assert files.faults("console: {username: 'a${B'}")[0].startswith("console.username: has a ${ that is no variable")


def test_a_secret_may_be_in_a_file_with_a_line_end(files: Files) -> None:
    path = files.secret("key", HASH.encode() + b"\r\n")
    config = files.with_(f"console: {{username: ada, password_hash: 'file:{path}'}}")
    assert config.console.password_hash.get_secret_value() == HASH
    assert config.warnings == ()


def test_a_relative_secret_file_is_beside_the_configuration(files: Files) -> None:
    files.secret("key", HASH.encode())
    config = files.with_("console: {username: ada, password_hash: 'file:key'}")
    assert config.console.password_hash.get_secret_value() == HASH


@pytest.mark.parametrize("mode", [0o644, 0o444, 0o660, 0o700])
def test_a_secret_file_that_is_open_to_others_is_a_warning(files: Files, mode: int) -> None:
    path = files.secret("key", HASH.encode(), mode)
    config = files.with_("console: {username: ada, password_hash: 'file:key'}")
    assert config.warnings == (
        f"console.password_hash: {path} is open to others (mode {mode:04o}); chmod 0600 is enough",
    )


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600])
def test_a_secret_file_for_its_owner_or_group_is_fine(files: Files, mode: int) -> None:
    files.secret("key", HASH.encode(), mode)
    assert files.with_("console: {username: ada, password_hash: 'file:key'}").warnings == ()


@pytest.mark.parametrize(
    ("content", "reason"), [(b"\xff\xfe", "not UTF-8"), (b"x" * 70_000, "too large"), (None, "No such file")]
)
def test_a_secret_file_that_cannot_be_used_is_told(files: Files, content: bytes | None, reason: str) -> None:
    if content is not None:
        files.secret("key", content)
    (fault,) = files.faults("console: {username: ada, password_hash: 'file:key'}")
    assert fault.startswith("console.password_hash: the file ")
    assert reason in fault


def test_an_empty_secret_file_is_no_secret(files: Files) -> None:
    files.secret("key", b"\n")
    assert files.faults("console: {username: ada, password_hash: 'file:key'}") == (
        "console.password_hash: is empty; give it a value, best as ${VARIABLE} or file:/path",
    )


def test_what_is_no_hash_of_a_password_is_told_without_it(files: Files) -> None:
    assert files.faults("console: {username: ada, password_hash: kelp-noodle-orbit-fjord}") == (
        "console.password_hash: is no argon2id hash; make one with `bridge hash-password`",
    )


def test_a_hash_belongs_to_somebody(files: Files) -> None:
    told = ("console: has a password_hash and no username; give both",)
    assert files.faults(f"console: {{password_hash: '{HASH}'}}") == told
    assert files.with_("console: {username: ada}").console.password_hash is None


# Faults


def test_all_faults_are_told_at_once_each_with_its_key() -> None:
    text = Path(__file__).with_name("samples") / "config" / "wrong.yaml"
    with pytest.raises(ConfigError) as caught:
        load_config(text, {})
    keys = [fault.split(": ")[0] for fault in caught.value.faults]
    assert keys == [
        "servers",
        "server.port",
        "server.trusted_proxies.0",
        "store",
        "pagertree.api_key",
        "pagertree.api_url",
        "pagertree.webhook",
        "rootly.webhook.tolerance",
        "rootly.webhook.secret",
        "routes.0.actions.0.receiver",
        "routes.1.match.a.$near",
        "sync.storm_pages_per_minute",
        "sync.page_droped",
        "integrations.0",
        "integrations.1.type",
        "jobs.poll",
        "api.tokens.0.token",
        "api.tokens.0.scopes.0",
    ]


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ("sync: {page_droped: alarm}", "sync.page_droped: is not a key; did you mean `page_dropped`?"),
        ("job: {}", "job: is not a key; did you mean `jobs`?"),
        ("api: {tokens: [{name: a, nam: b, token: '0123456789abcdef', scopes: [read]}]}", "did you mean `name`?"),
        ("sync: {comments_to_rootly: sometimes}", "sync.comments_to_rootly: write true or false"),
        ("sync: {page_dropped: shout}", "sync.page_dropped: write one of 'alarm' or 'next_route'"),
        ("sync: {incident_kinds: []}", "sync.incident_kinds: is empty; name at least one"),
        ("sync: [a]", "sync: write keys with values here, not one value or a list"),
        ("sync: {storm_pages_per_minute: 0}", "sync.storm_pages_per_minute: must be at least 1"),
        ("alarms: {heartbeat: {url: 'http://watch.example.com/a'}}", "alarms.heartbeat.url: use https; plain http is"),
        ("alarms: {heartbeat: {url: 'https://me:pw@example.com'}}", "leave user name, password and # out of"),
        ("alarms: {disk: 0}", "alarms.disk: must be at least 1"),
        ("alarms: {send_to: [rootly, rootly]}", "alarms.send_to: names a side twice"),
        ("sync: {max_page_age: 1h30m}", "sync.max_page_age: '1h30m' is not a duration: write one number and one unit"),
        ("sync: {max_page_age: true}", "sync.max_page_age: write a duration such as 30s"),
        ("server: {port: http}", "server.port: write a whole number"),
        ("server: {port: 70000}", "server.port: must be at most 65535"),
        ("server: {host: 8}", "server.host: write text here, in quotes if it looks like a number"),
        ("server: {public_url: 'http://bridge.example.com'}", "use https; plain http is accepted for loopback"),
        ("server: {public_url: 'https://me:pw@example.com'}", "leave user name and password out of the address"),
        ("server: {public_url: bridge.example.com}", "write a full address such as https://api.example.com"),
        ("server: {public_url: 'https://example.com/?a=b'}", "end the address at its path"),
        ("server: {trusted_proxies: [10.0.0.1/8]}", "write a network such as 10.0.0.0/8"),
        ("store: postgresql://u:hidden@db", "store: write postgresql://user:password@host/database"),
        ("store: postgresql://u:short@db/b", "store: is shorter than 6 characters"),
        ("store: bridge.db", "store: write sqlite:///bridge.db"),
        ("jobs: {poll: 0}", "jobs.poll: must be at least 1 s"),
        ("jobs: {retention: 100y}", "jobs.retention: must be at most 3650 d"),
        ("mapping: {severity: {default: SEV-9}}", "mapping.severity.default: 'SEV-9' is not one of SEV-1"),
        ("mapping: {urgency: {high: high}}", "mapping.urgency.default: is missing"),
        ("mapping: {urgency: {high: high, default: low}}", "mapping.urgency.default: low is lower than high"),
        ("routes: []", "routes: give a list with at least one route"),
        ("routes: [{match: {always: true}, actions: [{type: ignore}]}]", "routes: give one route that assigns"),
        ("true: 1", 'write "true" in quotes'),
    ],
)
def test_what_is_wrong_is_said_with_its_key_and_what_to_do(files: Files, more: str, fault: str) -> None:
    assert fault in "\n".join(files.faults(more))
    assert len(files.faults(more)) == 1


def test_what_is_mandatory_is_asked_for(files: Files) -> None:
    assert files.faults_of_all("server: {}") == (
        "pagertree.api_key: is missing; the bridge cannot start without it",
        "pagertree.webhook: is missing; the bridge cannot start without it",
        "rootly.api_key: is missing; the bridge cannot start without it",
        "rootly.webhook: is missing; the bridge cannot start without it",
        "routes: give a list with at least one route, such as "
        "{match: {always: true}, actions: [{type: assign, receiver: [tem_oncall]}]}",
    )


def test_a_door_without_a_secret_is_not_opened(files: Files) -> None:
    text = SMALLEST.replace('["${PAGERTREE_WEBHOOK_SECRET}"]', "[]").replace('["${ROOTLY_WEBHOOK_SECRET}"]', "['']")
    assert [fault.split(": ")[0] for fault in files.faults_of_all(text + ROUTE)] == [
        "pagertree.webhook",
        "rootly.webhook.secrets.0",
    ]


@pytest.mark.parametrize(
    ("name", "key", "owner"),
    [
        ("ROOTLY_WEBHOOK_SECRET", "rootly.webhook.secrets.0", "pagertree.webhook.secrets.0"),
        ("BRIDGE_API_TOKEN", "api.tokens.0.token", "pagertree.webhook.secrets.0"),
    ],
)
def test_the_same_secret_for_two_doors_is_refused(files: Files, name: str, key: str, owner: str) -> None:
    more = "api: {tokens: [{name: a, token: '${BRIDGE_API_TOKEN}', scopes: [read]}]}"
    faults = files.faults(more, ENV | {name: ENV["PAGERTREE_WEBHOOK_SECRET"]})
    assert faults == (f"{key}: is the same secret as {owner}; every door needs its own",)


def test_two_tokens_need_two_names(files: Files) -> None:
    one, two = (f"{{name: a, token: {token}-0123456789abcdef, scopes: [read]}}" for token in "xy")
    (fault,) = files.faults(f"api: {{tokens: [{one}, {two}]}}")
    assert fault == "api.tokens: the name a stands twice; the audit tells tokens apart by their names"


INTEGRATION = {"id": "int_a", "name": "A", "type": "webhook", "urgency": "high", "destinations": ["tem_a"]}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"id": "a b"}, "integrations.0.id: write int_ and up to 40 letters"),
        ({"type": "webhok"}, "integrations.0.type: webhok is no type here; did you mean `webhook`?"),
        ({"urgency": "loud"}, "integrations.0.urgency: write one of 'silent'"),
        ({"destinations": []}, "integrations.0: give destinations: the PagerTree teams"),
        ({"send_to": ["rootly", "rootly"]}, "integrations.0: send_to names a side twice"),
        ({"rootly_target": {"type": "Service", "id": "x"}}, "rootly_target is given, but send_to does not name rootly"),
        ({"auto_resolve": "14m"}, "integrations.0.auto_resolve: must be at least 15 min"),
        ({"auto_aggregate": "31d"}, "integrations.0.auto_aggregate: must be at most 30 d"),
        ({"auto_aggregate": "1h30m"}, "integrations.0.auto_aggregate: '1h30m' is not a duration"),
        ({"options": {"tokn": "x"}}, "integrations.0.options.tokn: is not a key; did you mean `token`?"),
        ({"options": {"wrapper_key": "a["}}, "integrations.0.options.wrapper_key"),
        ({"title_template": "{{#if}"}, "integrations.0.title_template: is no template"),
        ({"name": None}, "integrations.0.name: "),
    ],
)
def test_what_is_wrong_with_an_integration_is_said_with_its_key(
    files: Files, change: dict[str, object], fault: str
) -> None:
    (said,) = files.faults(f"integrations: [{json.dumps(INTEGRATION | change)}]")
    assert fault in said


@pytest.mark.parametrize("length", ["15m", "30d", "4w", "0.5h", "900000"])
def test_timers_take_ms_notation_and_their_bounds_are_included(files: Files, length: str) -> None:
    config = files.with_(f"integrations: [{json.dumps(INTEGRATION | {'auto_resolve': length})}]")
    assert config.policy(datetime.now(UTC)).integrations["int_a"].auto_resolve is not None


def test_two_integrations_need_two_ids(files: Files) -> None:
    (fault,) = files.faults(f"integrations: [{json.dumps(INTEGRATION)}, {json.dumps(INTEGRATION)}]")
    assert fault == "integrations: the id int_a stands twice; each integration has a door of its own"


def test_the_token_of_an_integration_is_a_secret(files: Files) -> None:
    token = "CANARY-integration-0123456789"
    config = files.with_(f"integrations: [{json.dumps(INTEGRATION | {'options': {'token': token}})}]")
    assert token in config.secrets()
    assert token not in repr(config)


def test_an_integration_is_the_only_receiver_of_its_route(files: Files) -> None:
    mixed = "{match: {a: 1}, actions: [{type: assign, receiver: [tem_a, {integration: int_abc}]}]}"
    (fault,) = files.faults(ROUTE[:-2] + f", {mixed}]")
    assert fault.startswith("routes.1: an integration makes an alert of its own")


def test_keys_that_stand_twice_are_told_with_their_line(files: Files) -> None:
    assert files.faults("sync: {}\nsync: {}\n") == ("sync: stands twice in one place (line 6); remove one of them",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: [1", "line 1: expected ',' or ']'"),
        ("a: b: c", "line 1: mapping values are not allowed here"),
        ("", "has no keys"),
        ("- a", "has no keys"),
        ("a: &x [*x]", "line 1: found unconstructable recursive node"),
        ("a: !!python/object:os.system {}", "line 1: could not determine a constructor"),
    ],
)
def test_what_is_not_yaml_is_told_with_its_line(files: Files, text: str, fault: str) -> None:
    assert fault in files.faults_of_all(text)[0]


def test_a_missing_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read \(No such file or directory\); name another"):
        load_config(tmp_path / "none.yaml", {})


# Secrets


def test_the_redactor_is_told_every_secret(files: Files) -> None:
    more = "api: {tokens: [{name: a, token: '${BRIDGE_API_TOKEN}', scopes: [read]}]}\n"
    more += "console: {username: ada, password_hash: '" + HASH + "'}\n"
    routes = ROUTE[:-2] + ", " + _to_integration("https://pt.example.com/integration/int_1") + "]\n"
    door = "webhook: {secrets: ['${PAGERTREE_WEBHOOK_SECRET}'], username: pt, password: p4ssword-long}"
    text = SMALLEST.replace('webhook: {secrets: ["${PAGERTREE_WEBHOOK_SECRET}"]}', door)
    assert set(files.load(text + routes + more).secrets()) == {
        *ENV.values(), HASH, "tok-123456", "https://pt.example.com/integration/int_1", "p4ssword-long",
        "cHQ6cDRzc3dvcmQtbG9uZw==",
    }  # fmt: skip


def test_no_fault_shows_a_secret_even_in_the_wrong_place(files: Files) -> None:
    secret = "s3cret-in-the-wrong-place"
    more = """
sync: {max_page_age: '${S}', page_dropped: '${S}', shadow: ['${S}'], comments_to_rootly: '${S}'}
server: {port: '${S}', public_url: 'https://${S}@x', trusted_proxies: ['${S}']}
store: '${S}'
mapping: {severity: {default: '${S}'}}
routes: [{match: {a: {$near: '${S}'}}, actions: [{type: '${S}'}]}]
jobs: '${S}'
"""
    faults = files.faults(more, ENV | {"S": secret})
    assert len(faults) >= 10
    assert secret not in "\n".join(faults)


def test_a_secret_is_not_shown_when_the_yaml_breaks_at_it(files: Files) -> None:
    for text in ("a: *s3cretsecret", "a: 'b' s3cretsecret: c", "a: !s3cretsecret x"):
        assert "s3cret" not in files.faults_of_all(text)[0]


def test_a_configuration_shows_no_secret_when_printed(files: Files) -> None:
    more = (
        ROUTE[:-2]
        + ", "
        + _to_integration("int_1")
        + "]\napi: {tokens: [{name: a, token: abcdefghijklmnopq, scopes: [read]}]}"
    )
    shown = repr(files.with_(more))
    assert not [secret for secret in (*ENV.values(), "abcdefghijklmnopq", "tok-123456") if secret in shown]


@pytest.mark.parametrize(
    ("more", "warning"),
    [
        ("server: {host: 0.0.0.0}", "server.host: is reachable from outside over plain http"),
        ("sync: {shadow: [to_pagertree]}", "sync.shadow: calls to pagertree are decided and never made"),
    ],
)
def test_what_an_operator_should_know_is_a_warning(files: Files, more: str, warning: str) -> None:
    (told,) = files.with_(more).warnings
    assert told.startswith(warning)


def test_a_webhook_secret_that_could_be_guessed_is_a_warning(files: Files) -> None:
    (told,) = files.with_("", ENV | {"ROOTLY_WEBHOOK_SECRET": "hunter2-hunter2"}).warnings
    assert told.startswith("rootly.webhook.secrets.0: is shorter than 16 characters")
    assert "hunter2" not in told


def test_a_webhook_secret_that_may_be_an_ordinary_word_is_refused(files: Files) -> None:
    (fault,) = files.faults("", ENV | {"ROOTLY_WEBHOOK_SECRET": "payment"})
    assert fault.startswith("rootly.webhook.secrets.0: is shorter than 8 characters")


def test_the_example_is_not_a_place_for_secrets() -> None:
    assert not [line for line in EXAMPLE.read_text().splitlines() if "api_key:" in line and "${" not in line]


def test_the_address_of_the_heartbeat_is_a_secret_and_so_is_its_way(files: Files) -> None:
    config = files.with_("alarms: {heartbeat: {url: 'https://watch.example.com/ping/0123456789abcdef'}}")
    assert {"https://watch.example.com/ping/0123456789abcdef", "/ping/0123456789abcdef"} <= set(config.secrets())
    assert "0123456789abcdef" not in repr(config)
