"""The calendar's pure drawing: which letter a day gets, where it stands, and what is said of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.model.views.points import DayRow
from penstock_tui.view import calendar
from penstock_tui.view.spans import text_of, width

AUGUST = date(2026, 8, 1)


def day(number: int, **counts: int) -> DayRow:
    runs = {"failed": counts.pop("failed")} if "failed" in counts else {}
    return DayRow(day=date(2026, 8, number), counts=counts, runs=runs)


@pytest.mark.parametrize(
    ("row", "letter", "bad"),
    [
        (day(1, ran=1), "R", False),
        (day(1, ran=1, failed=1), "F", True),
        (day(1, ran=23, failed=1), "f", True),
        (day(1, ran=20, skipped=3), "s", True),
        (day(1, skipped=24), "S", True),
        (day(1, ran=5, waiting=1), "w", True),
        (day(1, ran_late=1, ran=3), "l", False),
        (day(1, backfilled=1), "B", False),
        (day(1, ran=3, upcoming=4), "r", False),
        (day(1, upcoming=4), ".", False),
    ],
)
def test_a_day_shows_what_is_most_notable(row: DayRow, letter: str, bad: bool) -> None:
    assert (calendar.letter_of(row)[0], calendar.bad(row)) == (letter, bad)


def test_a_month_is_a_grid_of_weeks() -> None:
    rows = {row.day: row for row in (day(1, ran=1), day(21, skipped=2, ran=1), day(31, upcoming=1))}
    page = calendar.Page(rows, today=date(2026, 8, 21), cursor=date(2026, 8, 3))
    lines = [text_of(line).rstrip() for line in page.lines(AUGUST)]
    assert lines == [
        " August 2026",
        " Mo   Tu   We   Th   Fr   Sa   Su",
        "                           1 R  2",
        "> 3    4    5    6    7    8    9",
        " 10   11   12   13   14   15   16",
        " 17   18   19   20   21 s 22   23",
        " 24   25   26   27   28   29   30",
        " 31 .",
        "",
    ]


def test_marks_the_cursor_and_moved_days_are_signs_not_colours() -> None:
    moved = DayRow(day=date(2026, 8, 4), counts={"ran": 1}, moved_by_dst=True)
    marked = (date(2026, 8, 4), date(2026, 8, 6))
    page = calendar.Page({moved.day: moved}, date(2026, 8, 21), date(2026, 8, 6), marked)
    assert text_of(page.lines(AUGUST)[3]) == "  3  * 4~R* 5  » 6    7    8    9  "


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(-30, 30))
def test_every_day_stands_in_its_month_once(some: date, months: int) -> None:
    month = calendar.first_of(some, months)
    page = calendar.Page({}, today=some, cursor=some)
    lines = page.lines(month)
    assert len(lines) == calendar.MONTH_LINES
    assert {width(line) for line in lines} == {calendar.MONTH_CELLS}
    numbers = " ".join(text_of(line) for line in lines[2:]).replace(">", " ").split()
    assert [int(number) for number in numbers] == list(range(1, calendar.last_of(month).day + 1))
    for number in range(calendar.last_of(month).day):
        each = month + timedelta(days=number)
        cell = each.weekday() * calendar.CELL + 2
        assert calendar.day_at(month, calendar.line_of(each), cell) == each
    assert calendar.day_at(month, 0, 0) is None
    assert calendar.first_of(calendar.same_day(some, months)) == month


def test_a_month_back_from_the_last_of_a_long_one_is_the_last_of_a_short_one() -> None:
    assert calendar.same_day(date(2026, 3, 31), -1) == date(2026, 2, 28)
    assert calendar.same_day(date(2026, 12, 31), 2) == date(2027, 2, 28)


def test_a_day_is_told_in_words() -> None:
    row = DayRow(
        day=AUGUST, counts={"ran": 20, "skipped": 4}, reasons={"paused": 3, "overlap": 1}, runs={"failed": 2}
    )
    said = text_of(calendar.summary(AUGUST, row))
    assert said == "Sat 2026-08-01  24 points: 4 skipped, 20 ran  (paused 3, overlap 1)  2 failed"
    assert "no schedule point" in text_of(calendar.summary(AUGUST, None))
    one = DayRow(day=AUGUST, counts={"skipped": 1}, reasons={"paused": 1}, moved_by_dst=True)
    assert text_of(calendar.summary(AUGUST, one)).endswith(
        "1 point: 1 skipped  (paused)  moved by the clock change"
    )


def test_the_legend_names_every_letter() -> None:
    said = text_of(calendar.legend())
    letters = [face.letter for face in calendar.FACES.values()]
    assert len(set(letters)) == len(letters)
    assert all(f"{face.letter} {face.word}" in said for face in calendar.FACES.values())
