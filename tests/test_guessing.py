"""Which passwords are taken: what zxcvbn guesses is refused, what chance has made is not."""

from random import Random
from string import ascii_letters, digits, punctuation

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from bridge.guessing import JUDGED, fault_of

FREQUENT = FREQUENCY_LISTS["passwords"][:3000]
EACH = 20  # one of so many is judged in each test below: all of them take a minute


def with_digits(word: str) -> str:
    return (word + "12345678901234")[: max(15, len(word))]


def over_and_over(word: str) -> str:
    return word * (15 // len(word) + 1)


def twice_with_digits(word: str) -> str:
    return (word + word + "1234567890")[: max(15, 2 * len(word))]


def behind_digits(word: str) -> str:
    return "12345678901234"[: max(1, 15 - len(word))] + word


def test_every_one_of_the_3000_most_frequent_passwords_is_refused():
    assert [word for word in FREQUENT if fault_of(word, "ada") is None] == []


@pytest.mark.parametrize("longer", [with_digits, over_and_over, twice_with_digits, behind_digits])
def test_a_frequent_password_is_refused_however_it_is_made_15_signs_long(longer):
    some = [longer(word) for word in FREQUENT[::EACH]] + [longer(word) for word in FREQUENT[:20]]
    assert min(map(len, some)) >= 15
    assert [password for password in some if fault_of(password, "ada") is None] == []


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "abcdefghijklmnopqrst",
        "zyxwvutsrqponmlkj",
        "1234567890123456",
        "qwertyuiopasdfgh",
        "password12345678",
        "P@ssw0rd2026!!!!",
        "adminadminadmin1",
        "1qaz2wsx3edc4rfv",
        "thequickbrownfox",
    ],
)
def test_what_is_guessed_first_is_refused_in_words(password: str):
    assert "guessed first" in (fault_of(password, "ada") or "")


@pytest.mark.parametrize(
    "password",
    [
        "correcthorsebatterystaple",
        "correct-horse-battery-staple",
        "summerwinterspringautumn",
        "passwordadminrootlybridge",
        "Rootly-PagerTree-Bridge-2026",
        "summer2026winter2026",
        "Winter2026Winter!",
        "(Winter2026Summer)",
        "MyBridgePassword2026!",
    ],
)
def test_many_well_known_words_are_no_stronger_for_being_many(password: str):
    assert "guessed first" in (fault_of(password, "ada") or "")


@pytest.mark.parametrize("password", ["qwertzuiopasdfghjklyxcvbnm", "azertyuiopqsdfghjklm"])
def test_the_rows_of_other_keyboards_are_refused(password: str):
    assert "guessed first" in (fault_of(password, "ada") or "")


def test_few_different_signs_are_refused_in_whatever_order():
    assert "guessed first" in (fault_of("1bb11111b1b1bb1a1b", "ada") or "")


def test_the_user_name_makes_a_password_no_stronger_even_in_disguise():
    for password in ("hedwig-lindqvist-2026", "Hedw1gL1ndqv1st!!", "tsivqdnilgiwdeh1"):
        assert "guessed first" in (fault_of(password, "hedwig.lindqvist") or "")
        assert fault_of(password, "ada") is None


@pytest.mark.parametrize(
    "password",
    [
        "x7!Kq9zLm2#vTr5w",
        "kelp-noodle-orbit-fjord",
        "lampfishtroutriver",
        "8472193855279012",
        "пароль-от-моста-длинный",
        "x" + "kelp-noodle" * 23,
    ],
)
def test_a_password_of_one_s_own_is_taken(password: str):
    assert fault_of(password, "ada") is None


def test_passphrases_and_generated_passwords_are_taken():
    chance, words = Random(7), FREQUENCY_LISTS["english_wikipedia"][2000:10_000]
    phrases = [chance.choice("- _.").join(chance.sample(words, 5)) for _ in range(25)]
    made = ["".join(chance.choices(ascii_letters + digits + punctuation, k=15)) for _ in range(25)]
    numbers = ["".join(chance.choices(digits, k=24)) for _ in range(5)]
    assert [one for one in (*phrases, *made, *numbers) if len(one) >= 15 and fault_of(one, "ada")] == []


def test_of_a_long_password_the_beginning_is_judged():
    assert "guessed first" in (fault_of("a" * JUDGED + "x7!Kq9zLm2#vTr5w", "ada") or "")
