"""Regular expressions of routes at their bounds: what is just short enough, and what ECMAScript writes otherwise."""

import warnings

import pytest

from bridge.core.patterns import LONGEST_PATTERN, compile_pattern


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("a{2}$", "baa"), ("^a?b", "b"), ("a+b", "aab"), ("a*b", "b"), ("a{2,}b", "aaab"), ("^a{0,2}$", ""),
        (r"(\d{1,10}){4}", "1234"),
        ("([0-9a-f]{1,4}:){7}", "a:b:c:d:e:f:0:"), ("(a{1,3}){3}", "aaa"), ("(?:ab)+", "abab"), (r"(?<x>a)\k<x>", "aa"),
        ("[[]", "["), ("[]|a", "a"), ("[^]", "\n"), ("{", "{"), (r"\{", "{"), ("(?=a)a", "a"),
        ("(?!b)a", "a"), ("(?<=b)a", "ba"), ("(?<!b)a", "ca"), ("a+?b", "aab"), ("(a?)?b", "b"), ("a+b+", "ab"),
        ("(ab?)c", "ac"), ("[a[]b", "[b"), ("x*y*", ""), ("ax*", "a"), ("(a+)?b", "aab"), ("(a{50}){50}", "a" * 2500),
        ("^a{,3}$", "a{,3}"), ("(a{1,2}){14}", "a" * 14), ("(a{1,3}){9}", "a" * 9), ("a?x*", "a"), ("a+a?", "a"),
    ],
)  # fmt: skip
def test_it_is_found(pattern: str, text: str) -> None:
    assert compile_pattern(pattern)(text)


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("*a", "nothing to repeat"), ("a**", "nothing to repeat"), ("(+a)", "nothing to repeat"),
        ("(a+)+", "repeats what repeats"), (r"(\d{1,10}){5}", "repeats what repeats"), ("a+a+", "twice side by side"),
        ("((a{1,11}){1,10})", "repeats what repeats"), (r"\w*\w*", "twice side by side"),
        ("(?i)a", "is not ECMAScript"),
        ("(?P<x>a)", "is not ECMAScript"), (r"a\Z", r"write \$"), (r"\Aa", r"write \^"), ("a)", "cannot be read"),
        (".*a.*b.*", "more than two wildcards"), ("(", "cannot be read"), ("(a+){2}", "repeats what repeats"),
        ("((a{1,2}){4}){4}", "repeats what repeats"), ("((a+)?)+", "repeats what repeats"),
        ("(a{1,2}){15}", "repeats what repeats"), ("(a+(b))+", "repeats what repeats"),
        ("x(a)*(a)*", "twice side by side"), ("(?:?a)", "nothing to repeat"),
    ],
)  # fmt: skip
def test_it_is_refused_with_a_sentence(pattern: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        compile_pattern(pattern)


@pytest.mark.parametrize(("pattern", "text"), [("[]", "x"), ("^a{,3}$", "aaa"), ("^a{2,3}$", "a")])
def test_it_is_not_found(pattern: str, text: str) -> None:
    assert not compile_pattern(pattern)(text)


def test_a_bracket_in_a_class_is_never_a_set_that_python_warns_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compile_pattern("[[qz]")("[")


def test_a_pattern_may_be_as_long_as_the_bound_and_no_longer() -> None:
    assert compile_pattern("a" * LONGEST_PATTERN)("a" * LONGEST_PATTERN)
    with pytest.raises(ValueError, match="longer than 1000"):
        compile_pattern("a" * (LONGEST_PATTERN + 1))


def test_a_refused_group_is_shown_by_its_beginning() -> None:
    with pytest.raises(ValueError, match=r"^\(\?i\) is not"):
        compile_pattern("(?i)abcdef")


@pytest.mark.parametrize(("pattern", "last"), [("b", 10_000), ("b.*", 10_000), (".*b[^c]*", 1_000)])
def test_a_text_is_searched_to_its_bound_and_no_further(pattern: str, last: int) -> None:
    found = compile_pattern(pattern, "s")
    assert found("a" * (last - 1) + "b")
    assert not found("a" * last + "b")


def test_a_dollar_is_the_end_of_the_text_unless_lines_are_meant() -> None:
    assert not compile_pattern("a$")("a\n")
    assert compile_pattern("a$", "m")("a\nb")


def test_options_that_are_not_known_are_told() -> None:
    with pytest.raises(ValueError, match="not g, x"):
        compile_pattern("a", "xig")
