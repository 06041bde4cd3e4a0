"""The timeline of a run: at three sizes, its phases, critical path, sorting, runs that still move."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from drive.console import SIZES, Driver, driving
from fakes.engine import FakeEngine
from fakes.world import NOW, replace
from penstock.model import acts
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import TaskState
from penstock.model.timeline import Links, critical_path, order
from penstock.model.views.attempts import AttemptRow
from penstock.model.views.runs import TaskRow
from penstock_tui.screens.task import TaskScreen
from penstock_tui.screens.timeline import TimelineScreen
from penstock_tui.view import timeline
from penstock_tui.view.spans import text_of
from penstock_tui.view.state_style import Looks
from penstock_tui.view.timeline import Scale, Stretch


async def at_timeline(driver: Driver, dag_id: str = "orders_daily") -> TimelineScreen:
    run_id = driver.engine.world.runs_of(dag_id)[0].run_id
    driver.console.push_screen(TimelineScreen(dag_id, run_id))
    await driver.until(lambda: isinstance(driver.console.screen, TimelineScreen))
    screen = driver.console.screen
    assert isinstance(screen, TimelineScreen)
    await driver.until(lambda: screen.list.tasks and not screen.list.missing())
    return screen


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_tasks_with_their_bars_at_each_size(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await at_timeline(driver)
        await driver.sees("extract_orders", "by start", "06:00:02", "critical path", "1m31s", "▄▄", "██")
        lines = driver.text().splitlines()
        assert all(len(line) <= size[0] for line in lines)
        assert "? more" in lines[-1]


async def test_sorts_by_start_duration_and_name() -> None:
    async with driving() as driver:
        screen = await at_timeline(driver)

        def first() -> str:
            return screen.list.tasks[0].task_id

        assert first() == "extract_orders"
        await driver.press("s")
        await driver.sees("by duration")
        assert first() == "extract_fx"
        assert screen.list.cursor_key == "extract_orders"  # it stays on its task
        await driver.press("s")
        assert first() == "dedupe"
        await driver.press("S")
        await driver.sees("sorted by name, reversed")
        assert first() == "stage_users"


async def test_it_goes_on_while_the_run_moves() -> None:
    async with driving() as driver:
        screen = await at_timeline(driver, "fx_rates")
        await driver.sees("pull_jpy", "▸")
        run_id = driver.engine.world.runs_of("fx_rates")[0].run_id
        driver.engine.set_task("fx_rates", run_id, "pull_nok", state=TaskState.RUNNING, start=NOW)
        await driver.until(
            lambda: any(
                task.task_id == "pull_nok" and task.state is TaskState.RUNNING for task in screen.list.tasks
            )
        )


async def test_acts_marks_failures_and_the_way_inside() -> None:
    async with driving() as driver:
        screen = await at_timeline(driver)
        await driver.press("e")
        assert screen.list.cursor_key == "join"
        await driver.press("r")
        await driver.sees("Retry")
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        retry = driver.engine.acts[0]
        assert isinstance(retry, acts.Retry)
        assert retry.tasks == ("join",)
        await driver.press("asterisk")
        await driver.sees("12 marked")
        await driver.press("escape", "enter")
        await driver.until(lambda: isinstance(driver.console.screen, TaskScreen))


async def test_it_turns_to_other_runs() -> None:
    async with driving() as driver:
        screen = await at_timeline(driver)
        await driver.press("less_than_sign")
        older = driver.engine.world.runs_of("orders_daily")[1].run_id
        await driver.until(lambda: screen.detail is not None and screen.detail.run.run_id == older)
        await driver.press("greater_than_sign")
        await driver.until(lambda: screen.detail is not None and screen.detail.run.run_id != older)
        await driver.press("greater_than_sign")
        await driver.sees("this is the newest run")


async def test_equals_opens_it_from_the_lists() -> None:
    async with driving() as driver:
        await driver.sees("orders_daily")
        driver.console.open_runs("orders_daily")
        await driver.sees("24 runs")
        await driver.press("equals_sign")
        await driver.until(lambda: isinstance(driver.console.screen, TimelineScreen))


# -- phases ----------------------------------------------------------------------------------------

FAILED = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=1)
GOOD = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def task(
    task_id: str,
    *upstream: str,
    state: TaskState = TaskState.SUCCESS,
    ran: tuple[float, float | None] | None = None,
    index: int = -1,
) -> TaskRow:
    return TaskRow(
        task_id=task_id,
        map_index=index,
        state=state,
        try_number=1,
        max_tries=3,
        operator="BashOperator",
        upstream=upstream,
        start=at(ran[0]) if ran else None,
        end=at(ran[1]) if ran and ran[1] is not None else None,
        attempts=1 if ran else 0,
    )


def attempt(queued: float, start: float | None, end: float | None, outcome: Outcome | None) -> AttemptRow:
    return AttemptRow(
        attempt_id=f"{int(queued):012x}-00000000",
        dag_id="d",
        run_id="r",
        task_id="t",
        map_index=-1,
        try_number=1,
        queued=at(queued),
        start=at(start) if start is not None else None,
        end=at(end) if end is not None else None,
        outcome=outcome,
    )


def phases(found: list[Stretch]) -> list[tuple[str, float, float]]:
    return [(one.phase, (one.start - NOW).total_seconds(), (one.end - NOW).total_seconds()) for one in found]


def test_a_task_waits_is_queued_runs_waits_for_its_retry_and_runs_again() -> None:
    tried = [attempt(10, 12, 20, FAILED), attempt(50, 51, 60, GOOD)]
    found = timeline.stretches(task("t", ran=(51, 60)), tried, at(3), at(100))
    assert phases(found) == [
        ("waiting", 3, 10),
        ("queued", 10, 12),
        ("ran", 12, 20),
        ("retry", 20, 50),
        ("queued", 50, 51),
        ("ran", 51, 60),
    ]
    assert [one.state for one in found if one.phase == "ran"] == ["failed", "success"]


@pytest.mark.parametrize(
    ("row", "tried", "ready", "wanted"),
    [
        (task("t", state=TaskState.PENDING), [], None, []),
        (task("t", state=TaskState.SCHEDULED), [], at(5), [("waiting", 5, 100)]),
        (task("t", state=TaskState.UPSTREAM_FAILED), [], at(5), []),
        (
            task("t", state=TaskState.QUEUED),
            [attempt(10, None, None, None)],
            at(10),
            [("queued", 10, 100)],
        ),
        (
            task("t", state=TaskState.RUNNING, ran=(12, None)),
            [attempt(10, 12, None, None)],
            at(10),
            [("queued", 10, 12), ("ran", 12, 100)],
        ),
        (
            task("t", state=TaskState.UP_FOR_RETRY, ran=(12, 20)),
            [attempt(12, 12, 20, FAILED)],
            at(12),
            [("ran", 12, 20), ("retry", 20, 100)],
        ),
        (task("t", ran=(12, 20)), [], at(10), [("waiting", 10, 12), ("ran", 12, 20)]),  # not asked for yet
    ],
)
def test_phases_of_tasks_that_go_on(
    row: TaskRow, tried: list[AttemptRow], ready: datetime | None, wanted: list[tuple[str, float, float]]
) -> None:
    assert phases(timeline.stretches(row, tried, ready, at(100))) == wanted


def test_a_task_is_ready_when_its_last_parent_has_ended() -> None:
    tasks = [task("a", ran=(1, 5)), task("b", ran=(1, 9)), task("c", "a", "b", ran=(12, 20))]
    assert Links(tasks).ready(tasks[2], at(0)) == at(9)
    assert Links(tasks).ready(tasks[0], at(0)) == at(0)
    tasks[1] = task("b", state=TaskState.RUNNING, ran=(1, None))
    assert Links(tasks).ready(tasks[2], at(0)) is None


@pytest.mark.parametrize(
    ("tasks", "path"),
    [
        ([], set()),
        ([task("a", state=TaskState.PENDING)], set()),
        ([task("a", ran=(0, 5)), task("b", "a", ran=(5, 6)), task("x", ran=(0, 3))], {"a", "b"}),
        (
            [task("a", ran=(0, 5)), task("b", ran=(0, 9)), task("c", "a", "b", ran=(9, 12))],
            {"b", "c"},
        ),
        (  # what still runs decides
            [task("a", ran=(0, 5)), task("b", state=TaskState.RUNNING, ran=(1, None))],
            {"b"},
        ),
        (  # of a mapped parent the instance that ended last
            [task("m", ran=(0, 5), index=0), task("m", ran=(0, 8), index=1), task("n", "m", ran=(8, 9))],
            {"m[1]", "n"},
        ),
    ],
)
def test_the_critical_path(tasks: list[TaskRow], path: set[str]) -> None:
    assert critical_path(tasks, at(100)) == path


@pytest.mark.parametrize(
    ("sort", "names"), [("start", ["b", "a", "c"]), ("duration", ["a", "b", "c"]), ("name", ["a", "b", "c"])]
)
def test_orders(sort: str, names: list[str]) -> None:
    rows = [
        task("c", state=TaskState.PENDING),
        task("a", ran=(5, 50)),
        task("b", ran=(1, 9)),
    ]
    assert [row.task_id for row in sorted(rows, key=order(sort, at(100)))] == names


@pytest.mark.parametrize("ascii", [False, True])
def test_a_bar_shows_each_phase_in_its_place(ascii: bool) -> None:  # noqa: A002
    done = [
        Stretch("waiting", at(0), at(2)),
        Stretch("queued", at(2), at(4)),
        Stretch("ran", at(4), at(8), "success"),
        Stretch("retry", at(8), at(10)),
    ]
    looks, scale = Looks(ascii=ascii), Scale(at(0), at(10), 10)
    plain = text_of(timeline.bar(done, scale, looks, critical=False))
    assert plain == ("..::====--" if ascii else "··░░▄▄▄▄┈┈")
    assert text_of(timeline.bar(done, scale, looks, critical=True))[4:8] == ("####" if ascii else "████")


@pytest.mark.parametrize("cells", [1, 7, 60])
def test_a_bar_is_as_wide_as_its_place_and_short_work_is_seen(cells: int) -> None:
    scale = Scale(at(0), at(10_000), cells)
    done = [Stretch("ran", at(9_999), at(9_999.5), "failed"), Stretch("ran", at(-50), at(-40), "success")]
    text = text_of(timeline.bar(done, scale, Looks(), critical=False))
    assert len(text) == cells
    assert text[-1] == "▄"


def test_the_scale_of_a_run_that_goes_on_ends_now() -> None:
    engine = FakeEngine()
    run_id = engine.world.runs_of("fx_rates")[0].run_id
    detail = engine.run("fx_rates", run_id)
    going = replace(detail, tasks=tuple(replace(row, end=None) for row in detail.tasks))
    scale = timeline.scale_of(going, NOW, 60)
    assert scale.end == NOW
    assert text_of(scale.axis(NOW.tzinfo)).startswith("06:12:5")  # type: ignore[arg-type]
