"""The audit's chain: whatever other hands do to an entry, or to their order, no longer fits."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from hashlib import sha256

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.core.chain import Entry, Head, follow, missed, noted, told, walk, words

AT = "2026-01-31T12:00:00.250000+00:00"
TEXTS = st.text(max_size=8)
SAID = st.tuples(st.sampled_from((AT, "2026-01-31T12:00:00+00:00")), TEXTS, TEXTS, TEXTS, TEXTS)
MANY = st.lists(SAID, min_size=2, max_size=8)


def sealed(said, older=0):
    """Entries as the store writes them; the first `older` ones by a bridge that knew no chain."""
    head, entries = Head(), []
    for seq, texts in enumerate(said, 1):
        entry = Entry(seq, *texts)
        head = follow(head, entry)
        entries.append(entry if seq <= older else replace(entry, chain=head.chain))
    return entries


def few(count=5, older=0):
    return sealed([(AT, "ada", "replay", f"d{number}", "1 of 1") for number in range(count)], older)


def plain(text):
    return "".join("\ufffd" if letter == "\0" or "\ud800" <= letter <= "\udfff" else letter for letter in text)


def numbered(entries):
    return [replace(entry, seq=seq) for seq, entry in enumerate(entries, 1)]


def test_an_entry_can_be_sealed_with_any_tool_that_writes_json_and_knows_sha_256():
    first, second = few(2)
    line = f'["{first.chain}",2,"{AT}","ada","replay","d1","1 of 1"]'
    assert second.chain == sha256(line.encode()).hexdigest()
    assert first.chain == "268d45984e93d5c34275fbbb1866bc07d83ff27e0558f08d4185c0d33b9cf767"


def test_texts_are_written_as_rfc_8785_has_them():
    entry = Entry(1, AT, '"\\', "\x00\x1f\x7f\t", "\u2028é\U0001f600", "\ud800")
    assert words("", entry).decode() == f'["",1,"{AT}","\\"\\\\","\ufffd\\u001f\x7f\\t","\u2028é\U0001f600","\ufffd"]'


@given(SAID, SAID)
def test_no_two_entries_have_the_same_words(one, other):
    assume([*map(plain, one)] != [*map(plain, other)])
    assert words("", Entry(1, *one)) != words("", Entry(1, *other))


@given(MANY, st.integers(0, 8))
def test_what_was_written_fits(said, older):
    entries = sealed(said, older)
    found = walk(entries, Head())
    assert (found.misfits, found.head.seq, told(found)) == (0, len(entries), ())
    assert walk(numbered(entries), Head(), found.head).met


@given(MANY, st.data())
def test_a_changed_word_is_found(said, data):
    entries = sealed(said)
    place = data.draw(st.integers(0, len(entries) - 1))
    name = data.draw(st.sampled_from(("at", "actor", "action", "subject", "detail", "chain")))
    changed = data.draw(TEXTS)
    assume(changed and plain(changed) != plain(getattr(entries[place], name)))
    entries[place] = replace(entries[place], **{name: changed})
    assert walk(entries, Head()).misfit.seq == place + 1


@given(MANY, st.data())
def test_an_old_entry_that_was_changed_breaks_the_first_seal(said, data):
    older = data.draw(st.integers(1, len(said) - 1))
    entries = sealed(said, older)
    place = data.draw(st.integers(0, older - 1))
    entries[place] = replace(entries[place], detail=entries[place].detail + "!")
    assert walk(entries, Head()).misfit.seq == older + 1


@given(MANY, st.data())
def test_an_entry_taken_out_is_found_even_if_the_others_are_counted_anew(said, data):
    entries = sealed(said)
    del entries[data.draw(st.integers(0, len(entries) - 2))]
    assert walk(entries, Head()).misfit
    assert walk(numbered(entries), Head()).misfit


@given(MANY, SAID, st.data())
def test_an_entry_put_in_is_found(said, new, data):
    entries = sealed(said)
    entries.insert(data.draw(st.integers(0, len(entries) - 1)), Entry(0, *new))
    assert walk(numbered(entries), Head()).misfit


@given(MANY, st.data())
def test_two_entries_that_changed_places_are_found(said, data):
    entries = sealed(said)
    place = data.draw(st.integers(0, len(entries) - 2))
    entries[place], entries[place + 1] = entries[place + 1], entries[place]
    assert walk(entries, Head()).misfit
    assert walk(numbered(entries), Head()).misfit


def test_entries_of_a_bridge_that_was_not_upgraded_yet_are_sealed_by_the_next_that_was():
    entries = few(6)
    for place in (2, 3):
        entries[place] = replace(entries[place], chain="")
    assert not walk(entries, Head()).misfit
    entries[3] = replace(entries[3], detail="other")
    found = walk(entries, Head())
    assert (found.misfit.seq, found.misfit.after) == (5, 2)


def test_entries_that_nobody_has_sealed_yet_are_told():
    entries = few(5)
    entries[4] = replace(entries[4], chain="")
    found = walk(entries, Head())
    assert (found.sealed, found.head.seq) == (4, 5)


def test_the_way_goes_on_behind_what_does_not_fit():
    entries = few(9)
    for place in (2, 6):
        entries[place] = replace(entries[place], detail="other")
    found = walk(entries, Head())
    assert (found.misfit.seq, found.misfits) == (3, 2)
    assert "entry 3 of the audit" in told(found)[0]
    assert "1 behind it" in told(found)[0]


def test_a_walk_may_begin_anywhere():
    entries = few(9)
    assert not walk(entries[4:]).misfit
    assert walk([*entries[4:6], *entries[7:]]).misfit.gap
    before_there_were_seals = walk(few(9, older=6)[4:])
    assert (before_there_were_seals.misfit, before_there_were_seals.head) == (None, Head(9, entries[-1].chain))


def test_a_first_entry_that_is_not_the_first_is_missed_where_all_are_wanted():
    assert walk(few(9)[1:], Head()).misfit.gap
    assert walk([], Head()) == walk([])


def test_a_part_goes_on_from_the_head_that_was_noted_before_it():
    entries = few(9)
    before = Head(4, entries[3].chain)
    found = walk(entries[4:], None, before)
    assert found.met
    assert not found.misfit
    assert walk(entries[4:], None, Head(4, "0" * 64)).misfit.seq == 5


def test_a_head_that_was_noted_shows_what_was_cut_off_or_written_anew():
    entries = few(9)
    head = Head(9, entries[-1].chain)
    assert walk(entries, Head(), Head(9, head.chain[:16])).met
    cut = walk(entries[:7], Head(), head)
    assert (cut.misfit, cut.met, "were cut off" in missed(cut, head)) == (None, False, True)
    anew = walk(sealed([(AT, "eve", "", "", "")] * 9), Head(), head)
    assert (anew.misfit, anew.met, "written anew" in missed(anew, head)) == (None, False, True)
    late = walk(entries[5:], None, Head(2, entries[1].chain))
    assert "begins at entry 6" in missed(late, Head(2, entries[1].chain))


@pytest.mark.parametrize("text", ["", "1", ":", f"1:{'a' * 15}", f"1:{'a' * 65}", f"1:{'A' * 64}", f"-1:{'a' * 64}"])
def test_what_is_no_head_is_not_taken_for_one(text):
    assert noted(text) is None


def test_a_head_is_read_as_it_is_shown():
    head = Head(12, "0123456789abcdef" * 4)
    assert noted(str(head)) == head


def test_an_entry_has_the_words_of_every_field_but_its_seal():
    entry = few(1)[0]
    said = [getattr(entry, field.name) for field in fields(entry)]
    assert json.loads(words("", entry)) == ["", *said[:-1]]
