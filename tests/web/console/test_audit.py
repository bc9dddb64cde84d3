"""The audit as people read it."""

import json
import re

from bridge.app import Parts
from tests.web.console.browser import Browser

SPOILT = "<b>bold</b>\u202eturned"


def write(parts: Parts, count: int, actor: str = "Bob") -> None:
    def work(tx) -> None:
        for number in range(count):
            tx.audit(actor, "replay", f"thing-{number}", SPOILT)

    parts.store.write(work)


def test_who_did_what_is_shown_newest_first_and_by_pages(ada: Browser, parts: Parts):
    write(parts, 60)
    first = ada.get("/audit").text
    assert first.index("thing-59") < first.index("thing-58")
    assert "thing-9<" not in first
    older = first.split('rel="next"')[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
    assert "thing-9<" in ada.get(older).text


def test_it_can_be_filtered(ada: Browser, parts: Parts):
    write(parts, 2, "Eve")
    assert "thing-1<" in ada.get("/audit?actor=Eve&action=replay").text
    assert "thing-1<" not in ada.get("/audit?actor=Eve&action=retry").text
    assert "thing-0<" not in ada.get("/audit?actor=Eve&subject=thing-1").text


def test_what_others_wrote_stays_text(ada: Browser, parts: Parts):
    write(parts, 1)
    page = ada.get("/audit").text
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "\u202e" not in page


def test_the_head_of_the_chain_is_on_the_page_and_the_rows_that_fit_are_a_file(ada: Browser, parts: Parts):
    write(parts, 2, "Mallory")
    with parts.store.reports() as reports:
        head = reports.head()
    page = ada.get("/audit?actor=Mallory&since=2h").text
    assert f'title="{head}">{head.seq}:{head.chain[:16]}<' in page
    (address,) = re.findall(r'href="(/audit/export[^"]*)"', page)
    file = ada.get(address.replace("&amp;", "&"))
    assert [json.loads(line)["actor"] for line in file.data.splitlines()] == ["Mallory"] * 2
    assert "attachment" in file.headers["Content-Disposition"]


def test_the_file_is_for_nobody_who_has_not_logged_in(stranger: Browser):
    assert stranger.get("/audit/export").status_code == 303


def test_a_file_of_something_that_cannot_be_is_refused_by_the_fields_name(ada: Browser):
    refused = ada.get("/audit/export?since=yesterday")
    assert (refused.status_code, "Since (UTC)" in refused.text) == (422, True)
