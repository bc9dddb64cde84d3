"""Links, deliveries and calls as people look at them: found, filtered, told, and harmless whatever stands in them."""

import re
from dataclasses import dataclass

import pytest

from bridge.app import Parts
from bridge.model import Verdict
from tests.web.console.browser import Browser, audit
from tests.web.console.world import HARM, Page, delivery, page, tried


@dataclass(frozen=True, slots=True)
class World:
    plain: Page
    given_up: Page
    harm: Page
    quarantined: str

    @property
    def addresses(self) -> list[str]:
        harm = self.harm
        lists = ["/links", "/deliveries", "/calls", "/links?q=%3Cscript%3E%1b", f"/deliveries?link={harm.link}"]
        ones = [f"/links/{harm.link}", f"/links/{harm.link}/unlink", f"/deliveries/{harm.delivery}"]
        return [*lists, *ones, f"/calls/{harm.call}", f"/deliveries/{self.quarantined}", "/calls?state=dead"]


@pytest.fixture(scope="module")
def world(parts: Parts) -> World:
    plain, given_up = page(parts, "Checkout"), tried(parts, page(parts, "Search"), "dead")
    harm = tried(parts, page(parts, HARM), "dead", HARM)
    return World(plain, given_up, harm, delivery(parts, HARM, Verdict.QUARANTINED))


def rows(text: str) -> list[str]:
    return re.findall(r"<tr>.*?</tr>", text.partition("<tbody>")[2], re.S)


def store_of(parts: Parts) -> object:
    with parts.store.reports() as reports:
        return reports.links({}, 100), reports.deliveries({}, 100), reports.calls({}, 100)


# -- what comes from outside


def test_hostile_texts_break_no_page(ada: Browser, world: World):
    for address in world.addresses:
        answer = ada.get(address)
        assert answer.status_code == 200, address
        whole = answer.text.partition("<main")[2]
        assert not re.search(r"<script|<img|onerror=alert\(2\)>", whole), address
        assert 'href="javascript:' not in whole, address
        assert not any(c in whole for c in "\x1b\N{RIGHT-TO-LEFT OVERRIDE}"), address
        assert "{{ 7*7 }}" in whole or "7*7" not in whole, address


def test_a_list_of_long_titles_stays_short(ada: Browser, world: World):
    assert len(ada.get("/links").data) < 20_000


def test_the_whole_of_a_long_text_is_on_its_own_page(ada: Browser, world: World):
    assert "x" * 10_000 in ada.get(f"/links/{world.harm.link}").text


def test_looking_changes_nothing(ada: Browser, parts: Parts, world: World):
    before = store_of(parts)
    for address in world.addresses:
        ada.get(address)
    assert store_of(parts) == before
    assert {action for _, action, _ in audit(parts)} <= {"login"}


# -- links


@pytest.mark.parametrize("looked_for", ["q=checkout", "q=INC-12&status=open", "kind=incident", "system=rootly"])
def test_links_are_found_by_words_and_filters(ada: Browser, world: World, looked_for: str):
    assert world.plain.link in ada.get(f"/links?{looked_for}").text


def test_empty_filters_ask_for_nothing(ada: Browser, world: World):
    assert len(rows(ada.get("/links?q=&status=&kind=&system=").text)) == 3


def test_what_fits_nothing_is_said_in_a_sentence(ada: Browser, world: World):
    assert "No link fits." in ada.get("/links?status=resolved").text


def test_a_word_that_is_no_choice_is_refused_by_name(ada: Browser):
    answer = ada.get("/links?status=gone")
    assert (answer.status_code, answer.mimetype) == (422, "text/html")
    assert "Status is one of live, open, acknowledged" in answer.text


def test_older_links_are_a_page_further_which_stands_still(ada: Browser, world: World, monkeypatch):
    monkeypatch.setattr("bridge.web.console.lists.ROWS", 2)
    first = ada.get("/links?kind=incident").text
    older = re.search(r'href="(/links\?before=\w+&amp;kind=incident)" rel="next"', first)
    assert older, "no way to older rows"
    second = ada.get(older[1].replace("&amp;", "&")).text
    assert (len(rows(first)), len(rows(second))) == (2, 1)
    assert ("hx-trigger=\"every 2s" in first, "hx-trigger=\"every 2s" in second) == (True, False)  # fmt: skip
    assert "← Newest" in second


