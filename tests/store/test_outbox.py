"""Calls are owed once, take newer fields in, and end when their object need not be made."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.model import Advance, Lane, Note, Recheck, Status, Update
from tests.store.examples import (
    apply,
    calls,
    claim,
    claim_one,
    fresh,
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


def test_a_create_is_owed_once_per_mark_even_by_two_links(store):
    link = paged(store)
    apply(store, link, page())
    apply(store, trouble(2), page(1))
    assert states(store) == [("create", "owed")]


def test_a_note_is_owed_once_per_key_and_member(store):
    link = with_page_made(store)
    apply(store, link, NOTE, NOTE)
    apply(store, link, NOTE, Note("pagertree", mark(), "hello", "another"))
    assert [call["kind"] for call in calls(store, state="owed")] == ["note", "note"]


def test_a_waiting_update_takes_the_newer_fields_in(store):
    link = with_page_made(store)
    apply(store, link, Update("pagertree", mark(), {"title": "old", "urgency": "low"}))
    apply(store, link, Update("pagertree", mark(), {"title": "new"}))
    assert claim_one(store).command.fields == {"title": "new", "urgency": "low"}


def test_an_update_that_was_attempted_is_another_call_and_keeps_no_old_value(store):
    link = with_page_made(store)
    apply(store, link, Update("pagertree", mark(), {"title": "old"}))
    claim(store)
    apply(store, link, Update("pagertree", mark(), {"title": "new"}))
    assert [call["command"]["fields"]["title"] for call in calls(store, kind="update")] == ["new", "new"]


def test_an_advance_that_is_owed_already_or_goes_less_far_is_left_out(store):
    link = with_page_made(store)
    apply(store, link, ACKNOWLEDGE, RESOLVE, RESOLVE, ACKNOWLEDGE)
    assert [call["command"]["status"] for call in calls(store, kind="advance")] == [2, 3]


def test_a_recheck_waits_a_minute_and_is_owed_once(store, time):
    link = with_page_made(store)
    apply(store, link, Recheck("pagertree", mark()), Recheck("pagertree", mark()))
    assert claim(store) == ()
    time.pass_(60)
    assert claim_one(store).command == Recheck("pagertree", mark())


def test_a_call_in_shadow_is_recorded_and_never_leaves(store):
    link = apply(store, trouble(), page(), RESOLVE, shadow=["pagertree"])
    assert states(store) == [("create", "shadow"), ("advance", "shadow")]
    assert claim(store) == ()
    assert fresh(store, link).named("pagertree", mark()).create == "shadow"


def test_a_call_in_shadow_holds_nothing_up(store):
    link = apply(store, with_page_made(store), page(2), shadow=["pagertree"])
    apply(store, link, RESOLVE)
    assert claim_one(store).command == RESOLVE


def test_what_is_about_an_object_in_shadow_stays_in_shadow(store):
    link = apply(store, trouble(), page(), shadow=["pagertree"])
    apply(store, link, RESOLVE, NOTE)
    assert states(store) == [("create", "shadow"), ("advance", "shadow"), ("note", "shadow")]


def test_a_create_never_attempted_is_superseded_with_all_that_waits_behind_it(store):
    link = apply(store, trouble(), page(), NOTE)
    apply(store, link, supersede=(mark(),))
    assert states(store) == [("create", "superseded"), ("note", "superseded")]
    assert fresh(store, link).named("pagertree", mark()).create == "superseded"


def test_a_create_under_way_or_unsure_is_not_superseded(store, time):
    link = apply(store, trouble(), page(), NOTE)
    call = claim_one(store)
    apply(store, link, supersede=(mark(),))
    assert states(store) == [("create", "owed"), ("note", "owed")]
    settle(store, call, "owed", "lost", unsure=True)
    apply(store, link, supersede=(mark(),))
    assert states(store) == [("create", "owed"), ("note", "owed")]


def test_a_create_that_surely_had_no_effect_is_superseded(store):
    link = paged(store)
    settle(store, claim_one(store), "owed", "refused connection")
    apply(store, link, supersede=(mark(),))
    assert states(store) == [("create", "superseded")]


def test_a_member_that_has_got_its_id_confirms_its_create_and_frees_what_waits(store):
    link = apply(store, trouble(), page(), NOTE)
    apply(store, member(link, mark(), id="alt_1", status=Status.OPEN))
    assert states(store) == [("create", "done"), ("note", "owed")]
    assert calls(store, kind="create")[0]["made"] == "alt_1"
    assert claim_one(store).command == NOTE


def test_a_confirmed_create_still_learns_the_other_id_from_its_own_answer(store):
    link = paged(store)
    call = claim_one(store)
    apply(store, member(link, mark(), id="alt_1", status=Status.ACKNOWLEDGED))
    settle(store, call, ref=made(alias="01ULID"), url="https://example.com/alt_1")
    alert = fresh(store, link).named("pagertree", mark())
    assert (alert.id, alert.alias, alert.url) == ("alt_1", "01ULID", "https://example.com/alt_1")
    assert alert.status is Status.ACKNOWLEDGED


@pytest.mark.parametrize("state", ["owed", "dead"])
def test_a_confirmed_create_stays_done_whatever_its_own_answer_was(store, state):
    link = paged(store)
    call = claim_one(store)
    apply(store, member(link, mark(), id="alt_1"))
    settle(store, call, state, "time out")
    assert states(store) == [("create", "done")]


def test_a_create_given_up_is_confirmed_too_when_its_object_shows(store):
    link = paged(store)
    settle(store, claim_one(store), "dead", "72 hours")
    apply(store, member(link, mark(), id="alt_1"))
    assert states(store) == [("create", "done")]


def test_alarms_are_in_the_audit(store):
    link = apply(store, trouble(), alarms=("nobody answered",))
    with store.reports() as reports:
        (entry,) = reports.audit(10)
    assert (entry["action"], entry["subject"], entry["detail"]) == ("alarm", link.id, "nobody answered")


def test_a_title_is_open_only_while_its_create_is_under_way_or_unsure(store, time):
    def is_open(title="Database down"):
        return store.write(lambda tx: tx.open_create("pagertree", title, timedelta(minutes=2)))

    paged(store)
    assert not is_open()
    call = claim_one(store)
    assert is_open()
    assert not is_open("Another")
    settle(store, call, "owed", "lost", unsure=True)
    assert is_open()
    time.pass_(121)
    assert not is_open()


def test_the_cause_and_the_lane_come_with_the_call(store):
    apply(store, trouble(1), page(1, urgency="high"))
    call = claim_one(store)
    assert (call.cause, call.lane, call.created_at) == ("a delivery", Lane.PAGES, call.first_try)


# -- a note that waits for better words


def noted(store, link, text, wait=0.0):
    apply(store, link, Note("pagertree", mark(), text, "who", wait))


def test_a_note_waits_for_better_words_and_leaves_with_them(store):
    link = with_page_made(store)
    noted(store, link, "Paged A.", 10.0)
    assert claim(store) == ()
    noted(store, link, "Paged A. On call now: Ada.")
    assert claim_one(store).command == Note("pagertree", mark(), "Paged A. On call now: Ada.", "who")
    assert len(calls(store, kind="note")) == 1


def test_a_note_whose_better_words_never_come_leaves_as_it_is(store, time):
    link = with_page_made(store)
    noted(store, link, "Paged A.", 10.0)
    time.pass_(10)
    assert claim_one(store).command.text == "Paged A."


def test_better_words_that_come_too_late_are_passed_over(store, time):
    link = with_page_made(store)
    noted(store, link, "Paged A.", 10.0)
    time.pass_(10)
    settle(store, claim_one(store))
    noted(store, link, "Paged A. On call now: Ada.")
    assert claim(store) == ()


# -- changes of what an earlier change did not bring about


def changed(store, link, **fields):
    apply(store, link, Update("pagertree", mark(), fields))


def due_updates(store):
    return sorted((dict(call.command.fields) for call in claim(store)), key=str)


def test_what_a_dead_update_would_have_changed_is_tried_again_with_the_next_one(store):
    link = with_page_made(store)
    changed(store, link, title="B", urgency="low")
    settle(store, claim_one(store), "dead", "72 hours")
    changed(store, link, description="new", urgency="high")
    assert due_updates(store) == [{"description": "new", "urgency": "high"}, {"title": "B", "urgency": "high"}]


def test_a_dead_update_that_a_later_one_says_anew_cannot_be_retried_by_hand(store):
    link = with_page_made(store)
    changed(store, link, title="B")
    settle(store, claim_one(store), "dead", "72 hours")
    changed(store, link, title="C")
    (dead,) = calls(store, kind="update", state="superseded")
    assert store.write(lambda tx: tx.retry_calls([dead["id"]])) == 0
    assert due_updates(store) == [{"title": "C"}]


def test_an_update_that_failed_and_waits_does_not_bring_an_old_value_back(store, time):
    link = with_page_made(store)
    changed(store, link, title="B", urgency="low")
    settle(store, claim_one(store), "owed", "down", due_in=timedelta(hours=1))
    changed(store, link, title="C")
    settle(store, claim_one(store))
    time.pass_(3600)
    assert due_updates(store) == [{"title": "C", "urgency": "low"}]


def test_an_update_under_way_says_the_new_value_if_it_has_to_be_repeated(store):
    link = with_page_made(store)
    changed(store, link, title="B")
    under_way = claim_one(store)
    changed(store, link, title="C")
    settle(store, claim_one(store))
    settle(store, under_way, "owed", "down")
    assert due_updates(store) == [{"title": "C"}]


def test_a_revived_update_has_72_hours_of_its_own(store, time):
    link = with_page_made(store)
    changed(store, link, title="B")
    settle(store, claim_one(store), "dead", "72 hours")
    time.pass_(3600)
    changed(store, link, description="new")
    assert {(call.attempts, call.first_try) for call in claim(store)} == {(1, time.now)}


@pytest.mark.parametrize(("tries", "looked_for"), [(1, []), (2, [("recheck", "owed")])])
def test_a_page_sent_twice_that_shows_itself_by_its_webhook_is_looked_for_once_more(store, tries, looked_for):
    link = paged(store)
    for _ in range(tries):
        settle(store, claim_one(store), "owed", "no answer", unsure=True)
    apply(store, member(link, mark(), id="alt_1", status=Status.OPEN))
    assert states(store) == [("create", "done"), *looked_for]
