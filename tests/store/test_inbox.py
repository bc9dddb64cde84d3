"""Deliveries are kept once, claimed by lease, and end with a reason."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pytest

from bridge.core.decide import PAUSED
from bridge.errors import Lost
from bridge.model import Hook, Verdict
from tests.store.examples import HOOK, claim_deliveries, keep, paged


def test_a_delivery_comes_back_as_it_came(store, time):
    hook = Hook(b"\x00\xff raw", {"a": "b"}, {"q": "é"}, "poll", stale=True)
    kept = keep(store, "k", "pagertree", hook)
    (delivery,) = claim_deliveries(store)
    assert (delivery.id, delivery.source, delivery.key) == (kept.id, "pagertree", "k")
    assert (delivery.hook, delivery.received_at, delivery.verdict) == (hook, time.now, Verdict.WAITING)


def test_the_same_key_of_the_same_source_is_one_row(store):
    first, second, other = keep(store), keep(store), keep(store, source="pagertree")
    assert (first.duplicate, second.duplicate, other.duplicate) == (False, True, False)
    assert first.id == second.id != other.id
    assert len(claim_deliveries(store)) == 2


def test_twenty_threads_keeping_the_same_key_make_one_row(store):
    kept = []
    threads = [Thread(target=lambda: kept.append(keep(store))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(kept) == 20
    assert len({k.id for k in kept}) == 1
    assert [k.duplicate for k in kept].count(False) == 1


def test_a_key_with_a_lone_surrogate_is_kept_and_known_again(store):
    assert not keep(store, "odd \ud800 key").duplicate
    assert keep(store, "odd \ud800 key").duplicate


def test_the_newest_of_a_key_s_beginning_is_known_even_when_it_was_pruned(store, time):
    keep(store, "body:one:1", "page")
    time.pass_(1)
    newest = keep(store, "body:one:2", "page")
    for key, source in (("body:onf", "page"), ("body:on", "page"), ("body:one:3", "rootly")):
        keep(store, key, source)
    claimed = claim_deliveries(store)
    store.write(lambda tx: [tx.close(delivery, Verdict.APPLIED, "done") for delivery in claimed])
    store.write(lambda tx: tx.prune(time.now + timedelta(days=1), 100))
    before = store.write(lambda tx: tx.kept_last("page", "body:one:"))
    assert (before.id, before.key, before.at) == (newest.id, "body:one:2", time.now)
    assert store.write(lambda tx: tx.kept_last("page", "body:two:")) is None


def test_the_oldest_are_claimed_first_and_only_once(store, time):
    ids = []
    for number in range(3):
        ids.append(keep(store, str(number)).id)
        time.pass_(1)
    assert [d.id for d in claim_deliveries(store, 2)] == ids[:2]
    assert [d.id for d in claim_deliveries(store, 2)] == ids[2:]
    assert claim_deliveries(store) == ()


def test_a_claim_that_is_never_closed_comes_back_after_its_lease_and_counts(store, time):
    keep(store)
    claim_deliveries(store)
    time.pass_(61)
    (again,) = claim_deliveries(store)
    assert again.attempts == 2


def test_a_closed_delivery_has_its_reason_and_its_links_and_is_never_claimed_again(store, time):
    link = paged(store)
    kept = keep(store)
    (delivery,) = claim_deliveries(store)
    store.write(lambda tx: tx.close(delivery, Verdict.APPLIED, "new", [link.id]))
    time.pass_(3600)
    assert claim_deliveries(store) == ()
    with store.reports() as reports:
        row = reports.delivery(kept.id)
    assert (row["verdict"], row["reason"], row["links"]) == ("applied", "new", [link.id])


def test_who_lost_the_lease_may_not_close(store, time):
    keep(store)
    (mine,) = claim_deliveries(store)
    time.pass_(61)
    (theirs,) = claim_deliveries(store)
    with pytest.raises(Lost):
        store.write(lambda tx: tx.close(mine, Verdict.APPLIED, "late"))
    with pytest.raises(Lost):
        store.write(lambda tx: tx.postpone(mine, timedelta(0), "late"))
    store.write(lambda tx: tx.close(theirs, Verdict.APPLIED, "in time"))


def test_a_delivery_is_closed_once(store):
    keep(store)
    (delivery,) = claim_deliveries(store)
    store.write(lambda tx: tx.close(delivery, Verdict.IGNORED, "first"))
    with pytest.raises(Lost):
        store.write(lambda tx: tx.close(delivery, Verdict.APPLIED, "second"))


def test_a_postponed_delivery_is_due_again_after_its_wait(store, time):
    keep(store)
    (delivery,) = claim_deliveries(store)
    store.write(lambda tx: tx.postpone(delivery, timedelta(seconds=30), "no answer"))
    assert claim_deliveries(store) == ()
    time.pass_(30)
    (again,) = claim_deliveries(store)
    assert (again.reason, again.attempts) == ("no answer", 2)


def test_a_reopened_delivery_is_due_now_and_begins_anew(store):
    kept = keep(store)
    (delivery,) = claim_deliveries(store)
    store.write(lambda tx: tx.close(delivery, Verdict.QUARANTINED, "not understood"))
    assert store.write(lambda tx: tx.reopen([kept.id, "no such id"])) == 1
    (again,) = claim_deliveries(store)
    assert (again.hook, again.attempts, again.reason) == (HOOK, 1, "")


# -- what a link has been judged by


def judged(store, link, key, source="rootly", reason="because"):
    """A delivery that had its end on the link."""
    kept = keep(store, key, source)
    (delivery,) = claim_deliveries(store)
    store.write(lambda tx: tx.close(delivery, Verdict.APPLIED, reason, [link.id]))
    return kept.id


def is_behind(store, delivery_id, link):
    return store.write(lambda tx: tx.is_behind(delivery_id, link.id))


def reopened(store, delivery_id):
    """As it is claimed again."""
    assert store.write(lambda tx: tx.reopen([delivery_id])) == 1
    (delivery,) = claim_deliveries(store)
    return delivery


def test_a_delivery_is_behind_once_it_was_judged_on_that_link(store):
    link, other = paged(store, 1), paged(store, 2)
    one = judged(store, link, "one")
    assert (is_behind(store, one, link), is_behind(store, one, other)) == (True, False)
    newest = keep(store, "two")
    assert not is_behind(store, newest.id, link)


def test_a_delivery_is_behind_what_came_later_from_the_same_source(store):
    link, kept = paged(store), keep(store, "never judged", "int_1")
    assert not is_behind(store, kept.id, link)
    (mine,) = claim_deliveries(store)
    judged(store, link, "of another source", "pagertree")
    assert not is_behind(store, mine.id, link)
    judged(store, link, "later", "int_1")
    assert is_behind(store, mine.id, link)


def test_a_delivery_whose_judging_was_not_stored_is_not_behind(store, time):
    link, kept = paged(store), keep(store)
    (mine,) = claim_deliveries(store)
    time.pass_(61)
    claim_deliveries(store)
    with pytest.raises(Lost):
        store.write(lambda tx: tx.close(mine, Verdict.APPLIED, "late", [link.id]))
    assert not is_behind(store, kept.id, link)


def test_the_fence_is_ahead_of_the_attempts_only_of_what_was_opened_again(store, time):
    kept = keep(store)
    for _ in range(2):
        (delivery,) = claim_deliveries(store)
        assert delivery.fence == delivery.attempts
        store.write(lambda tx, one=delivery: tx.postpone(one, timedelta(0), "no answer"))
    (delivery,) = claim_deliveries(store)
    store.write(lambda tx: tx.close(delivery, Verdict.APPLIED, "judged"))
    again = reopened(store, kept.id)
    assert again.fence > again.attempts == 1


def test_what_only_met_a_pause_was_not_judged_and_what_was_judged_before_it_stays_so(store, time):
    link = paged(store)
    before, slow = judged(store, link, "before"), judged(store, link, "slow", reason=f"{PAUSED}: judged later")
    time.pass_(10)
    store.write(lambda tx: tx.hold(link.id, "Ada"))
    during = judged(store, link, "during")
    for id_ in (during, slow, before):  # of what is left, none is as new
        reopened(store, id_)
        assert is_behind(store, id_, link) == (id_ == before)


def test_what_is_judged_again_after_a_pause_is_not_behind_itself(store, time):
    link = paged(store)
    store.write(lambda tx: tx.hold(link.id, "Ada"))
    story = [judged(store, link, key, reason=f"{PAUSED}: judged later") for key in ("one", "two")]
    assert store.write(lambda tx: tx.free(tx.link(link.id))) == 2
    assert [is_behind(store, id_, link) for id_ in story] == [False, False]


def test_what_met_the_pause_of_one_link_was_judged_on_the_others(store):
    paused, other = paged(store, 1), paged(store, 2)
    store.write(lambda tx: tx.hold(paused.id, "Ada"))
    kept = keep(store)
    (delivery,) = claim_deliveries(store)
    links = [paused.id, other.id]
    store.write(lambda tx: tx.close(delivery, Verdict.IGNORED, f"{PAUSED}; already open", links))
    reopened(store, kept.id)
    assert (is_behind(store, kept.id, paused), is_behind(store, kept.id, other)) == (False, True)
