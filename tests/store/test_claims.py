"""Calls are claimed best lane first, in the order their link needs, and settled by whoever holds them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.errors import Lost
from bridge.model import Advance, Create, Draft, Lane, Member, Note, Ref, Status, Update
from tests.store.examples import (
    BOTH,
    LEASE,
    apply,
    calls,
    claim,
    claim_deliveries,
    claim_one,
    decided,
    fresh,
    keep,
    made,
    mark,
    member,
    page,
    paged,
    settle,
    states,
    trouble,
    with_page_made,
)

RESOLVE = Advance("pagertree", mark(), Status.RESOLVED)
ACKNOWLEDGE = Advance("pagertree", mark(), Status.ACKNOWLEDGED)
NOTE = Note("pagertree", mark(), "hello", "key")
UPDATE = Update("pagertree", mark(), {"title": "new"})


def commands(store, **more):
    return [call.command for call in claim(store, **more)]


# -- order


def test_new_pages_go_before_resolves_before_acknowledges_before_the_rest(store):
    links = {number: with_page_made(store, number) for number in (1, 2, 3)}
    apply(store, links[1], NOTE)
    apply(store, links[2], Advance("pagertree", mark(2), Status.ACKNOWLEDGED))
    apply(store, links[3], Advance("pagertree", mark(3), Status.RESOLVED))
    paged(store, 4)
    assert [call.lane for call in claim(store)] == [Lane.PAGES, Lane.RESOLVES, Lane.ACKNOWLEDGES, Lane.REST]


def test_within_a_lane_the_oldest_goes_first_over_all_targets(store, time):
    apply(store, trouble(1), page(1))
    time.pass_(1)
    apply(store, trouble(2), Create("rootly", "pagertree:alt_2", Draft(title="x")))
    time.pass_(1)
    apply(store, trouble(3), page(3))
    assert [call.command.of for call in claim(store, limit=2)] == [mark(1), "pagertree:alt_2"]
    assert [call.command.of for call in claim(store, limit=2)] == [mark(3)]


def test_only_the_targets_and_lanes_asked_for_are_claimed(store):
    paged(store)
    assert claim(store, targets=("rootly",)) == ()
    rest = store.write(lambda tx: tx.claim_calls(10, LEASE, BOTH, (Lane.RESOLVES, Lane.REST)))
    assert rest == ()
    assert len(claim(store, targets=("pagertree",))) == 1


def test_everything_about_a_member_waits_for_its_create(store):
    apply(store, trouble(), page(), ACKNOWLEDGE, UPDATE, NOTE)
    create = claim_one(store)
    assert create.command == page()
    settle(store, create, "owed", "no answer")
    settle(store, claim_one(store), ref=made())
    assert set(map(type, commands(store))) == {Advance, Update, Note}


def test_advances_of_a_link_go_one_after_the_other(store):
    link = with_page_made(store)
    apply(store, link, ACKNOWLEDGE, RESOLVE)
    first = claim_one(store)
    assert first.command == ACKNOWLEDGE
    settle(store, first)
    assert commands(store) == [RESOLVE]


def test_an_advance_waits_for_every_create_of_its_link_at_its_target(store):
    link = with_page_made(store)
    second = Create("pagertree", f"{mark()}+critical", Draft(title="x"))
    apply(store, link, second, RESOLVE)
    call = claim_one(store)
    assert call.command == second
    settle(store, call, "dead", "never")
    assert commands(store) == [RESOLVE]


def test_a_create_waits_for_nothing(store):
    link = with_page_made(store)
    apply(store, link, RESOLVE)
    claim(store)
    second = Create("pagertree", "rootly:inc_1#2", Draft(title="x"))
    apply(store, link, second)
    assert commands(store) == [second]


def test_notes_hold_nothing_up(store):
    link = with_page_made(store)
    apply(store, link, NOTE)
    claim(store)
    apply(store, link, RESOLVE)
    assert commands(store) == [RESOLVE]


def test_one_link_never_waits_for_another(store):
    paged(store, 1)
    settle(store, claim_one(store), "owed", "down", due_in=timedelta(hours=1))
    paged(store, 2)
    assert [call.command.of for call in claim(store)] == [mark(2)]


def test_what_waited_for_a_dead_create_is_dead_with_it(store):
    link = apply(store, trouble(), page(), NOTE)
    apply(store, link, RESOLVE)
    settle(store, claim_one(store), "dead", "refused")
    assert states(store) == [("create", "dead"), ("note", "dead"), ("advance", "dead")]
    assert calls(store)[2]["reason"] == "its create is dead"


def test_what_waited_for_a_superseded_create_is_superseded_with_it(store):
    apply(store, trouble(), page(), NOTE)
    settle(store, claim_one(store), "superseded", "over before it left")
    assert states(store) == [("create", "superseded"), ("note", "superseded")]


# -- claims


def test_a_claim_counts_and_carries_the_link_as_it_is(store, time):
    link = paged(store)
    call = claim_one(store)
    assert (call.attempts, call.first_try, call.unsure, call.link.id) == (1, time.now, False, link.id)
    assert claim(store) == ()


def test_a_claim_whose_lease_ran_out_may_have_had_its_effect(store, time):
    paged(store)
    began = time.now
    claim(store)
    time.pass_(61)
    again = claim_one(store)
    assert (again.attempts, again.unsure, again.unsure_since, again.first_try) == (2, True, began, began)


def test_who_lost_the_lease_may_not_settle(store, time):
    paged(store)
    mine = claim_one(store)
    time.pass_(61)
    theirs = claim_one(store)
    with pytest.raises(Lost):
        settle(store, mine)
    settle(store, theirs, ref=made())


def test_a_call_is_settled_once(store):
    paged(store)
    call = claim_one(store)
    settle(store, call, ref=made())
    with pytest.raises(Lost):
        settle(store, call, "dead", "no")


def test_a_call_still_owed_is_due_after_its_wait_with_its_progress(store, time):
    paged(store)
    settle(store, claim_one(store), "owed", "rate limit", due_in=timedelta(seconds=30), progress="confirm")
    time.pass_(29)
    assert claim(store) == ()
    time.pass_(1)
    again = claim_one(store)
    assert (again.attempts, again.progress, again.unsure) == (2, "confirm", False)


def test_doubt_keeps_the_time_it_began(store, time):
    paged(store)
    settle(store, claim_one(store), "owed", "lost", unsure=True)
    since = time.now
    time.pass_(5)
    settle(store, claim_one(store), "owed", "not there yet", unsure=True)
    call = claim_one(store)
    assert (call.unsure, call.unsure_since) == (True, since)
    settle(store, call, "owed", "repeated, and refused")
    assert claim_one(store).unsure_since is None


def test_waiting_for_its_turn_is_no_attempt(store, time):
    paged(store)
    settle(store, claim_one(store), "owed", "no budget", counted=False)
    time.pass_(3600)
    again = claim_one(store)
    assert (again.attempts, again.first_try) == (1, time.now)


def test_calls_handed_back_are_as_if_never_claimed(store, time):
    paged(store)
    call = claim_one(store)
    store.write(lambda tx: tx.hand_back([call], timedelta(seconds=10), "stopping"))
    with pytest.raises(Lost):
        settle(store, call)
    time.pass_(10)
    again = claim_one(store)
    assert (again.attempts, again.unsure, again.first_try) == (1, False, time.now)


def test_a_call_unmarked_may_be_superseded_within_its_unit(store):
    link = paged(store)
    call = claim_one(store)

    def work(tx):
        tx.unmark(call)
        tx.apply(decided(link, supersede=(mark(),)), "read again")
        return tx.mark(call)

    assert store.write(work) is False
    with pytest.raises(Lost):
        settle(store, call)


def test_a_call_marked_again_leaves(store):
    paged(store)
    call = claim_one(store)
    assert store.write(lambda tx: (tx.unmark(call), tx.mark(call))[1]) is True
    settle(store, call, ref=made())
    assert states(store) == [("create", "done")]


# -- what a result teaches


def test_a_create_gives_its_member_both_ids_and_a_status(store):
    link = paged(store)
    settle(store, claim_one(store), ref=made(alias="01ULID"), url="https://example.com")
    alert = fresh(store, link).named("pagertree", mark())
    assert (alert.id, alert.alias, alert.url, alert.status) == ("alt_1", "01ULID", "https://example.com", Status.OPEN)
    assert alert.create == "done"


def test_a_create_whose_object_came_by_webhook_first_merges_with_it(store):
    link = paged(store)
    call = claim_one(store)
    first = Member("pagertree", "alert", "alt_1", "alt_1", status=Status.ACKNOWLEDGED)
    apply(store, joined(fresh(store, link), first))
    settle(store, call, ref=made(alias="01ULID"))
    after = fresh(store, link)
    assert [m.name for m in after.members] == ["inc_1", mark()]
    assert (after.members[1].id, after.members[1].status) == ("alt_1", Status.ACKNOWLEDGED)


def joined(link, member):
    return replace(link, members=(*link.members, member))


def test_a_second_object_with_the_same_mark_does_not_replace_the_first(store):
    link = paged(store)
    call = claim_one(store)
    apply(store, member(link, mark(), id="alt_1"))
    settle(store, call, ref=made(2))
    assert fresh(store, link).named("pagertree", mark()).ref.names == {"alt_1"}


def test_an_advance_raises_its_member_everywhere(store):
    link = with_page_made(store)
    apply(store, link, RESOLVE)
    settle(store, claim_one(store))
    assert fresh(store, link).named("pagertree", mark()).status is Status.RESOLVED


def test_a_note_left_is_known_by_its_id(store):
    link = with_page_made(store)
    apply(store, link, NOTE)
    settle(store, claim_one(store), ref=Ref("pagertree", "comment", "cmt_1"))
    text = fresh(store, link).find(Ref("pagertree", "comment", "cmt_1"))
    assert (text.name, text.kind, text.status) == ("cmt_1", "comment", None)
    found = store.write(lambda tx: tx.links_of([Ref("pagertree", "comment", "cmt_1")]))
    assert [other.id for other in found] == [link.id]


def test_a_note_whose_webhook_came_first_is_there_once(store):
    link = with_page_made(store)
    apply(store, link, NOTE)
    call = claim_one(store)
    apply(store, joined(fresh(store, link), Member("pagertree", "comment", "cmt_1", "cmt_1")))
    settle(store, call, ref=Ref("pagertree", "comment", "cmt_1"))
    assert [m.name for m in fresh(store, link).members].count("cmt_1") == 1


def test_a_call_that_leaves_late_in_its_lease_is_nobody_elses_meanwhile(store, time):
    paged(store)
    call = claim_one(store)
    time.pass_(LEASE.total_seconds() - 1)
    store.write(lambda tx: (tx.unmark(call), tx.mark(call)))
    time.pass_(120)
    assert claim(store) == ()
    settle(store, call, ref=made())


def test_what_is_due_is_told_by_lane_and_only_while_it_is(store):
    def due(targets=BOTH):
        return store.write(lambda tx: tx.due(targets))

    assert due() == frozenset()
    keep(store)
    apply(store, trouble(), page())
    assert due() == {"deliveries", "calls"}
    assert due(()) == due(("rootly",)) == {"deliveries"}
    claim_deliveries(store), claim(store, lease=LEASE)
    assert due() == frozenset()
