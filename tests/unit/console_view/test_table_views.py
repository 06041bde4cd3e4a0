"""The pure views of lists: durations, spans, columns, filters, dates, plans."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from penstock.errors import UsageError
from penstock.model.plan_change import PlanChange
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.views.dags import DagRow
from penstock.model.views.one_task import TaskHistory
from penstock.model.views.plans import PlanItem
from penstock.model.views.runs import RunRow, TaskRow
from penstock_tui.view import (
    all_run_rows,
    dag_rows,
    durations,
    filters,
    history,
    moments,
    plan_rows,
    run_rows,
    task_rows,
)
from penstock_tui.view.columns import Column, chosen
from penstock_tui.view.spans import fit, text_of, width, wrap
from penstock_tui.view.state_style import Looks, known_states

NOW = datetime(2026, 8, 21, 6, 14, 4, tzinfo=UTC)
TEXTS = st.text(alphabet="ab 漢字é", max_size=30)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "-"),
        (0.04, "0.0s"),
        (9.94, "9.9s"),
        (42.4, "42s"),
        (842, "14m02s"),
        (11220, "3h07m"),
        (1047600, "12d03h"),
    ],
)
def test_spans_of_time(seconds: float | None, shown: str) -> None:
    assert durations.span(seconds) == shown


def test_moments_are_read_by_the_clock_of_a_zone() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert durations.past(NOW - timedelta(minutes=3), NOW, berlin) == "08:11:04"
    assert durations.past(NOW - timedelta(hours=9), NOW, berlin) == "yest. 23:14"
    assert durations.coming(NOW + timedelta(minutes=47), NOW) == "in 47m"
    assert durations.coming(NOW - timedelta(minutes=2), NOW) == "due 2m"
    assert durations.stamp(datetime(2026, 8, 20, 22, tzinfo=UTC), berlin) == "2026-08-21"
    assert durations.zone("Nowhere/Land") is UTC


@pytest.mark.parametrize(
    ("amount", "shown"), [(None, "-"), (640, "640"), (14336, "14K"), (1181116006, "1.1G")]
)
def test_sizes(amount: float | None, shown: str) -> None:
    assert durations.size(amount) == shown


def test_runs_by_date_are_in_the_order_of_the_dates_shown() -> None:
    def run(run_id: str, day: int | None, due: int) -> RunRow:
        logical = None if day is None else datetime(2013, 1, day, tzinfo=UTC)
        return RunRow(
            dag_id="d",
            run_id=run_id,
            run_type=RunType.MANUAL,
            state=RunState.SUCCESS,
            logical_date=logical,
            data_interval_start=None,
            data_interval_end=None,
            run_after=NOW - timedelta(hours=due),
            start=None,
            end=None,
        )

    runs = [run("asked today", 1, 0), run("backfilled", 31, 9), run("without a date", None, 5)]
    runs.sort(key=run_rows.order("date"))
    assert [each.run_id for each in runs] == ["without a date", "backfilled", "asked today"]


def test_every_state_looks_like_itself_in_both_alphabets() -> None:
    for looks in (Looks(), Looks(ascii=True)):
        glyphs = {state: looks.glyph(state) for state in known_states()}
        assert all(cell_len(glyph) == 1 for glyph in glyphs.values())
        assert all(state.value in glyphs for state in (*RunState, *TaskState))
    assert all(Looks(ascii=True).glyph(state).isascii() for state in known_states())
    letters = [Looks(ascii=True).glyph(state.value) for state in TaskState]
    assert len(set(letters)) == len(letters)


@given(st.lists(TEXTS, max_size=5), st.integers(1, 40), st.sampled_from(["left", "right"]))
def test_fitted_spans_have_exactly_the_cells(texts: list[str], cells: int, side: str) -> None:
    spans = [(text, "") for text in texts]
    assert width(fit(spans, cells, align=side, keep=side)) == cells  # type: ignore[arg-type]


def test_a_strip_of_runs_keeps_its_newest_end() -> None:
    assert text_of(fit([("abcdef", "")], 3, keep="right")) == "def"
    assert text_of(fit([("abcdef", "")], 3)) == "ab…"


@given(TEXTS, st.integers(2, 20))
def test_wrapped_lines_fit_and_lose_no_word(text: str, cells: int) -> None:
    lines = wrap(text, cells)
    assert all(cell_len(line) <= cells for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.integers(1, 200))
def test_columns_fit_where_they_can(cells: int) -> None:
    columns = (
        Column("a", "A", 10, most=30),
        Column("b", "B", 8, drop=1),
        Column("c", "C", 5, drop=3),
        Column("d", "D", 7, most=9, drop=2),
    )
    layout = chosen(columns, cells)
    total = sum(width for _, width in layout) + len(layout) - 1
    assert [index for index, _ in layout] == sorted(index for index, _ in layout)
    assert layout[0][0] == 0
    if cells >= 10:
        assert total <= cells
    if cells >= 33:
        assert len(layout) == 4


def test_filters_take_fields_alternatives_text_and_inversion() -> None:
    row = {"state": ["failed"], "owner": ["Data-Core"], "text": ["orders_daily"]}
    for source, passes in (
        ("", True),
        ("!", True),
        ("state:failed", True),
        ("state:running,fail", True),
        ("state:running", False),
        ("OWNER:data", True),
        ("daily", True),
        ("daily state:running", False),
        ("!daily", False),
        ("!state:running", True),
        ("other:thing", False),
        ("state:", True),
        ("!state:", True),
        ("!daily state:failed", False),
        ("!weekly state:failed", True),
        ("state:failed !weekly", True),
        ("daily !state:failed", False),
        ("!weekly !state:running", True),
        ("!weekly !daily", False),
        ("!!daily", True),
        ("daily !", True),
        ("!state:running,failed", False),
    ):
        assert filters.parse(source, ("state", "owner")).passes(row) is passes, source


@pytest.mark.parametrize(
    ("source", "passes"),
    [
        ('"two words"', True),
        ('"words two"', False),
        ("words two", True),
        ('!"two words"', False),
        ('!"words two"', True),
        ('owner:"Ada L"', True),
        ('owner:"Bob B","Ada L"', True),
        ('owner:"Ada,L"', False),
        ('!owner:"Ada L" two', False),
        ('"two wo', True),
        ('"!bang"', True),
        ('"state:x"', True),
        ('""', True),
        ('"', True),
        ('"漢字 x"', True),
    ],
)
def test_quotes_keep_spaces_and_what_they_hold_is_text(source: str, passes: bool) -> None:
    row = {"owner": ["Ada Lovelace"], "text": ["has two words !bang state:x 漢字 x"]}
    assert filters.parse(source, ("state", "owner")).passes(row) is passes


@pytest.mark.parametrize(
    ("source", "passes"),
    [
        ("weekly or daily", True),
        ("weekly or monthly", False),
        ("daily state:running or owner:data", True),
        ("daily state:running or owner:ops", False),
        ("owner:ops or daily state:failed", True),
        ("!daily or !weekly", True),
        ("!daily OR !state:failed", False),
        ("weekly or", False),
        ("daily or", True),
        ("or", True),
        ("or weekly", False),
        ("weekly or or daily", True),
        ("a or b or state:fail,run", True),
        ('weekly "or" daily', False),
        ("order", True),
        ("!or daily", False),
    ],
)
def test_or_begins_an_alternative(source: str, passes: bool) -> None:
    row = {"state": ["failed"], "owner": ["Data-Core"], "text": ["orders_daily"]}
    assert filters.parse(source, ("state", "owner")).passes(row) is passes


def test_a_filter_of_all_runs_asks_for_every_alternative_with_its_own_dates() -> None:
    fields = ("state", "dag", "since", "until")
    wanted = filters.parse("state:failed since:2h or dag:x !state:held or since:nonsense", fields)
    asked = all_run_rows.asked(wanted, "date", reverse=False, now=NOW)
    first, second = asked.query, *asked.query.others
    assert [term.values for term in first.terms] == [("failed",)]
    assert first.since == NOW - timedelta(hours=2)
    assert [(term.field, term.values, term.inverted) for term in second.terms] == [
        ("dag", ("x",), False),
        ("state", ("held",), True),
    ]
    assert second.since is None
    assert "nonsense" in asked.unclear


@given(st.text(max_size=40))
def test_any_text_is_a_filter(source: str) -> None:
    filters.parse(source, ("state",)).passes({"state": ["x"], "text": ["y"]})


def test_typed_dates_and_spans() -> None:
    assert moments.moment("2026-08-21") == datetime(2026, 8, 21)
    assert moments.moment("2026-08-21", end_of_day=True) == datetime(2026, 8, 21, 23, 59, 59)
    assert moments.moment("2026-08-21T06:00+02:00", end_of_day=True).utcoffset() == timedelta(hours=2)
    assert moments.until("1d12h", NOW) == NOW + timedelta(hours=36)
    assert moments.until("90m", NOW) == NOW + timedelta(minutes=90)
    assert moments.until(" ", NOW) is None
    with pytest.raises(UsageError, match="not a date"):
        moments.moment("tomorrow")


def point(day: int, before: str, after: str, hour: int = 0) -> PlanItem:
    at = datetime(2026, 7, day, hour, tzinfo=UTC)
    return PlanItem(dag_id="d", run_id=None, task_id=None, before=before, after=after, logical_date=at)


def test_dates_of_a_backfill_show_what_happens_to_each() -> None:
    items = [
        point(1, "", "queued"),
        point(2, "failed", "queued"),
        point(3, "success", "success"),
        point(4, "running", "running"),
        point(5, "queued", "queued"),
    ]
    assert [plan_rows.choice_of(item) for item in items] == [
        "create",
        "rerun",
        "kept",
        "in_flight",
        "in_flight",
    ]
    lines = [text_of(line) for line in plan_rows.date_lines(items, 60, Looks(), UTC)]
    assert lines == ["2026-07  01+  02⟳  03⊜  04▸  05▸ "]
    narrow = plan_rows.date_lines(items, 20, Looks(), UTC)
    assert all(width(line) <= 20 for line in narrow)


def test_days_are_those_of_the_dags_clock() -> None:
    lines = plan_rows.date_lines([point(1, "", "queued", hour=22)], 60, Looks(), ZoneInfo("Europe/Berlin"))
    assert text_of(lines[0]).startswith("2026-07  02+")


def test_points_finer_than_a_day_stand_on_lines_of_their_own() -> None:
    items = [point(1, "", "queued", hour) for hour in range(3)]
    lines = [text_of(line) for line in plan_rows.date_lines(items, 60, Looks(), UTC)]
    assert lines[1] == "2026-07-01T01:00  + create"


@pytest.mark.parametrize("ascii", [False, True])
def test_counts_of_a_backfill_have_a_mark_each(ascii: bool) -> None:  # noqa: A002
    states = ("failed", "running", "waiting", "success", "kept", "skipped", "cancelled")
    assert len({Looks(ascii=ascii).glyph(state) for state in states}) == len(states)


def test_what_is_in_quarantine_has_a_mark_its_reason_and_a_word_to_filter_by() -> None:
    looks, reason = Looks(), "KeyError: 'x'"
    dag = DagRow(dag_id="bad", file="bad.py", schedule="-", timezone="UTC", quarantined=reason)
    assert dag_rows.state_of(dag) == "quarantined"
    assert "quarantine" in text_of(dag_rows.cells(dag, NOW, UTC, looks)[2])
    assert "quarantined" in dag_rows.seen(dag)["state"]
    run = RunRow(
        dag_id="bad", run_id="m", run_type=RunType.MANUAL, state=RunState.RUNNING, logical_date=None,
        data_interval_start=None, data_interval_end=None, run_after=NOW, start=NOW, end=None,
        quarantined=reason,
    )  # fmt: skip
    cells = run_rows.cells(run, NOW, UTC, UTC, looks)
    assert "quarantine" in text_of(cells[1])
    assert f"in quarantine: {reason}" in text_of(cells[6])
    assert "quarantined" in run_rows.seen(run)["state"]
    fine = DagRow(dag_id="fine", file="f.py", schedule="-", timezone="UTC", last_run=run)
    assert "!run" in text_of(dag_rows.cells(fine, NOW, UTC, looks)[0])


def test_what_has_changed_in_a_plan_comes_first_with_its_sign() -> None:
    def item(task_id: str, before: str = "failed") -> PlanItem:
        return PlanItem(dag_id="d", run_id="r", task_id=task_id, before=before, after="pending")

    same, new, was, now, gone = item("same"), item("new"), item("b"), item("b", "success"), item("gone")
    change = PlanChange(came=(new,), moved=((was, now),), went=(gone,))
    lines = plan_rows.item_lines([same, new, now], 60, Looks(), UTC, [change])
    assert [text_of(line).split()[:2] for line in lines] == [
        ["+", "new"],
        ["~", "b"],
        ["-", "gone"],
        ["same", "✗"],
    ]


@pytest.mark.parametrize(
    ("tasks", "first", "log"),
    [
        ([], None, None),
        ([("a", "pending", 0)], "a", None),
        ([("a", "success", 1), ("b", "success", 1), ("c", "pending", 0)], "a", "b"),
        ([("a", "success", 1), ("b", "running", 1), ("c", "failed", 1)], "c", "c"),
        ([("a", "success", 1), ("b", "failed", 0)], "b", "a"),  # marked by hand: nothing to read
        ([("a", "running", 1), ("b", "up_for_retry", 1), ("c", "success", 1)], "a", "a"),
        ([("a", "success", 1), ("b", "up_for_retry", 1), ("c", "success", 1)], "b", "b"),
    ],
)
def test_which_task_is_looked_at_and_which_log_is_read(
    tasks: list[tuple[str, str, int]], first: str | None, log: str | None
) -> None:
    rows = [
        TaskRow(
            task_id=task_id,
            map_index=-1,
            state=TaskState(state),
            try_number=attempts,
            max_tries=1,
            operator="BashOperator",
            attempts=attempts,
        )
        for task_id, state, attempts in tasks
    ]
    looked, read = task_rows.first_to_look_at(rows), task_rows.log_to_read(rows)
    assert (looked and looked.task_id, read and read.task_id) == (first, log)


def test_the_plot_of_a_task_without_runs_says_so() -> None:
    nothing = TaskHistory(dag_id="d", task_id="t")
    lines = history.plot_lines(nothing, NOW, Looks(), (40, 9), None)
    assert [text_of(line).strip() for line in lines[-2:]] == ["peak -", "cpu -"]
