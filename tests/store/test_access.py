"""Sessions, API tokens and failed logins: kept as digests, counted together, forgotten in time."""

from __future__ import annotations

from datetime import timedelta

from bridge.core.access import WINDOW, ApiToken, Session

MINUTE = timedelta(minutes=1)


def session(time, digest="a"):
    return Session(digest, "ada", "with", time.now, time.now)


def token(time, id_="t1", expires=None):
    return ApiToken(id_, "ci", "d" * 64, ("read", "operate"), "ada", time.now, time.now + expires if expires else None)


def fail(store, account="ada", address="192.0.2.7"):
    return store.write(lambda tx: tx.add_failure(account, address, 3))


def failed(store, time, account="ada", address="192.0.2.7"):
    by_account, by_address = store.write(lambda tx: tx.failures(account, address, time.now - WINDOW))
    return len(by_account), len(by_address)


def read(store, digest="a"):
    with store.reports() as reports:
        return reports.session(digest)


def tokens(store):
    with store.reports() as reports:
        return reports.tokens()


def test_a_session_is_found_by_its_digest_until_it_ends(store, time):
    begun = session(time)
    store.write(lambda tx: tx.begin_session(begun))
    assert read(store) == store.write(lambda tx: tx.session("a")) == begun
    assert read(store, "b") is None
    assert store.write(lambda tx: tx.end_session("a"))
    assert not store.write(lambda tx: tx.end_session("a"))
    assert read(store) is None


def test_when_a_session_was_seen_last_is_kept(store, time):
    begun = session(time)
    store.write(lambda tx: tx.begin_session(begun))
    later = time.now + MINUTE
    store.write(lambda tx: tx.see_session("a", later))
    assert read(store).seen_at == later
    assert read(store).began_at == begun.began_at


def test_failures_count_by_account_and_by_address(store, time):
    for account, address in (("ada", "192.0.2.7"), ("ada", "192.0.2.8"), ("bob", "192.0.2.7")):
        fail(store, account, address)
    assert failed(store, time) == (2, 2)
    assert failed(store, time, "eve", "192.0.2.8") == (0, 1)


def test_how_many_failed_is_counted_up_to_a_limit(store):
    assert [fail(store) for _ in range(5)] == [1, 2, 3, 3, 3]


def test_failures_are_forgotten_after_their_time_and_by_a_success(store, time):
    fail(store)
    time.pass_(WINDOW.total_seconds() - 1)
    assert failed(store, time) == (1, 1)
    time.pass_(2)
    assert failed(store, time) == (0, 0)
    fail(store)
    store.write(lambda tx: tx.forget_failures("ada"))
    assert failed(store, time) == (0, 0)


def test_a_failure_that_a_clock_ahead_wrote_does_not_count(store, time):
    fail(store)
    time.pass_(-3600)
    assert failed(store, time) == (0, 0)


def test_failures_outlive_a_restart(storage, time):
    fail(storage.open())
    assert failed(storage.reopen(), time) == (1, 1)


def test_a_token_is_used_and_revoked_once(store, time):
    store.write(lambda tx: tx.add_token(token(time)))
    time.pass_(60)
    store.write(lambda tx: tx.use_token("t1"))
    (used,) = tokens(store)
    assert (used.scopes, used.used_at, used.state(time.now)) == (("read", "operate"), time.now, "live")
    assert store.write(lambda tx: tx.revoke_token("t1"))
    assert not store.write(lambda tx: tx.revoke_token("t1"))
    assert tokens(store)[0].state(time.now) == "revoked"


def test_tokens_come_newest_first(store, time):
    for id_ in ("t1", "t2"):
        store.write(lambda tx, id_=id_: tx.add_token(token(time, id_)))
        time.pass_(1)
    assert [one.id for one in tokens(store)] == ["t2", "t1"]


def test_what_has_ended_is_pruned_and_what_lives_stays(store, time):
    for id_, expires in (("live", None), ("lasting", timedelta(days=9)), ("over", MINUTE), ("revoked", None)):
        one = token(time, id_, expires)
        store.write(lambda tx, one=one: tx.add_token(one))
    store.write(lambda tx: (tx.revoke_token("revoked"), tx.begin_session(session(time))))
    fail(store)
    time.pass_(3600)
    store.write(lambda tx: tx.begin_session(session(time, "b")))
    assert store.write(lambda tx: tx.prune_access(*[time.now - 30 * MINUTE] * 3)) == 4
    assert {one.id for one in tokens(store)} == {"live", "lasting"}
    assert (read(store), read(store, "b") is None) == (None, False)


def test_the_audit_is_read_by_who_what_and_when(store, time):
    for actor, action in (("ada", "login"), ("bob", "replay"), ("ada", "replay")):
        store.write(lambda tx, a=actor, b=action: tx.audit(a, b, "x"))
        time.pass_(60)
    since = (time.now - 90 * timedelta(seconds=1)).isoformat()
    with store.reports() as reports:
        assert [row["id"] for row in reports.audit(10, "", {"actor": "ada"})] == ["3", "1"]
        assert [row["id"] for row in reports.audit(10, "3", {"action": "replay"})] == ["2"]
        assert [row["id"] for row in reports.audit(10, "", {"since": since})] == ["3"]
        assert reports.audit(10, "", {"colour": "red"}) == []
        assert len(reports.audit(10, "9" * 40)) == 3
