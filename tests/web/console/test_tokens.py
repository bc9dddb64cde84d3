"""API tokens made in the console: shown once, good for what they say, gone within seconds."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.app import Parts
from bridge.errors import Unavailable
from bridge.web.front import Front, create_app
from bridge.web.made_tokens import REMEMBERED, MadeTokens
from tests.web.console.browser import NAME, Browser, audit
from tests.web.doors import bearer

FORM = {"name": "deploy", "scope": "read", "expires": "30d"}


@pytest.fixture(autouse=True)
def no_tokens(parts: Parts, afresh: None) -> None:
    """Those of other stories are over."""

    def end(tx) -> None:
        for token in tx.tokens():
            tx.revoke_token(token.id)

    parts.store.write(end)


def made(browser: Browser, **fields: str) -> str:
    """The text of a new token."""
    answer = browser.post("/tokens", {**FORM, **fields}, on="/tokens")
    assert answer.status_code == 200, answer.text
    found = re.search(r"rpb_[0-9a-f]{12}_[0-9a-f]{64}", answer.text)
    assert found
    return found[0]


def code(front: Front, token: str, path: str = "/api/v1/links", method: str = "GET") -> int:
    return Browser(front).client.open(path, method=method, headers=bearer(token)).status_code


def fresh(parts: Parts) -> Front:
    """Another replica, which has asked nobody yet."""
    return create_app(parts)


def test_a_token_is_shown_once_and_kept_nowhere(ada: Browser, parts: Parts):
    token = made(ada)
    assert token not in ada.get("/tokens").text
    secret = token.rpartition("_")[2].encode()
    assert secret not in b"".join(path.read_bytes() for path in parts.config.folder.iterdir())


def test_a_token_opens_the_api_for_its_scope(ada: Browser, parts: Parts):
    token = made(ada, scope="read")
    front = fresh(parts)
    assert code(front, token) == 200
    assert code(front, token, "/api/v1/resyncs", "POST") == 403
    assert code(front, token[:-1] + ("0" if token[-1] != "0" else "1")) == 401
    assert code(front, token.rpartition("_")[0] + "_") == 401


def test_making_and_revoking_stand_in_the_audit_without_the_secret(ada: Browser, parts: Parts):
    token = made(ada)
    id_ = token.rpartition("_")[0]
    ada.post(f"/tokens/{id_}/revoke", on="/tokens")
    assert audit(parts)[1:] == [(NAME, "token_made", id_), (NAME, "token_revoked", id_)]
    with parts.store.reports() as reports:
        assert token.rpartition("_")[2] not in str(reports.audit(10))


def test_a_revoked_token_ends_at_once_for_who_asks_the_store(ada: Browser, parts: Parts):
    token = made(ada)
    answer = ada.post(f"/tokens/{token.rpartition('_')[0]}/revoke", on="/tokens")
    assert answer.status_code == 303
    assert "Revoked" in ada.get("/tokens").text
    assert code(fresh(parts), token) == 401


def test_a_replica_that_knows_a_token_forgets_it_within_seconds(ada: Browser, parts: Parts):
    token, now = made(ada), [0.0]
    tokens = MadeTokens(parts, lambda: now[0])
    assert tokens.find(token) is not None
    ada.post(f"/tokens/{token.rpartition('_')[0]}/revoke", on="/tokens")
    now[0] = REMEMBERED - 0.1
    assert tokens.find(token) is not None
    now[0] = REMEMBERED
    assert tokens.find(token) is None


def test_a_store_that_does_not_answer_is_asked_once_for_everybody(ada: Browser, parts: Parts):
    token, now, asked = made(ada), [0.0], []

    class Silent:
        def reports(self) -> None:
            asked.append(now[0])
            raise Unavailable("nobody is there")

    tokens = MadeTokens(replace(parts, store=Silent()), lambda: now[0])
    for _ in range(3):
        with pytest.raises(Unavailable):
            tokens.find(token)
    now[0] = REMEMBERED
    with pytest.raises(Unavailable):
        tokens.find(token)
    assert asked == [0.0, REMEMBERED]


def test_an_expired_token_opens_nothing(ada: Browser, parts: Parts):
    token = made(ada, expires="30d")
    parts.clock.ahead = timedelta(days=30)
    assert code(fresh(parts), token) == 401


def test_the_last_use_is_written_down(ada: Browser, parts: Parts):
    token = made(ada)
    assert code(fresh(parts), token) == 200
    with parts.store.reports() as reports:
        one = next(one for one in reports.tokens() if one.id in token)
    parts.store.write(lambda tx: None)  # behind what was submitted
    with parts.store.reports() as reports:
        assert next(again for again in reports.tokens() if again.id == one.id).used_at is not None


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": ""}, 422),
        ({"name": "x" * 61}, 422),
        ({"name": "a\tb"}, 422),
        ({"scope": "everything"}, 422),
        ({"scope": ""}, 422),
        ({"expires": "soon"}, 422),
        ({"expires": "1s"}, 422),
    ],
)
def test_what_cannot_be_a_token_is_refused_in_words(ada: Browser, fields: dict[str, str], status: int):
    answer = ada.post("/tokens", {**FORM, **fields}, on="/tokens")
    assert answer.status_code == status
    assert "rpb_" not in answer.text


def test_two_live_tokens_have_two_names(ada: Browser):
    token = made(ada)
    assert ada.post("/tokens", FORM, on="/tokens").status_code == 409
    ada.post(f"/tokens/{token.rpartition('_')[0]}/revoke", on="/tokens")
    made(ada)


def test_a_token_that_is_not_there_cannot_be_revoked(ada: Browser):
    assert ada.post("/tokens/rpb_none/revoke", on="/tokens").status_code == 404


def test_tokens_of_the_configuration_are_shown_by_name_alone(ada: Browser):
    page = ada.get("/tokens").text
    assert "reader" in page
    assert "CANARY" not in page


# -- by the API


@pytest.fixture
def admin(ada: Browser) -> dict[str, str]:
    return bearer(made(ada, name="boss", scope="admin"))


def test_a_token_that_may_administrate_makes_and_revokes_others(front: Front, admin: dict[str, str], parts: Parts):
    client = Browser(fresh(parts)).client
    new = client.post("/api/v1/tokens", headers=admin, json={"name": "ci", "scopes": ["operate"], "expires": "1h"}).json
    assert new["token"].startswith(new["id"] + "_")
    assert [one["name"] for one in client.get("/api/v1/tokens", headers=admin).json["items"][:2]] == ["ci", "boss"]
    assert client.delete(f"/api/v1/tokens/{new['id']}", headers=admin).json == {"id": new["id"], "revoked": True}
    assert client.delete(f"/api/v1/tokens/{new['id']}", headers=admin).json == {"id": new["id"], "revoked": False}
    assert [who for who, what, _ in audit(parts) if what == "token_revoked"] == [f"boss ({front_of(admin)})"]


def front_of(headers: dict[str, str]) -> str:
    return headers["Authorization"].removeprefix("Bearer ").rpartition("_")[0]


@pytest.mark.parametrize("scope", ["read", "operate"])
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/v1/tokens"), ("POST", "/api/v1/tokens"), ("DELETE", "/api/v1/tokens/x")]
)
def test_nobody_makes_a_token_that_may_more_than_theirs(ada: Browser, parts: Parts, scope: str, method: str, path: str):
    token = made(ada, scope=scope)
    assert code(fresh(parts), token, path, method) == 403


@pytest.mark.parametrize(
    "body",
    [{}, {"name": "x", "scopes": []}, {"name": "x", "scopes": ["root"]}, {"name": "x", "scopes": ["read"], "for": "1d"},
     {"name": "x", "scopes": ["read"], "expires": "soon"}, {"name": "x", "scopes": ["read"], "expires": 5}],
)  # fmt: skip
def test_the_api_says_which_field_is_wrong(admin: dict[str, str], parts: Parts, body: dict[str, object]):
    answer = Browser(fresh(parts)).client.post("/api/v1/tokens", headers=admin, json=body)
    assert (answer.status_code, answer.json["error"]) == (422, "invalid")
