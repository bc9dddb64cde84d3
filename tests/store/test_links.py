"""Links are found by any name of any object, and one object's news counts for every link that holds it."""

from __future__ import annotations

from dataclasses import replace

from bridge.model import Link, Member, Phase, Ref, Status, Trouble
from tests.store.examples import BEGAN, apply, claim_one, fresh, incident, made, mark, member, paged, settle, trouble
from tests.store.examples import with_page_made as page_made

ALERT = Ref("pagertree", "alert", "alt_9", "01ULID")


def found(store, *refs, mark="", target=""):
    return [link.id for link in store.write(lambda tx: tx.links_of(refs, mark, target))]


def alert_link(ref=ALERT, status=Status.OPEN):
    home = Member(ref.system, ref.kind, ref.id, ref.id, ref.alias, status=status)
    return Link("", "alert", ref, Trouble(title="Disk full"), (home,), BEGAN)


def holding(link, ref, **more):
    """The link, with this object too."""
    return replace(link, members=(*link.members, Member(ref.system, ref.kind, ref.id, ref.id, ref.alias, **more)))


def test_a_link_comes_back_as_it_was_decided(store, time):
    link = replace(trouble(), trouble=Trouble("T", "D", tags=("a",), labels={"l": "v"}, facts={"incident": {"n": [1]}}))
    link = replace(holding(link, ALERT, asked=Status.RESOLVED, phase=Phase.QUEUED, lowered=True, url="u"), held=True)
    stored = apply(store, link)
    assert stored.id
    back = fresh(store, stored)
    assert replace(back, id="", touched_at=None) == link
    assert back.touched_at == time.now


def test_a_link_is_found_by_either_id_of_any_member_and_by_its_mark(store):
    link = apply(store, holding(trouble(), ALERT))
    assert found(store, incident()) == [link.id]
    assert found(store, Ref("pagertree", "alert", "alt_9")) == [link.id]
    assert found(store, Ref("pagertree", "alert", "01ULID")) == [link.id]
    assert found(store, Ref("pagertree", "alert", "new", "alt_9")) == [link.id]
    assert found(store, mark=mark(), target="pagertree") == [link.id]


def test_nothing_is_found_by_another_system_another_kind_or_an_empty_name(store):
    apply(store, trouble())
    assert found(store, Ref("pagertree", "incident", "inc_1")) == []
    assert found(store, Ref("rootly", "alert", "inc_1")) == []
    assert found(store, Ref("pagertree", "alert", "")) == []
    assert found(store, mark=mark(), target="rootly") == []
    assert found(store, mark="", target="pagertree") == []


def test_several_links_come_oldest_first_and_each_once(store):
    first, second = apply(store, holding(trouble(1), ALERT)), apply(store, holding(trouble(2), ALERT))
    assert found(store, ALERT, incident(2), incident(1)) == [first.id, second.id]


def test_an_unknown_link_is_none(store):
    assert store.write(lambda tx: tx.link("nothing")) is None


def test_a_link_counts_the_calls_it_owes(store):
    assert fresh(store, page_made(store)).owing == 0
    assert fresh(store, paged(store, 2)).owing == 1


def test_one_objects_status_counts_for_every_link_that_holds_it(store):
    alone = apply(store, alert_link())
    gathering = apply(store, holding(trouble(), ALERT))
    apply(store, member(gathering, "alt_9", status=Status.RESOLVED, asked=Status.RESOLVED))
    home = fresh(store, alone).home
    assert (home.status, home.asked) == (Status.RESOLVED, Status.RESOLVED)
    assert fresh(store, alone).status is Status.RESOLVED


def test_a_link_that_ended_by_another_ones_news_is_shown_as_ended(store):
    alone = apply(store, alert_link())
    apply(store, holding(trouble(), ALERT, status=Status.RESOLVED))
    with store.reports() as reports:
        row = reports.link(alone.id)
    assert row["status"] == "resolved"
    assert row["ended_at"]


