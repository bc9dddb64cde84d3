"""The clock of matches at its edges: every token of a format, midnight and noon, the ends of what a clock can show."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bridge.core.moments import compile_format, find_zone, read_time, read_time_format, window

MORNING = datetime(2024, 1, 7, 0, 5, 9, tzinfo=UTC)  # a Sunday
EVENING = datetime(2024, 12, 31, 23, 45, 50, tzinfo=ZoneInfo("Asia/Kolkata"))  # a Tuesday


@pytest.mark.parametrize(
    ("form", "morning", "evening"),
    [
        ("YYYY YY GGGG Q", "2024 24 2024 1", "2024 24 2025 4"),
        ("MMMM MMM MM M", "January Jan 01 1", "December Dec 12 12"),
        ("WW W DDDD DDD DD D", "01 1 007 7 07 7", "01 1 366 366 31 31"),
        ("dddd ddd dd d E", "Sunday Sun Su 0 7", "Tuesday Tue Tu 2 2"),
        ("HH H hh h A a", "00 0 12 12 AM am", "23 23 11 11 PM pm"),
        ("mm m ss s", "05 5 09 9", "45 45 50 50"),
        ("ZZ Z X", "+0000 +00:00 1704585909", "+0530 +05:30 1735668950"),
        ("YYYY[T-]MM/DDTHH", "2024T-01/07T00", "2024T-12/31T23"),
    ],
)
def test_a_format_writes_each_of_its_tokens(form: str, morning: str, evening: str) -> None:
    write = compile_format(form)
    assert (write(MORNING), write(EVENING)) == (morning, evening)


def test_every_month_and_weekday_has_its_name() -> None:
    months = [compile_format("MMMM Q")(datetime(2024, month, 1, tzinfo=UTC)) for month in range(1, 13)]
    assert months == [
        "January 1", "February 1", "March 1", "April 2", "May 2", "June 2",
        "July 3", "August 3", "September 3", "October 4", "November 4", "December 4",
    ]  # fmt: skip
    days = [compile_format("dddd")(datetime(2024, 1, day, tzinfo=UTC)) for day in range(1, 8)]
    assert days == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


@pytest.mark.parametrize(
    ("form", "text", "read"),
    [
        ("hh:mm a", "12:00 am", time(0, 0)),
        ("hh:mm a", "12:00 pm", time(12, 0)),
        ("hh:mm a", "1:59 PM", time(13, 59)),
        ("hh:mm A", "11:59 pm", time(23, 59)),
        ("h A", "5   AM", time(5, 0)),
        ("H:m:s", "0:0:59", time(0, 0, 59)),
        ("HH:mm:ss", "23:59:00", time(23, 59)),
        ("HH[h]mm", " 07h30 ", time(7, 30)),
        ("HH.mm", "7.30", time(7, 30)),
    ],
)
def test_a_time_is_read_in_its_format(form: str, text: str, read: time) -> None:
    assert read_time(text, read_time_format(form)) == read


@pytest.mark.parametrize(
    ("form", "text"),
    [("HH:mm", "24:00"), ("HH:mm", "23:60"), ("HH:mm:ss", "23:00:60"), ("hh a", "0 am"), ("hh a", "13 pm"),
     ("HH.mm", "7x30"), ("HH:mm", "soon"), ("HH:mm", "123:00")],
)  # fmt: skip
def test_what_no_clock_shows_is_not_read(form: str, text: str) -> None:
    with pytest.raises(ValueError, match="is not a time in the format"):
        read_time(text, read_time_format(form))


@pytest.mark.parametrize("form", ["mm", "YYYY HH", "HH HH", "HH hh", "ss a", "HH D"])
def test_a_time_format_names_the_hour_and_nothing_twice_and_no_date(form: str) -> None:
    with pytest.raises(ValueError, match="must name the hour"):
        read_time_format(form)


@pytest.mark.parametrize("form", ["", None, 7])
def test_a_format_is_a_text(form: object) -> None:
    with pytest.raises(ValueError, match="needs a format"):
        compile_format(form)


@pytest.mark.parametrize(
    ("name", "fault"), [(7, "needs the name"), ("Mars/Base", "is not a time zone"), ("../x", "is")]
)
def test_a_zone_that_is_none_is_told(name: object, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        find_zone(name)


@pytest.mark.parametrize("name", ["UTC", "Etc/UTC"])
def test_utc_needs_no_database(name: str) -> None:
    assert find_zone(name) is UTC


def test_a_letter_that_is_not_known_is_told() -> None:
    with pytest.raises(ValueError, match="'x' in the format"):
        compile_format("HHx")


def test_a_time_without_quotes_is_a_number_and_told() -> None:
    with pytest.raises(ValueError, match="needs a time in quotes"):
        read_time(1020, read_time_format("HH:mm"))


@pytest.mark.parametrize(("hour", "minute", "inside"), [(8, 59, False), (9, 0, True), (17, 0, True), (17, 1, False)])
def test_a_window_by_day_holds_from_its_first_to_its_last_minute(hour: int, minute: int, inside: bool) -> None:
    holds = window(time(9), time(17), UTC, read_time_format("HH:mm"))
    assert holds(MORNING.replace(hour=hour, minute=minute, second=59)) is inside


@pytest.mark.parametrize(("hour", "minute", "inside"), [(21, 59, False), (22, 0, True), (6, 0, True), (6, 1, False)])
def test_a_window_over_midnight_holds_from_its_first_to_its_last_minute(hour: int, minute: int, inside: bool) -> None:
    holds = window(time(22), time(6), UTC, read_time_format("HH:mm"))
    assert holds(MORNING.replace(hour=hour, minute=minute)) is inside


def test_a_window_of_one_minute_holds_for_that_minute_only() -> None:
    holds = window(time(9), time(9), UTC, read_time_format("HH:mm"))
    assert [holds(MORNING.replace(hour=9, minute=minute)) for minute in (0, 1)] == [True, False]


def test_noon_is_the_first_minute_of_the_afternoon() -> None:
    noon, before = MORNING.replace(hour=12, minute=0), MORNING.replace(hour=11, minute=59)
    assert [compile_format("h:mm A a")(at) for at in (before, noon)] == ["11:59 AM am", "12:00 PM pm"]
