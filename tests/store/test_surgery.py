"""Links held by hand: what they owe waits or ends, and what came meanwhile is judged again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bridge.core.decide import PAUSED
from bridge.model import Advance, Note, Status, Verdict
from tests.store.examples import (
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
NOTE = Note("pagertree", mark(), "hello", "key")
HOUR = timedelta(hours=1)


def hold(store, link, until=None):
    assert store.write(lambda tx: tx.hold(link.id, "Ada", until))


def free(store, link):
    return store.write(lambda tx: tx.free(tx.link(link.id)))


def take_apart(store, link):
    return store.write(lambda tx: tx.take_apart(link.id, "Ada", "taken apart by Ada"))


def shown(store, link):
    with store.reports() as reports:
        return reports.link(link.id)


def live(store):
    with store.reports() as reports:
        return [link.id for link in reports.live_links()]


def came(store, link, key, reason="because"):
    """A delivery that was judged on the link."""
    keep(store, key)
    (delivery,) = claim_deliveries(store)
    store.write(lambda tx: tx.close(delivery, Verdict.IGNORED, reason, [link.id]))
    return delivery.id


# -- paused


def test_no_call_of_a_paused_link_leaves_also_none_that_is_decided_later(store):
    link = paged(store)
    hold(store, link)
    apply(store, link, NOTE)
    assert (claim(store), states(store)) == ((), [("create", "owed"), ("note", "owed")])
    assert store.verify() == ()


def test_other_links_are_not_held_up(store):
    hold(store, paged(store, 1))
    paged(store, 2)
    assert claim_one(store).command == page(2)


def test_a_call_under_way_when_its_link_is_paused_is_not_repeated_before_it_is_resumed(store, time):
    link = paged(store)
    call = claim_one(store)
    hold(store, link)
    settle(store, call, "owed", "down")
    time.pass_(60)
    assert claim(store) == ()
    free(store, link)
    assert claim_one(store).id == call.id


def test_retrying_does_not_get_a_call_past_a_pause(store):
    link = paged(store)
    hold(store, link)
    store.write(lambda tx: tx.retry_calls([call["id"] for call in calls(store)]))
    store.write(lambda tx: tx.release("pagertree", 1.0))
    assert claim(store) == ()


def test_what_a_link_owes_is_due_in_order_when_it_is_resumed(store):
    link = with_page_made(store)
    apply(store, link, Advance("pagertree", mark(), Status.ACKNOWLEDGED))
    settle(store, claim_one(store), "owed", "down", due_in=HOUR)
    hold(store, link)
    apply(store, link, RESOLVE)
    free(store, link)
    assert claim_one(store).command.status is Status.ACKNOWLEDGED


def test_what_came_during_a_pause_is_judged_again(store, time):
    link = paged(store)
    came(store, link, "before")
    time.pass_(10)
    hold(store, link)
    during = came(store, link, "during")
    assert free(store, link) == 1
    assert [delivery.id for delivery in claim_deliveries(store)] == [during]


def test_what_came_before_and_met_the_pause_is_judged_again_too(store, time):
    link = paged(store)
    met = came(store, link, "slow", f"{PAUSED}: judged again when it is resumed")
    time.pass_(10)
    hold(store, link)
    assert free(store, link) == 1
    assert [delivery.id for delivery in claim_deliveries(store)] == [met]


def test_a_pause_is_shown_and_outlives_whoever_read_the_link_before(store, time):
    link = paged(store)
    hold(store, link, time.now + HOUR)
    apply(store, replace(link, held=False))
    row = shown(store, link)
    assert (row["held"], row["unlinked"], row["held_by"]) == (True, False, "Ada")
    assert (row["held_at"], row["held_until"]) == (time.now.isoformat(), (time.now + HOUR).isoformat())
    assert fresh(store, link).held


def test_pausing_again_changes_the_end_and_not_the_beginning(store, time):
    link = paged(store)
    hold(store, link, time.now + HOUR)
    began = time.now.isoformat()
    time.pass_(60)
    hold(store, link)
    assert (shown(store, link)["held_at"], shown(store, link)["held_until"]) == (began, None)


def test_a_pause_is_over_when_its_time_has_come_even_if_the_clock_jumps(store, time):
    link = paged(store)
    hold(store, link, time.now + HOUR)
    time.jump(7200)
    assert store.write(lambda tx: tx.due_holds(10)) == ()
    time.pass_(3601)
    assert [one.id for one in store.write(lambda tx: tx.due_holds(10))] == [link.id]


def test_a_pause_lasts_over_a_restart(storage):
    store = storage.open()
    link = paged(store)
    hold(store, link)
    store = storage.reopen()
    assert claim(store) == ()
    free(store, link)
    assert claim_one(store).command == page()


def test_a_paused_link_is_found_by_its_filter(store):
    link = paged(store)
    paged(store, 2)
    hold(store, link)
    with store.reports() as reports:
        assert [row["id"] for row in reports.links({"status": "held"}, 10)] == [link.id]


# -- taken apart


def test_what_is_owed_ends_with_who_took_it_apart(store):
    link = apply(store, trouble(), page(), NOTE)
    assert take_apart(store, link) == 2
    assert {(call["state"], call["reason"]) for call in calls(store)} == {("superseded", "taken apart by Ada")}
    assert (claim(store), store.verify()) == ((), ())


def test_what_was_given_up_ends_too_so_that_nobody_retries_it(store):
    link = paged(store)
    settle(store, claim_one(store), "dead", "refused")
    take_apart(store, link)
    assert store.write(lambda tx: tx.retry_calls([call["id"] for call in calls(store)])) == 0


def test_what_was_given_up_keeps_the_answer_that_it_was_given_up_for(store):
    link = paged(store)
    settle(store, claim_one(store), "dead", "refused: 422")
    assert take_apart(store, link) == 1
    (call,) = calls(store)
    assert (call["state"], call["reason"]) == ("superseded", "refused: 422; taken apart by Ada")


def test_a_tombstone_owes_nothing_whatever_is_decided(store):
    link = with_page_made(store)
    take_apart(store, link)
    apply(store, link, RESOLVE, NOTE)
    assert [state for kind, state in states(store) if kind != "create"] == []


def test_a_tombstone_stays_and_is_found_but_is_not_compared(store):
    link = with_page_made(store)
    take_apart(store, link)
    (found,) = store.write(lambda tx: tx.links_of([made()]))
    assert (found.id, found.apart, found.held) == (link.id, True, True)
    assert live(store) == []
    with store.reports() as reports:
        assert [row["id"] for row in reports.links({"status": "unlinked"}, 10)] == [link.id]


def test_what_was_asked_and_never_went_through_is_not_asked_when_they_are_linked_again(store):
    link = with_page_made(store)
    apply(store, member(link, mark(), status=Status.OPEN, asked=Status.RESOLVED), RESOLVE)
    take_apart(store, link)
    free(store, link)
    back = fresh(store, link)
    assert (back.named("pagertree", mark()).asked, back.held, back.apart) == (Status.OPEN, False, False)


def test_lifting_a_tombstone_judges_nothing_again(store, time):
    link = with_page_made(store)
    take_apart(store, link)
    time.pass_(10)
    came(store, link, "during")
    assert free(store, link) == 0


def test_a_tombstone_is_not_paused_nor_taken_apart_twice(store):
    link = paged(store)
    take_apart(store, link)
    assert not store.write(lambda tx: tx.hold(link.id, "Ben", None))
    assert take_apart(store, link) == 0
    assert shown(store, link)["held_by"] == "Ada"


def test_an_incident_of_a_tombstone_holds_no_alert_any_more(store):
    one, other = (apply(store, member(trouble(n), mark(n), id="alt_1"), page(n)) for n in (1, 2))
    assert store.write(lambda tx: tx.held_by_others(tx.link(one.id))) == {"alt_1"}
    take_apart(store, other)
    assert store.write(lambda tx: tx.held_by_others(tx.link(one.id))) == frozenset()


def test_a_new_episode_begins_free(store):
    link = paged(store)
    take_apart(store, link)
    apply(store, replace(fresh(store, link), episode=2, held=False, apart=False))
    assert (fresh(store, link).held, fresh(store, link).apart) == (False, False)


# -- shadow


def test_the_report_shows_what_never_left_with_title_and_reason(store, time):
    keep(store)
    (delivery,) = claim_deliveries(store)
    store.write(lambda tx: tx.close(delivery, Verdict.APPLIED, "new: paged by route 0"))
    link = fresh(store, apply(store, trouble()))
    from_delivery = replace(trouble(), id=link.id)
    store.write(lambda tx: tx.apply(decided(from_delivery, page()), delivery.id, ["pagertree"]))
    with store.reports() as reports:
        (row,) = reports.shadow(time.now - HOUR, 10)
        assert (row["kind"], row["title"], row["reason"]) == ("create", "Database down", "new: paged by route 0")
        assert reports.shadow(time.now + HOUR, 10) == []


def test_old_shadow_calls_never_leave_after_the_shadow_is_lifted(store):
    link = apply(store, trouble(), page(), shadow=["pagertree"])
    apply(store, link, page(), RESOLVE, NOTE)
    ids = [call["id"] for call in calls(store)]
    assert store.write(lambda tx: tx.retry_calls(ids)) == 0
    store.write(lambda tx: tx.release("pagertree", 100.0))
    hold(store, link)
    free(store, link)
    assert (claim(store), {call["state"] for call in calls(store)}) == ((), {"shadow"})


def test_what_begins_after_the_shadow_is_lifted_leaves(store):
    apply(store, trouble(), page(), shadow=["pagertree"])
    paged(store, 2)
    assert claim_one(store).command == page(2)


# -- filters


def test_deliveries_are_found_by_words_of_their_reason(store):
    link = paged(store)
    found = came(store, link, "one", "No Route 100% matches")
    came(store, link, "other", "no route 1009 matches")
    with store.reports() as reports:
        assert [row["id"] for row in reports.deliveries({"reason": "route 100% M"}, 10)] == [found]