def test_one_link_says_how_it_stands_on_both_sides(ada: Browser, world: World):
    text = ada.get(f"/links/{world.given_up.link}").text
    assert "Nobody was paged: the page was given up, refused. “Send again” retries it." in text
    assert 'href="https://rootly.example/1"' in text
    assert f'href="/calls/{world.given_up.call}"' in text
    assert f'href="/deliveries/{world.given_up.delivery}"' in text
    assert [f'<div class="{side} ' in text for side in ("pagertree", "bridge", "rootly")] == [True] * 3


def test_a_link_is_found_by_the_id_of_any_object_in_it(ada: Browser, parts: Parts, world: World):
    with parts.store.reports() as reports:
        incident = reports.link(world.plain.link)["origin"]["id"]
    assert world.plain.link in ada.get(f"/links/{incident}").text


@pytest.mark.parametrize("address", ["/links/x", "/deliveries/x", "/calls/x", "/links/%00", "/links/x/unlink"])
def test_what_is_not_there_is_a_page_that_says_so(ada: Browser, address: str):
    answer = ada.get(address)
    assert answer.status_code == 404
    assert "There is no such" in answer.text


# -- deliveries and calls


@pytest.mark.parametrize("asked", ["verdict=quarantined", "reason=alert", "door=webhook", "source=rootly", "since=2h"])
def test_deliveries_are_found_by_filters(ada: Browser, world: World, asked: str):
    assert world.quarantined in ada.get(f"/deliveries?{asked}").text


def test_deliveries_of_a_time_to_come_are_none(ada: Browser, world: World):
    assert "No delivery fits." in ada.get("/deliveries?since=2999-01-01+12:00").text


@pytest.mark.parametrize("said", ["soon", "1h30m", "99999-01-01"])
def test_a_time_that_is_none_is_refused_by_name(ada: Browser, said: str):
    answer = ada.get(f"/deliveries?since={said}")
    assert answer.status_code == 422
    assert "Since (UTC) is a time" in answer.text


def test_one_delivery_tells_what_came_and_what_it_caused(ada: Browser, world: World):
    text = ada.get(f"/deliveries/{world.plain.delivery}").text
    assert "{\n  &#34;title&#34;: &#34;Checkout&#34;\n}" in text
    assert f'href="/calls/{world.plain.call}"' in text
    assert f'href="/links/{world.plain.link}"' in text


def test_secrets_that_came_along_are_masked(ada: Browser, parts: Parts):
    kept = delivery(parts, "Authorization: Bearer AAAABBBBCCCCDDDDEEEE and https://x/?token=s3cret-of-others")
    text = ada.get(f"/deliveries/{kept}").text.partition("What came")[2]
    assert "AAAABBBB" not in text
    assert "s3cret-of-others" not in text
    assert "[secret]" in text


def test_calls_are_found_by_how_they_stand(ada: Browser, world: World):
    owed, dead = ada.get("/calls?state=owed&lane=pages").text, ada.get("/calls?state=dead").text
    assert (world.plain.call in owed, world.given_up.call in owed) == (True, False)
    assert (world.plain.call in dead, world.given_up.call in dead) == (False, True)
    assert f'<a href="/links/{world.plain.link}"><bdi>' in owed


def test_one_call_tells_what_is_asked_and_what_was_answered(ada: Browser, world: World):
    text = ada.get(f"/calls/{world.given_up.call}").text
    assert "<bdi>refused</bdi>" in text
    assert "tem_payments" in text
    assert f'href="/deliveries/{world.given_up.delivery}"' in text


def test_no_page_sends_one_to_the_command_line_for_what_its_buttons_do(ada: Browser, world: World):
    given_up = world.given_up
    for address in (f"/calls/{given_up.call}", f"/links/{given_up.link}", f"/deliveries/{given_up.delivery}"):
        text = ada.get(address).text
        assert "“Retry now” on its page tries it again" in text, address
        assert "bridge calls retry" not in text, address
    assert "“Judge it again” on its page does so" in ada.get(f"/deliveries/{world.quarantined}").text


def test_a_delivery_calls_its_link_by_its_title(ada: Browser, world: World):
    plain = world.plain
    (row,) = [one for one in rows(ada.get("/deliveries?verdict=applied").text) if plain.delivery in one]
    assert f'<a href="/links/{plain.link}"><bdi>Checkout</bdi></a>' in row
    text = ada.get(f"/deliveries/{plain.delivery}").text
    assert f'<a href="/links/{plain.link}"><bdi>Checkout</bdi></a> <span class="small">{plain.link}</span>' in text
