"""What the run screen says: rows, titles, details, figures."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, timedelta
from functools import cache

import pytest
from rich.cells import cell_len
from rich.style import Style

from fakes.believable import believable as make_world
from fakes.world import NOW, World, replace
from penstock.model.barriers import BarrierKind
from penstock.model.drawing.nodes import run_groups, run_nodes
from penstock.model.drawing.order import Order
from penstock.model.outcome import Outcome, OutcomeKind, describe
from penstock.model.states import RunState, TaskState
from penstock.model.summary import summary
from penstock.model.views.attempts import AttemptRow, Sample
from penstock.model.views.pauses import PauseInfo
from penstock.model.views.runs import RunDetail, TaskRow, Turn
from penstock.model.views.why import Barrier, Why
from penstock_tui.view import dag_rows, details, task_rows
from penstock_tui.view.log_line import marked, pieces_of
from penstock_tui.view.rails import RowKind, lay_out_order
from penstock_tui.view.rails_text import RowText, joined
from penstock_tui.view.spans import cut_middle, give_way, text_of, width
from penstock_tui.view.sparkline import rates, resource_lines, sparkline
from penstock_tui.view.state_style import Looks
from penstock_tui.view.why_text import why_lines


@cache
def believable() -> World:
    return make_world()


def detail_of(dag_id: str) -> RunDetail:
    world = believable()
    return world.runs[dag_id, world.runs_of(dag_id)[0].run_id]


def task_of(**changes: object) -> TaskRow:
    task: TaskRow = replace(detail_of("orders_daily").tasks[0], **changes)
    return task


def test_a_group_shows_its_worst_state() -> None:
    state = TaskState
    assert summary([state.SUCCESS, state.RUNNING, state.FAILED]) is state.FAILED
    assert summary([state.SUCCESS, state.PENDING]) is state.PENDING
    assert summary([state.SKIPPED, state.SUCCESS]) is state.SUCCESS
    assert {summary([each]) for each in TaskState} == set(TaskState)


def test_the_first_thing_to_look_at() -> None:
    tasks = detail_of("orders_daily").tasks
    found = task_rows.first_to_look_at(tasks)
    assert found is not None
    assert found.task_id == "join"
    going = task_rows.first_to_look_at(detail_of("fx_rates").tasks)
    assert going is not None
    assert going.state in task_rows.COUNTS_UP
    assert task_rows.first_to_look_at(()) is None


def test_names_do_not_repeat_their_group() -> None:
    assert task_rows.name_of(task_of(task_id="load.dim.a"), ("load", "load.dim")) == "a"
    assert task_rows.name_of(task_of(task_id="load.dim.a"), ("load",)) == "dim.a"
    assert task_rows.name_of(task_of(task_id="other", map_index=3), ("load",)) == "other[3]"
    assert "\x1b" not in task_rows.name_of(task_of(task_id="a\x1b[2Jb"), ())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": TaskState.STOPPING, "stop_deadline": NOW + timedelta(seconds=42)}, " kill in 42s"),
        ({"state": TaskState.STOPPING, "stop_deadline": NOW - timedelta(seconds=1)}, " killing"),
        ({"state": TaskState.UP_FOR_RETRY, "next_at": NOW + timedelta(seconds=95)}, " retry 1m"),
        ({"state": TaskState.UP_FOR_RESCHEDULE, "next_at": NOW - timedelta(seconds=1)}, " poke now"),
        ({"state": TaskState.PENDING, "held": PauseInfo(by="ada", since=NOW)}, " held"),
        ({"state": TaskState.SUCCESS, "next_at": NOW}, ""),
    ],
)
def test_what_a_waiting_task_waits_for(changes: dict[str, object], said: str) -> None:
    assert text_of(task_rows.task_note(task_of(**changes), NOW)) == said


def test_figures_of_a_task_and_a_group() -> None:
    done = task_of(
        start=NOW - timedelta(seconds=100), end=NOW, cpu_seconds=84.0, peak_rss=210 << 20, try_number=2
    )
    cells = {name: text_of(spans) for name, spans in task_rows.task_cells(done, NOW).items()}
    assert cells == {"took": "1m40s", "cpu": "84%", "peak": "210M", "try": "2/3"}
    running = replace(done, state=TaskState.RUNNING, end=None)
    assert text_of(task_rows.task_cells(running, NOW + timedelta(seconds=5))["took"]) == "1m45s"
    blocked = replace(done, state=TaskState.UPSTREAM_FAILED)
    assert text_of(task_rows.task_cells(blocked, NOW)["took"]) == "-"
    group = {name: text_of(spans) for name, spans in task_rows.group_cells([done, running], NOW).items()}
    assert group == {"took": "1m40s", "peak": "210M"}


def test_mapped_parents_stand_for_their_instances() -> None:
    base = detail_of("orders_daily")
    rows = (
        task_of(task_id="a", map_index=0, upstream=()),
        task_of(task_id="a", map_index=1, upstream=()),
        task_of(task_id="b", upstream=("a",)),
    )
    nodes = run_nodes(replace(base, tasks=rows))
    assert [node.key for node in nodes] == ["a[0]", "a[1]", "b"]
    assert nodes[2].upstream == ("a[0]", "a[1]")


def test_a_mapped_task_is_a_row_that_opens() -> None:
    base = detail_of("orders_daily")
    rows = (
        task_of(task_id="a", map_index=0, upstream=()),
        task_of(task_id="a", map_index=1, upstream=(), state=TaskState.FAILED, rendered_map_index="eu"),
        task_of(task_id="b", map_index=0, upstream=("a",)),
        task_of(task_id="b", map_index=1, upstream=("a",)),
    )
    detail = replace(base, tasks=rows, groups=())
    groups = run_groups(detail)
    assert groups == {"a[]": None, "b[]": None}
    nodes = run_nodes(detail)
    assert [node.upstream for node in nodes] == [(), (), ("a[0]",), ("a[1]",)]
    assert task_rows.name_of(rows[1], ("a[]",)) == "[1] eu"
    title = task_rows.group_name("a[]", rows[:2], folded=True, ascii=True)
    assert text_of(title) == "> a[] 2/2 1 failed"


@pytest.mark.parametrize("cells", [26, 36, 60, 120])
@pytest.mark.parametrize("ascii", [False, True])
def test_rows_keep_to_their_width_and_names_stay_longest(cells: int, ascii: bool) -> None:  # noqa: A002
    detail = detail_of("nyc_flights")
    order = Order(run_nodes(detail), {group.group_id: group.parent for group in detail.groups})
    tasks = {task_rows.key_of(task): task for task in detail.tasks}
    text = RowText(lay_out_order(order), order, tasks, Looks(ascii=ascii), cells)
    for row in text.rails.rows:
        drawn = text.row(row, NOW)
        assert width(drawn) <= cells
        assert not ascii or text_of(drawn).replace("…", ".").isascii()
        barred = text.row(row, NOW, bar="reverse")
        assert text_of(barred) == text_of(drawn)
        names = [piece for piece, style in barred if style == "reverse"]
        assert len(names) == (row.kind is not RowKind.BEND)
    assert "took" in text_of(text.titles())
    assert ("cpu" in text_of(text.titles())) is (cells >= 60)


def test_joining_and_cutting_spans() -> None:
    assert joined([("a", ""), ("b", ""), (" ", "dim"), ("c", "dim"), ("", "x")]) == [
        ("ab ", ""),
        ("c", "dim"),
    ]
    assert joined([("a", "reverse"), ("  ", "")]) == [("a", "reverse"), ("  ", "")]


def test_title_of_an_attempt() -> None:
    world = believable()
    attempt: AttemptRow = next(iter(world.attempts.values()))
    lost = replace(attempt, outcome=Outcome(kind=OutcomeKind.LOST, reason="its supervisor\x1b[2J is gone"))
    title = task_rows.attempt_title(task_of(), lost, 2, 3, NOW)
    assert "attempt 2 of 3  lost: its supervisor is gone" in text_of(title)
    assert title[-1][1] == "bold red"
    live = replace(attempt, outcome=None, end=None, start=NOW - timedelta(seconds=9), pid=7)
    assert "9.0s  pid 7" in text_of(task_rows.attempt_title(task_of(), live, 1, 1, NOW))


def test_run_line_long_and_short() -> None:
    detail = replace(detail_of("orders_daily"), frozen=PauseInfo(by="grace", since=NOW))
    wide = text_of(task_rows.run_line(detail, NOW, UTC, Looks(), 120))
    assert "12/12 done  1 failed  5 blocked" in wide
    assert "DAG FROZEN by grace" in wide
    assert "12/12 done ✗1 ⊘5" in text_of(task_rows.run_line(detail, NOW, UTC, Looks(), 74))


@pytest.mark.parametrize("cells", [74, 120, 140])
def test_the_run_line_tells_each_turn_of_a_run_that_was_retried(cells: int) -> None:
    base = detail_of("orders_daily")
    start = NOW - timedelta(hours=2)
    run = replace(base.run, start=start, end=NOW, worked=125.0, reason=None)
    ends = (
        Turn(start=start, end=start + timedelta(seconds=100), state=RunState.FAILED, seconds=100.0),
        Turn(start=NOW - timedelta(seconds=25), end=NOW, state=RunState.SUCCESS, seconds=25.0),
    )
    line = text_of(task_rows.run_line(replace(base, run=run, turns=ends), NOW, UTC, Looks(), cells))
    assert "2m05s (1m40s + 25s)  " in line
    once = text_of(task_rows.run_line(replace(base, run=run, turns=ends[:1]), NOW, UTC, Looks(), cells))
    assert "2m05s  " in once
    many = replace(base, run=replace(run, worked=425.0), turns=(*ends[:1] * 4, *ends[1:]))
    assert "7m05s (.. + 1m40s + 1m40s + 25s)" in text_of(task_rows.run_line(many, NOW, UTC, Looks(), 140))


def in_states(*states: TaskState) -> RunDetail:
    tasks = tuple(task_of(task_id=f"t{place}", state=state) for place, state in enumerate(states))
    base = detail_of("orders_daily")
    counts = Counter(state.value for state in states)
    run = replace(base.run, state=RunState.RUNNING, end=None, reason=None, counts=dict(counts))
    return replace(base, tasks=tasks, run=run, groups=())


def test_every_screen_counts_alike_what_has_ended() -> None:
    state = TaskState
    detail = in_states(
        state.SUCCESS, state.SKIPPED, state.FAILED, state.UPSTREAM_FAILED, state.CANCELLED, state.RUNNING,
        state.REMOVED,
    )  # fmt: skip
    wide = text_of(task_rows.run_line(detail, NOW, UTC, Looks(), 140))
    assert "5/6 done  1 failed  1 blocked  1 cancelled  1 skipped  1 running" in wide
    short = text_of(task_rows.run_line(detail, NOW, UTC, Looks(), 74))
    assert "5/6 done ✗1 ⊘1 ⊗1" in short
    row = believable().dags["orders_daily"].dag
    cells = dag_rows.cells(replace(row, last_run=detail.run, frozen=None, paused=None), NOW, UTC, Looks())
    assert "▸ 5/6 ✗1 ⊘1 ⊗1" in [text_of(cell) for cell in cells]
    title = task_rows.group_name("g", detail.tasks, folded=True, ascii=True)
    assert text_of(title) == "> g 5/6"
    title = task_rows.group_name("g[]", detail.tasks, folded=True, ascii=True)
    assert text_of(title) == "> g[] 5/6 1 failed 1 blocked 1 cancelled"


@pytest.mark.parametrize("cells", [74, 94, 114])
def test_a_long_run_id_gives_way_to_counts_and_holds(cells: int) -> None:
    detail = in_states(TaskState.SUCCESS, TaskState.FAILED, TaskState.CANCELLED, TaskState.PENDING)
    held = PauseInfo(by="ada", since=NOW, why="disk")
    run = replace(detail.run, run_id="manual__2026-11-22T15:27:46.886870+00:00", logical_date=None, held=held)
    line = text_of(task_rows.run_line(replace(detail, run=run), NOW, UTC, Looks(), cells))
    assert "3/4 done" in line[:cells]
    assert "HELD: disk" in line[:cells]
    assert cells < 94 or line.endswith("HELD: disk, by ada")
    assert re.match(r" (orders_daily|orde\w*…\w+) > manu\S*…\S*0 ", line), line


def test_what_gives_way_keeps_both_its_ends() -> None:
    assert cut_middle("abcdefghij", 7) == "abc…hij"
    assert cut_middle("short", 7) == "short"
    assert cell_len(cut_middle("漢字漢字漢字", 6)) <= 6
    spans = [("a" * 30, "x"), ("!", ""), ("b" * 30, "y")]
    assert [len(text) for text, _ in give_way(spans, 50, (2, 0))] == [30, 1, 19]
    assert [len(text) for text, _ in give_way(spans, 34, (2, 0))] == [23, 1, 10]
    assert [len(text) for text, _ in give_way(spans, 10, (2, 0))] == [10, 1, 10]


def test_details_name_barriers_holders_chain_and_attempts() -> None:
    barriers = (
        Barrier(
            kind=BarrierKind.POOL,
            text="pool warehouse is full",
            holders=("load_a",),
            until=NOW + timedelta(minutes=5),
        ),
        Barrier(kind=BarrierKind.RETRY, text="retry delay of b", holders=("b",)),
    )
    why = Why(subject="x", state="scheduled", barriers=barriers, chain=("x", "y", "root"))
    lines = [text_of(line) for line in why_lines(why, NOW, UTC, Looks(), 60)]
    text = "\n".join(lines)
    assert all(len(line) <= 60 for line in lines)
    assert "pool warehouse is full" in text
    assert "load_a" in text
    assert "in 5m" in text
    assert text.count("b") == text.replace("— b", "").count("b")
    assert " because x ← y ← root" in text
    detail = detail_of("orders_daily")
    held = replace(task_of(), held=PauseInfo(by="ada", since=NOW, why="wait\nfor me"), reason="because")
    said = "\n".join(text_of(line) for line in details.task_lines(held, detail, Looks(), 80, NOW))
    assert "task held by ada: wait for me" in said
    assert "reason because" in said
    tries = [attempt for attempt in believable().attempts.values() if attempt.task_id == "join"][-3:]
    shown = [text_of(line) for line in details.attempt_lines(tries, tries[0].attempt_id, NOW, UTC, 80)]
    assert [line[:2] for line in shown] == ["  ", "  ", " >"]


def test_a_long_outcome_is_said_to_its_end() -> None:
    attempt = next(iter(believable().attempts.values()))
    lost = replace(attempt, outcome=Outcome(kind=OutcomeKind.LOST, reason="its supervisor is gone " * 4))
    lines = [text_of(line) for line in details.attempt_lines([lost], None, NOW, UTC, 50)]
    assert all(len(line) <= 50 for line in lines)
    assert " ".join(" ".join(lines).split()).count("its supervisor is gone") == 4
    by_hand = Outcome(kind=OutcomeKind.CANCELLED, reason="cancelled by ada")
    assert describe(by_hand) == "cancelled by ada"
    assert describe(replace(by_hand, reason="a newer run takes its place")).startswith("cancelled: a newer")


def test_sparklines() -> None:
    assert sparkline([0, 50, 100], 10, top=100) == "▁▅█"
    assert sparkline([0, 0], 10) == "▁▁"
    assert sparkline([], 10) == ""
    assert sparkline([1, 9, 1, 1], 2) == "█▁"
    assert sparkline([0, 100], 10, ascii=True).isascii()
    assert len(sparkline(list(range(1000)), 24)) == 24


def samples(*points: tuple[float, int, int]) -> list[Sample]:
    return [
        Sample(
            at=NOW + timedelta(seconds=second),
            cpu_percent=50.0,
            rss=rss,
            read_bytes=read,
            write_bytes=0,
            processes=2,
        )
        for second, rss, read in points
    ]


def test_rates_and_figures() -> None:
    three = samples((0, 1 << 20, 0), (1, 4 << 20, 1024), (3, 2 << 20, 5120))
    assert rates(three, "read_bytes") == [1024, 2048]
    first, second = resource_lines(three, 70, ended=False)
    assert "2.0M of peak 4.0M" in text_of(first)
    assert "read" in text_of(second)
    assert "2.0K/s" in text_of(second)
    ended = text_of(resource_lines(three, 70, ended=True)[0])
    assert "avg 50%" in ended
    assert "peak 4.0M" in ended
    assert all(width(line) <= 50 for line in resource_lines(three, 50, ended=True))
    assert "no figures" in text_of(resource_lines([], 70, ended=True)[0])


def test_lines_take_the_colour_of_their_level_or_their_own() -> None:
    assert pieces_of(b"12:00 ERROR x")[0][1].color == Style(color="red").color
    assert pieces_of(b"12:00 WARN x")[0][1].color == Style(color="yellow").color
    assert pieces_of(b"plain")[0][1] == Style.null()
    own = pieces_of(b"\x1b[32mERROR in green\x1b[0m")
    assert own[0][1].color == Style(color="green").color


def test_hits_are_marked_across_pieces() -> None:
    pieces = [("ab", Style(color="red")), ("cd", Style.null())]
    found = marked(pieces, re.compile("bc"))
    assert [text for text, _ in found] == ["a", "b", "c", "d"]
    assert [bool(style.reverse) for _, style in found] == [False, True, True, False]
    assert marked(pieces, re.compile("x*")) == pieces


@pytest.mark.parametrize(
    ("state", "end", "taken"),
    [
        (TaskState.UP_FOR_RESCHEDULE, 30, "1h00m"),
        (TaskState.RUNNING, None, "1h00m"),
        (TaskState.SUCCESS, 0, "1h00m"),
        (TaskState.UP_FOR_RETRY, 30, "-"),
    ],
)
def test_a_sensor_waits_since_its_first_look(state: TaskState, end: int | None, taken: str) -> None:
    look, last = NOW - timedelta(hours=1), NOW - timedelta(seconds=60)
    ended = None if end is None else NOW - timedelta(seconds=end)
    sensor = replace(detail_of("orders_daily").tasks[0], state=state, first_look=look, start=last, end=ended)
    assert text_of(task_rows.task_cells(sensor, NOW)["took"]) == taken
    assert text_of(task_rows.task_cells(replace(sensor, first_look=None), NOW)["took"]) != "1h00m"
