"""What an action applies to: which of what is chosen it gets, how much it takes, when it cannot be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from msgspec import structs

from fakes.believable import believable
from fakes.world import NOW
from penstock.model.backfills import BackfillPointState
from penstock.model.states import RunState, TaskState
from penstock.model.views.backfills import BackfillPoint, BackfillRow
from penstock.model.views.dags import DagRow
from penstock.model.views.runs import RunRow, TaskRow
from penstock.model.views.status import ImportErrorRow
from penstock_tui import actions, conditions
from penstock_tui.target import (
    BackfillPointTarget,
    BackfillTarget,
    DagTarget,
    FileTarget,
    PointTarget,
    RunTarget,
    Takes,
    Target,
    TaskTarget,
    dag_of,
    reach,
    run_of,
    too_much,
)

WORLD = believable()
RUN = WORLD.runs_of("orders_daily")[0]
TASKS = {task.task_id: task for task in WORLD.runs["orders_daily", RUN.run_id].tasks}
DAG: DagRow = structs.replace(WORLD.dags["orders_daily"].dag, last_run=RUN)
FILLED = next(iter(WORLD.backfills.values()))
POINT = BackfillPoint(logical_date=NOW, state=BackfillPointState.WAITING)
BROKEN = ImportErrorRow(file="dags/x.py", message="no", line=3, since=NOW)
DAYS = (date(2026, 8, 1), date(2026, 8, 3))


def a_dag(dag: DagRow | None = DAG, *, marked: bool = False) -> DagTarget:
    return DagTarget(dag_id="orders_daily", dag=dag, marked=marked)


def a_run(run: RunRow = RUN, *, marked: bool = False) -> RunTarget:
    return RunTarget(run=run, dag=DAG, marked=marked)


def tasks(*names: str, run: RunRow = RUN, marked: bool = False, **changes: Any) -> TaskTarget:
    rows: list[TaskRow] = [structs.replace(TASKS[name], **changes) for name in names or ("join",)]
    return TaskTarget(run=run, tasks=tuple(rows), dag=DAG, marked=marked)


def points(dag: DagRow | None = DAG, *, gap: bool = False, marked: bool = False) -> PointTarget:
    return PointTarget(dag_id="orders_daily", dag=dag, days=DAYS, gap=gap, marked=marked)


def filled(state: str = "running") -> BackfillTarget:
    row: BackfillRow = structs.replace(FILLED, state=state)
    return BackfillTarget(backfill=row)


MARKABLE: dict[str, Callable[[], Target]] = {
    "dag": lambda: a_dag(marked=True),
    "run": lambda: a_run(marked=True),
    "task": lambda: tasks(marked=True),
    "point": lambda: points(marked=True),
}
_EVERY = set(MARKABLE)


@pytest.mark.parametrize(
    ("takes", "one", "several"),
    [
        (None, _EVERY, _EVERY),
        ("all", _EVERY, _EVERY),
        ("tasks", _EVERY, set()),
        ("here", _EVERY, set()),
        ("one", _EVERY, set()),
        ("run", _EVERY - {"task"}, set()),
        ("dag", {"dag", "point"}, {"point"}),
        ("dags", {"dag"}, {"dag"}),
    ],
)
def test_how_much_of_what_is_marked_an_act_takes(
    takes: Takes | None, one: set[str], several: set[str]
) -> None:
    for kind, make in MARKABLE.items():
        assert (too_much(takes, [make()], looking=False) is None) is (kind in one), kind
        assert (too_much(takes, [make()] * 3, looking=False) is None) is (kind in several), kind
    for bare in (a_dag(), a_run(), tasks(), points(), filled()):
        assert too_much(takes, [bare] * 3, looking=False) is None, "nothing is marked"


def test_several_tasks_of_one_run_are_refused_with_their_number() -> None:
    three = tasks("join", "fx", "dq", marked=True)
    assert too_much("tasks", [three], looking=False) is None
    assert too_much("one", [three], looking=False) == "3 tasks are marked, and this takes one; esc unmarks"
    assert too_much("dag", [three], looking=True) is None, "looking at the DAG does nothing to them"


@pytest.mark.parametrize("takes", [None, "all", "tasks", "one", "run", "dag", "dags", "here"])
def test_what_is_chosen_is_what_is_meant(takes: Takes | None) -> None:
    chosen = (tasks(marked=True),)
    assert reach(takes, chosen, a_run()) == chosen


@pytest.mark.parametrize(
    ("takes", "fits"),
    [
        (None, set()),
        ("all", set()),
        ("tasks", set()),
        ("one", set()),
        ("run", {"run"}),
        ("dag", {"dag", "run", "point"}),
        ("dags", {"dag", "run", "point"}),
        ("here", {"dag", "run", "point"}),
    ],
)
def test_where_nothing_is_chosen_only_what_is_about_the_screen_is_done(
    takes: Takes | None, fits: set[str]
) -> None:
    for kind, around in (("dag", a_dag()), ("run", a_run()), ("point", points())):
        assert reach(takes, (), around) == ((around,) if kind in fits else ()), kind
    assert reach(takes, (), None) == ()


def test_each_target_knows_its_run_and_dag() -> None:
    empty = structs.replace(DAG, last_run=None)
    assert [run_of(each) for each in (a_dag(), a_run(), tasks())] == [RUN] * 3
    assert [run_of(each) for each in (a_dag(empty), a_dag(None), filled(), points())] == [None] * 4
    assert run_of(FileTarget(error=BROKEN)) is None
    assert [dag_of(each) for each in (a_dag(), a_run(), tasks(), points())] == [DAG] * 4
    assert dag_of(filled()) is dag_of(FileTarget(error=BROKEN)) is None


ENDED = structs.replace(RUN, state=RunState.SUCCESS, counts={"success": 3})
GOING = structs.replace(RUN, state=RunState.RUNNING, counts={"running": 1})
FAILED = structs.replace(RUN, state=RunState.FAILED, counts={})
BLOCKED = structs.replace(RUN, state=RunState.RUNNING, counts={"upstream_failed": 1})
CANCELLED = structs.replace(RUN, state=RunState.CANCELLED, counts={"cancelled": 1})
DONE, GOES = TaskState.SUCCESS, TaskState.RUNNING
NEVER = structs.replace(DAG, last_run=None)


@pytest.mark.parametrize(
    ("condition", "target", "reason"),
    [
        (conditions.needs_run, a_run(), None),
        (conditions.needs_run, a_dag(NEVER), "there is no run yet"),
        (conditions.needs_run, a_dag(None), "there is no run yet"),
        (conditions.needs_failure, a_dag(NEVER), "there is no run yet"),
        (conditions.needs_failure, a_run(ENDED), "nothing failed in this run"),
        (conditions.needs_failure, a_run(FAILED), None),
        (conditions.needs_failure, a_run(BLOCKED), None),
        (conditions.needs_failure, a_run(CANCELLED), None),
        (conditions.needs_failure, tasks(run=ENDED, state=DONE), "nothing failed in this run"),
        (conditions.needs_failure, tasks(state=DONE, marked=True), "nothing that is marked has failed"),
        (conditions.needs_failure, tasks("fx", state=TaskState.UPSTREAM_FAILED, marked=True), None),
        (conditions.needs_task, a_run(), "no task is chosen"),
        (conditions.needs_task, tasks(), None),
        (conditions.needs_life, a_dag(NEVER), "there is no run yet"),
        (conditions.needs_life, a_run(ENDED), "the run has ended already"),
        (conditions.needs_life, a_run(GOING), None),
        (conditions.needs_life, tasks(run=GOING, state=DONE), "it has ended already"),
        (conditions.needs_life, tasks(run=GOING, state=GOES), None),
        (conditions.needs_life, filled("success"), "the backfill has ended"),
        (conditions.needs_life, filled("paused"), None),
        (conditions.needs_log, tasks(attempts=0), "no attempt has been made yet"),
        (conditions.needs_log, tasks(attempts=1), None),
        (conditions.needs_log, a_dag(NEVER), "there is no run yet"),
        (conditions.needs_schedule, points(), None),
        (conditions.needs_schedule, points(gap=True), "the marked points have others between them, and a"),
        (conditions.needs_schedule, a_dag(structs.replace(DAG, schedule="None")), "this DAG has no schedule"),
        (conditions.needs_schedule, a_run(), None),
        (conditions.needs_schedule, a_dag(structs.replace(DAG, missing=True)), "the DAG's file is gone"),
        (conditions.needs_points, a_dag(None), None),
        (conditions.needs_points, a_dag(structs.replace(DAG, schedule="")), "this DAG has no schedule"),
        (conditions.needs_file, a_dag(structs.replace(DAG, missing=True)), "the DAG's file is gone"),
        (conditions.needs_file, a_dag(None), None),
        (conditions.can_pause, a_dag(NEVER), None),
        (conditions.can_pause, a_run(ENDED), "the run has ended already"),
        (conditions.can_pause, tasks(run=ENDED, state=DONE), "the run has ended already"),
        (conditions.can_pause, tasks(run=GOING, state=DONE), None),
        (conditions.can_pause, tasks(state=DONE, marked=True), "all that is marked has ended already"),
        (conditions.can_pause, tasks(state=GOES, marked=True), None),
        (conditions.can_pause, filled("cancelled"), "the backfill has ended"),
        (conditions.can_pause, BackfillPointTarget(backfill=filled("paused").backfill, point=POINT), None),
    ],
)
def test_why_something_cannot_be_done(
    condition: Callable[[Target], str | None], target: Target, reason: str | None
) -> None:
    said = condition(target)
    assert said == reason if reason is None else said is not None and said.startswith(reason)


def test_an_action_about_rows_says_that_there_is_none() -> None:
    for action in actions.ACTIONS:
        nothing = action.why_not(())
        assert nothing == (None if action.takes is None else "nothing is under the cursor"), action.id


def test_one_of_several_that_can_is_enough() -> None:
    retry = actions.BY_ID["retry"]
    fine, bad = a_run(ENDED, marked=True), a_run(FAILED, marked=True)
    assert retry.why_not((fine, bad)) is None
    assert retry.why_not((fine, fine)) == "nothing failed in this run"
