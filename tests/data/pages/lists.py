"""Pages of lists: times, DAGs, runs, tasks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from data.pages.shown import BERLIN, LOOKS, SECONDS, SIZES, row, shown, tried
from fakes.believable import believable
from fakes.engine import FakeEngine
from fakes.world import NOW, replace
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.summary import summary
from penstock.model.views.pauses import PauseInfo
from penstock_tui.view import (
    columns,
    dag_rows,
    durations,
    moments,
    run_rows,
    tally,
    task_rows,
)


def times() -> Iterator[str]:
    """Spans of time, moments before and after now, sizes, dates that people type."""
    for seconds in SECONDS:
        yield f"{seconds}: {durations.span(seconds)} | {durations.brief(seconds)}"
        if seconds is not None:
            for zone in (None, BERLIN):
                before, after = NOW - timedelta(seconds=seconds), NOW + timedelta(seconds=seconds)
                told = (
                    durations.past(before, NOW, zone),
                    durations.coming(after, NOW, zone),
                    durations.stamp(before, zone),
                    durations.took(before, None, NOW),
                    durations.took(before, after, NOW),
                )
                yield f"  {zone}: {told}"
    midnight = datetime(2026, 8, 20, tzinfo=UTC)
    for moment in (None, midnight, midnight + timedelta(hours=22), midnight.replace(second=5)):
        stamps = durations.stamp(moment), durations.stamp(moment, BERLIN)
        yield f"{moment}: {stamps} {durations.took(moment, None, NOW)}"
    yield from (f"{amount}: {durations.size(amount)}" for amount in SIZES)
    yield f"{durations.zone('Europe/Berlin')} {durations.zone('no/where')}"
    for text in (
        "2026-08-01",
        "2026-08-01T10:30",
        "2026-08-01 10:30+02:00",
        "10m",
        "2h",
        "3d",
        "1w",
        "0m",
        "x",
        "",
    ):
        first, last = (tried(moments.moment, text, end_of_day=end) for end in (False, True))
        yield f"{text}: {first} | {last} | {tried(moments.until, text, NOW)}"


def dags() -> Iterator[str]:
    """The list of DAGs, what filters see of it, and its orders."""
    rows = FakeEngine().dags()
    first = next(each for each in rows if each.dag_id == "orders_daily")
    pause = PauseInfo(by="ann", since=NOW, why="the disk", until=NOW + timedelta(hours=1))
    last = first.last_run
    assert last is not None
    rows += [
        replace(first, dag_id="frozen", frozen=pause),
        replace(first, dag_id="both", frozen=pause, paused=pause),
        replace(first, dag_id="gone", missing=True),
        replace(first, dag_id="never", last_run=None, next_run=None, strip=(), p50=None),
        replace(first, dag_id="busy", active_runs=3, running_tasks=7, next_run=NOW - timedelta(minutes=3)),
        replace(first, dag_id="asks", asks=2),
        replace(first, dag_id="foreign", dialect="3.1"),
    ]
    for each in RunState:
        for back, took in ((3600, None), (3600, 3500), (90_000, 700)):
            start = NOW - timedelta(seconds=back)
            run = replace(
                last, state=each, start=start, end=start + timedelta(seconds=took) if took else None
            )
            rows.append(replace(first, dag_id=f"last_{each.value}_{back}_{took}", last_run=run, p50=600.0))
    mixed = {"success": 3, "failed": 2, "running": 1, "pending": 4}
    going = replace(last, state=RunState.RUNNING, end=None, counts=mixed, start=NOW - timedelta(seconds=901))
    rows += [
        replace(first, dag_id="going", last_run=going, p50=600.0),
        replace(first, dag_id="not_slow", last_run=going, p50=601.0),
        replace(first, dag_id="held_run", last_run=replace(going, held=pause)),
        replace(first, dag_id="no_counts", last_run=replace(going, counts={})),
        replace(first, dag_id="inside", last_run=replace(last, failed_inside=2), paused=pause),
        replace(first, dag_id="left_out", quarantined="it failed", last_run=replace(last, quarantined="x")),
        replace(first, dag_id="run_left_out", last_run=replace(last, quarantined="x")),
        replace(first, dag_id="broken", import_error="SyntaxError", owner="ops"),
        replace(first, dag_id="frozen_busy", frozen=pause, running_tasks=2),
        replace(first, dag_id="paused_for_good", paused=replace(pause, until=None)),
    ]
    for looks in LOOKS:
        yield from (f"{each.dag_id}: {row(dag_rows.cells(each, NOW, UTC, looks))}" for each in rows)
    yield from (f"{each.dag_id}: {dag_rows.state_of(each)} {dag_rows.seen(each)}" for each in rows)
    for sort in dag_rows.SORTS:
        yield f"{sort}: {[each.dag_id for each in sorted(rows, key=dag_rows.order(sort))]}"
    for width in (20, 40, 60, 80, 100, 120, 160, 200):
        yield f"{width}: {columns.chosen(dag_rows.columns(['short', 'x' * 40]), width)}"


def runs() -> Iterator[str]:
    """The runs of a DAG, and what is said of each."""
    world = believable()
    rows = [detail.run for detail in world.runs.values()]
    plain = rows[0]
    for each in RunState:
        rows += [
            replace(plain, run_id=f"{kind.value}_{each.value}", run_type=kind, state=each, by="ann")
            for kind in RunType
        ]
    rows += [
        replace(plain, run_id="no_date", logical_date=None),
        replace(plain, run_id="not_begun", start=None, end=None, state=RunState.QUEUED),
        replace(plain, run_id="why", reason="a did not succeed", conf={"day": "monday", "n": 3}),
    ]
    for looks in LOOKS:
        yield from (f"{each.run_id}: {row(run_rows.cells(each, NOW, UTC, BERLIN, looks))}" for each in rows)
    yield from (f"{each.run_id}: {run_rows.seen(each)} {task_rows.run_name(each, BERLIN)}" for each in rows)
    for sort in run_rows.SORTS:
        yield f"{sort}: {[each.run_id for each in sorted(rows, key=run_rows.order(sort))]}"
    for width in (20, 40, 60, 80, 100, 140, 200):
        yield f"{width}: {[columns.chosen(each, width) for each in (run_rows.COLUMNS, task_rows.COLUMNS)]}"
    mixes: tuple[dict[str, int], ...] = (
        {},
        {"success": 3},
        {"success": 3, "failed": 1, "running": 2},
        dict.fromkeys(map(str, TaskState), 2),
    )
    for mix in mixes:
        yield f"{mix}: {shown(run_rows.counts(mix, LOOKS[0]))} {tally.done_of(mix)} {tally.bad_of(mix)}"


def tasks() -> Iterator[str]:
    """Tasks in every state, their attempts, groups of them, and the line of their run."""
    world = believable()
    detail = next(iter(world.runs.values()))
    plain = detail.tasks[0]
    bad = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=3, duration=61.0, reason="no such table")
    rows = list(detail.tasks)
    for state in TaskState:
        for index, start in ((-1, NOW - timedelta(seconds=75)), (2, None)):
            changed = replace(
                plain, state=state, map_index=index, start=start, end=None, try_number=2, max_tries=3
            )
            rows.append(replace(changed, next_at=NOW + timedelta(seconds=95), outcome=bad, reason="because"))
    rows += [
        replace(plain, task_id="uses", state=TaskState.RUNNING, end=None, cpu_seconds=None, cpu_percent=42.0),
        *(
            replace(
                plain, task_id="asks", state=TaskState.DEFERRED, next_at=until, outcome=replace(bad, asks=ask)
            )
            for until in (None, NOW + timedelta(hours=1))
            for ask in (None, "Load it?")
        ),
        replace(plain, task_id="g.inner", group="g", p50=2.0, peak_rss=3 << 30, cpu_seconds=0.5, rush="next"),
        replace(
            plain, task_id="done", end=NOW, outcome=Outcome(kind=OutcomeKind.SKIPPED, reason="not today")
        ),
    ]
    for each in rows:
        cells = {name: shown(cell) for name, cell in task_rows.task_cells(each, NOW).items()}
        yield f"{task_rows.key_of(each)} {each.state}: {cells} note {shown(task_rows.task_note(each, NOW))}"
        yield f"  {task_rows.counts_down(each)} {task_rows.is_failed(each)} {task_rows.name_of(each, ('g',))}"
    for count in (0, 1, 2, 5, 9, len(rows)):
        some = rows[-count:] if count else []
        if some:
            cells = {name: shown(cell) for name, cell in task_rows.group_cells(some, NOW).items()}
            yield f"group of {count}: {cells} {summary(each.state for each in some)}"
            for folded in (False, True):
                names = (
                    shown(task_rows.group_name("g", some, folded=folded, ascii=each))
                    for each in (False, True)
                )
                yield f"  {' | '.join(names)}"
        looked, read = task_rows.first_to_look_at(some), task_rows.log_to_read(some)
        yield f"  first {looked and task_rows.key_of(looked)} log {read and task_rows.key_of(read)}"
    pause = PauseInfo(by="ann", since=NOW, why="the disk", until=NOW + timedelta(hours=1))
    details_of_runs = [
        *world.runs.values(),
        replace(
            detail, frozen=pause, run=replace(detail.run, held=replace(pause, why=None), failed_inside=1)
        ),
        replace(detail, run=replace(detail.run, quarantined="it cannot be read", reason="unseen")),
        replace(detail, run=replace(detail.run, reason="a did not succeed", logical_date=None)),
        replace(detail, tasks=tuple(rows)),
    ]
    for one in details_of_runs:
        for room in (30, 60, 90, 120, 200):
            yield shown(task_rows.run_line(one, NOW, BERLIN, LOOKS[0], room))
    for attempt in list(world.attempts.values())[:6]:
        yield shown(task_rows.attempt_title(plain, attempt, 1, 3, NOW))
        going = replace(attempt, end=None, outcome=None)
        yield shown(task_rows.attempt_title(replace(plain, map_index=4), going, 3, 3, NOW))
    yield shown(task_rows.attempt_title(plain, None, 0, 0, NOW))


PAGES = {page.__name__: page for page in (times, dags, runs, tasks)}
