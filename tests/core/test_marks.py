import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.marks import (
    Mark,
    alert_mark,
    incident_mark,
    integration_mark,
    is_ours,
    page_mark,
    pagertree_key,
    parse_mark,
    sign_text,
    text_code,
    text_mark,
)

UUID = "5f1c0000-0000-4000-8000-000000000001"
IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


def test_marks_are_written_as_the_design_says():
    assert incident_mark(UUID, 2) == f"rootly:{UUID}#2"
    assert incident_mark(UUID, 1, "critical") == f"rootly:{UUID}#1+critical"
    assert alert_mark(UUID, 1) == f"rootly-alert:{UUID}#1"
    assert page_mark("01J0", 3) == "page:01J0#3"
    assert integration_mark("int_uptime", "disk#4", 1) == "int_uptime:disk#4#1"
    assert pagertree_key("alt_1") == "pagertree:alt_1"


def test_a_mark_is_read_back_as_it_was_written():
    assert parse_mark(incident_mark(UUID, 2, "critical")) == Mark("rootly", UUID, 2, "critical")
    assert parse_mark(alert_mark(UUID, 7)) == Mark("rootly-alert", UUID, 7)
    assert parse_mark(page_mark("01J0", 1)) == Mark("page", "01J0", 1)
    assert parse_mark(pagertree_key("alt_1")) == Mark("pagertree", "alt_1")


@given(IDS, st.integers(1, 10**6))
def test_whatever_id_a_tool_sends_its_mark_is_read_back(thirdparty_id, number):
    mark = integration_mark("int_uptime", thirdparty_id, number)
    assert parse_mark(mark, {"int_uptime"}) == Mark("int_uptime", thirdparty_id, number)


def test_a_mark_of_over_a_hundred_characters_is_known_by_its_hash():
    long, longer = integration_mark("int_x", "d" * 92, 1), integration_mark("int_x", "d" * 93, 1)
    assert (len(long), long[:6]) == (100, "int_x:")
    assert longer.startswith("sha256:")
    assert len(longer) == 71
    assert is_ours(longer)
    assert parse_mark(longer) == Mark("sha256", longer[7:])
    assert longer != integration_mark("int_x", "d" * 93, 2)


@pytest.mark.parametrize("mark", ["", None, "alt_1", "rootly:", "rootly:x", "rootly:x#0", "rootly:x#1+", "sha256:12"])
def test_what_is_not_written_like_a_mark_is_not_ours(mark):
    assert not is_ours(mark)


def test_the_mark_of_our_own_alarms_is_always_ours():
    assert is_ours(integration_mark("bridge", "bridge:circuit:rootly", 1))


def test_an_integrations_mark_is_ours_only_where_that_integration_is():
    assert is_ours("int_uptime:disk#1", {"int_uptime"})
    assert not is_ours("int_uptime:disk#1")
    assert not is_ours("int_other:disk#1", {"int_uptime"})


def test_a_key_on_the_rootly_side_is_no_mark_of_a_page():
    assert not is_ours(pagertree_key("alt_1"))


def test_a_signed_text_is_known_again_by_its_call():
    signed = sign_text("Acknowledged by Ada.\n", "01J0")
    assert signed == f"Acknowledged by Ada. [bridge:{text_code('01J0')}]"
    assert text_mark(signed) == text_code("01J0") != text_code("01J1")


@pytest.mark.parametrize(
    "changed",
    [
        "<p>{}</p>",
        "<div class='trix-content'><p>{}<br></p>\n</div>\n",
        "{} \u00a0\n\n",
        "<p>{}&nbsp;</p>",
        "**{}**",
        "{}\u200b",
    ],
)
def test_our_mark_is_found_through_a_vendors_wrapping(changed):
    assert text_mark(changed.format(sign_text("Resolved", "01J0"))) == text_code("01J0")


def test_our_mark_is_found_escaped_and_linked():
    code = text_code("01J0")
    assert text_mark(rf"Resolved \[bridge:{code}\]") == code
    assert text_mark(f"Resolved &#91;bridge:{code}&#93;") == code
    assert text_mark(f'Resolved [<a href="bridge:{code}">bridge:{code}</a>]') == code


def test_a_person_who_quotes_our_text_and_answers_is_a_person():
    assert text_mark(f"> {sign_text('Resolved', '01J0')}\n\nAre you sure?") is None
    assert text_mark("see [bridge:short]") is None
    assert text_mark("") is None


def test_a_signature_alone_is_a_text():
    assert text_mark(sign_text("", "01J0")) == text_code("01J0")
    assert not sign_text("", "01J0").startswith(" ")


@given(st.text(), st.text(min_size=1, max_size=30).filter(lambda text: text.isprintable()))
def test_every_signed_text_is_ours(text, call):
    assert text_mark(sign_text(text, call)) == text_code(call)