def test_an_object_under_only_one_of_its_ids_is_the_same_object(store):
    by_prefix = apply(store, alert_link(Ref("pagertree", "alert", "alt_9")))
    apply(store, holding(trouble(), Ref("pagertree", "alert", "01ULID", "alt_9"), status=Status.ACKNOWLEDGED))
    home = fresh(store, by_prefix).home
    assert (home.status, home.id, home.alias) == (Status.ACKNOWLEDGED, "alt_9", "01ULID")


def test_another_link_never_takes_an_object_down_unless_somebody_did(store):
    alone = apply(store, alert_link(status=Status.ACKNOWLEDGED))
    gathering = apply(store, holding(trouble(), ALERT, status=Status.OPEN))
    assert fresh(store, alone).home.status is Status.ACKNOWLEDGED
    apply(store, member(gathering, "alt_9", status=Status.OPEN, lowered=True))
    home = fresh(store, alone).home
    assert (home.status, home.lowered) == (Status.OPEN, True)


def test_an_object_that_joins_brings_along_what_is_known_of_it(store):
    apply(store, member(alert_link(status=Status.ACKNOWLEDGED), "alt_9", asked=Status.RESOLVED, phase=Phase.DROPPED))
    joined = fresh(store, apply(store, holding(trouble(), ALERT, status=Status.OPEN))).find(ALERT)
    assert (joined.status, joined.asked, joined.phase) == (Status.ACKNOWLEDGED, Status.RESOLVED, Phase.DROPPED)


def test_news_of_one_link_leaves_links_of_other_objects_alone(store, time):
    other = apply(store, alert_link())
    time.pass_(60)
    apply(store, trouble())
    assert fresh(store, other).touched_at < time.now


def test_within_an_episode_a_stale_reader_takes_nothing_back(store):
    before = page_made(store)
    apply(store, member(before, mark(), status=Status.ACKNOWLEDGED))
    apply(store, member(before, mark(), status=Status.OPEN, id=""))
    alert = fresh(store, before).named("pagertree", mark())
    assert (alert.status, alert.id) == (Status.ACKNOWLEDGED, "alt_1")


def test_a_new_episode_begins_open(store):
    over = apply(store, member(page_made(store), "inc_1", status=Status.RESOLVED))
    again = replace(member(over, "inc_1", status=Status.OPEN, asked=None, episode=2), episode=2)
    assert apply(store, again).status is Status.OPEN
    with store.reports() as reports:
        assert reports.link(over.id)["ended_at"] is None


def test_a_member_that_a_stale_reader_did_not_know_stays(store):
    before = paged(store)
    apply(store, holding(before, ALERT))
    apply(store, before)
    assert fresh(store, before).find(ALERT) is not None


def test_an_alert_is_held_by_another_live_incident_only(store):
    mine = apply(store, holding(trouble(1), ALERT))
    assert store.write(lambda tx: tx.held_by_others(mine)) == frozenset()
    other = apply(store, holding(trouble(2), ALERT))
    assert store.write(lambda tx: tx.held_by_others(mine)) == {"alt_9"}
    apply(store, member(other, "inc_2", status=Status.RESOLVED))
    assert store.write(lambda tx: tx.held_by_others(mine)) == frozenset()


def test_an_incident_that_both_links_hold_is_not_anothers(store):
    mine = apply(store, holding(trouble(), ALERT))
    apply(store, holding(alert_link(), incident(), status=Status.OPEN))
    assert store.write(lambda tx: tx.held_by_others(mine)) == frozenset()


def test_a_member_shows_how_its_create_stands(store):
    link = paged(store)

    def shown():
        return fresh(store, link).named("pagertree", mark()).create

    assert shown() == "owed"
    call = claim_one(store)
    assert shown() == "unsure"
    settle(store, call, ref=made())
    assert shown() == "done"
    assert fresh(store, link).home.create == ""
