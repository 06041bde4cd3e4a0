"""Pages of what is shown over all DAGs: columns, runs, failures, what runs, what comes, assets, system."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from datetime import UTC, timedelta
from importlib import import_module
from typing import get_args, get_type_hints

from data.pages.shown import BERLIN, LOOKS, row, shown, tried
from fakes.believable import believable
from fakes.engine import FakeEngine
from fakes.world import NOW, replace
from penstock.model.failures import FailureNote
from penstock.model.fingerprint import fingerprint as fingerprint_of
from penstock.model.lineage import Lineage
from penstock.model.pauses import PauseKind
from penstock.model.queries import ForecastQuery, WhatIf
from penstock.model.states import RunState, TaskState
from penstock.model.system.sections import sections
from penstock.model.views import coming, digest, failures
from penstock.model.views.now import LiveAttempt, WaitingItem
from penstock_tui import view
from penstock_tui.view import (
    all_run_rows,
    asset_rows,
    coming_rows,
    digest_rows,
    failure_rows,
    filters,
    now_rows,
    system_rows,
    what_if_rows,
)
from penstock_tui.view.columns import Column

HOUR = timedelta(hours=1)


def columns() -> Iterator[str]:
    """The columns of every list, and what its filter knows."""
    for module in sorted(each.name for each in pkgutil.iter_modules(view.__path__)):
        for name, value in sorted(vars(import_module(f"{view.__name__}.{module}")).items()):
            if isinstance(value, tuple) and value and isinstance(value[0], Column):
                yield f"{module}.{name}"
                yield from (f"  {each}" for each in value)
            elif name.endswith(("FIELDS", "SORTS")) and isinstance(value, tuple):
                yield f"{module}.{name} {value}"


def runs() -> Iterator[str]:
    """Runs of all DAGs: their cells, and what a filter asks the engine for."""
    for run in believable().runs.values():
        for looks in LOOKS:
            drawn = row(all_run_rows.cells(run.run, NOW, BERLIN, UTC, looks))
            yield f"{all_run_rows.key_of(run.run)}: {drawn}"
        yield f"  {all_run_rows.seen(run.run)}"
    marked = [each.run for each in believable().runs.values()]
    for text in (
        "",
        "state:failed",
        "!state:failed,running orders",
        "since:2h",
        "!since:2h",
        "until:2026-08-20",
        "since:2026-08-20 until:2026-08-21T06:00",
        "since:20",
        "state:failed or dag:orders since:1d",
        "or",
        "type:manual or !tag:x owner:ann or since:x",
        '"two words" or until:3d',
        "host:a",
        "!host:a,b state:failed",
        "until:2026-08-20T10:00+02:00",
    ):
        wanted = filters.parse(text, (*all_run_rows.FIELDS, "host"))
        for reverse in (False, True):
            yield f"{text!r}: {all_run_rows.asked(wanted, 'state', reverse=reverse, now=NOW)}"
        yield f"  hides {all_run_rows.hidden(marked, wanted)} of {len(marked)}"


def causes() -> Iterator[str]:
    """Failures by cause, and those of one cause."""
    engine = FakeEngine()
    lines = [group.line for group in engine.failures(everything=True).failures]
    by, until = "ann", NOW + HOUR
    for number, line in enumerate(lines):
        said = failures.Handled(by=by, at=NOW - (number + 1) * HOUR, why="known" if number % 2 else None)
        kind = FailureNote.ACKNOWLEDGED if number % 3 else FailureNote.SNOOZED
        engine.world.notes[fingerprint_of(line), kind.value] = replace(
            said, until=until if number % 3 == 0 else None
        )
    for everything in (False, True):
        for group in engine.failures(everything=everything).failures:
            for other in (group, replace(group, open=0), replace(group, count=group.count + 2, new=False)):
                for open_ones in (False, True):
                    yield row(failure_rows.cells(other, NOW, BERLIN, open_ones=open_ones))
            yield f"  {failure_rows.note(group, NOW + 2 * HOUR, BERLIN)} | {failure_rows.seen(group)}"
            tasks = [
                *group.tasks,
                *(replace(each, try_number=each.try_number + 1) for each in group.tasks[:1]),
            ]
            whole = [replace(each, task_id="", open=False, new=False) for each in group.tasks[:1]]
            mapped = [replace(each, map_index=4, logical_date=None) for each in group.tasks[:1]]
            for task in (*tasks, *whole, *mapped):
                drawn = row(failure_rows.task_cells(task, NOW, BERLIN, LOOKS[0]))
                yield f"  {failure_rows.task_key(task)}: {drawn}"
                yield f"  {failure_rows.task_seen(task)}"
            for chosen in (tasks, mapped, [*tasks, *whole]):
                yield f"  {failure_rows.targets_of(chosen, marked=len(chosen) > 1)}"


def now() -> Iterator[str]:
    """What runs now, and what waits."""
    page = FakeEngine().live()
    first = page.attempts[0]
    attempts = [
        *page.attempts,
        replace(first, cpu=None, rss=None, peak_rss=None, read_bytes=None, write_bytes=None, processes=None),
        replace(first, cpu=89.9, pid=None, p50=None, p95=None),
        replace(first, cpu=90.0, seconds=10.0, p95=10.0, map_index=3),
        replace(first, cpu=0.0, seconds=10.1, p95=10.0, state=TaskState.STOPPING, run_state=RunState.FAILED),
    ]
    waiting = [
        *page.waiting[:3],
        replace(page.waiting[0], task_id=None, until=NOW + HOUR, others=2),
        replace(page.waiting[0], map_index=1, until=NOW - HOUR, others=1),
    ]
    for each in attempts:
        yield f"{now_rows.key_of(each)} {now_rows.name_of(each)}: {row(now_rows.cells(each, LOOKS[0]))}"
    for item in waiting:
        yield f"{now_rows.key_of(item)}: {row(now_rows.waiting_cells(item, NOW, BERLIN, LOOKS[1]))}"
    every: list[LiveAttempt | WaitingItem] = [*attempts, *waiting]
    for one in every:
        yield f"{now_rows.seen(one)} {now_rows.target_of(one, marked=one in waiting)}"
    for sort in now_rows.SORTS:
        ordered = sorted(attempts, key=now_rows.order(sort))
        yield f"{sort}: {[f'{each.task_id} {each.cpu}' for each in ordered]}"


def next_hours() -> Iterator[str]:
    """What comes, with every kind of row, and what a change on paper would do."""
    engine = FakeEngine()
    page = engine.forecast(ForecastQuery(hours=48.0))
    fire = page.fires[0]
    fires = [
        fire,
        replace(fire, becomes="skipped", waits=("max_active_runs",)),
        replace(fire, becomes="replaced", behind=90.0, waits=("pool warehouse", "parallelism")),
        replace(fire, becomes="served", run_id="scheduled__x"),
        replace(fire, late=True, moved_by_dst=True, behind=4000.0, waits=("frozen",)),
        replace(fire, start=None, end=None, seconds=None, worked_out=False),
        replace(fire, at=NOW + 80 * HOUR, start=NOW + 81 * HOUR, end=NOW + 83 * HOUR, seconds=7200.0),
    ]
    meeting = coming.Meeting(
        place="pool warehouse",
        slots=2,
        first=NOW + HOUR,
        last=NOW + 2 * HOUR,
        waited=600.0,
        most=3,
        dags=("a", "b"),
    )
    turns = [
        coming.ClockTurn(
            kind=kind, at=NOW + HOUR, dag_ids=("a",) * (number % 3), text=f"it {kind}", skipped=number
        )
        for number, kind in enumerate(get_args(get_type_hints(coming.ClockTurn)["kind"]))
    ]
    kinds = get_args(get_type_hints(coming.Untimed)["kind"])
    untimed = [
        coming.Untimed(
            dag_id=f"d{9 - number}", kind=kind, text=f"why {kind}", next=NOW + HOUR if number % 2 else None
        )
        for number, kind in enumerate(kinds)
    ]
    full = replace(
        page,
        fires=tuple(fires),
        meetings=(meeting, replace(meeting, place="parallelism", first=NOW + 90 * HOUR)),
        turns=tuple(turns),
        untimed=tuple(untimed),
        total=len(fires) + 3,
    )
    for text in (
        "",
        "state:waits",
        "!state:waits",
        "state:dst,late pool:warehouse",
        "dag:orders state:full",
        "paused",
    ):
        wanted = filters.parse(text, coming_rows.FIELDS)
        yield f"{text!r} asks {coming_rows.terms(wanted)}"
        for looks in LOOKS:
            for line in coming_rows.lines(full, wanted, NOW, BERLIN, looks):
                cells = line.cells() if callable(line.cells) else line.cells
                yield f"  {line.key}: {row(cells)} {coming_rows.dags_of(line.item)}"
    for line in coming_rows.lines(replace(full, total=len(fires)), filters.parse("", ()), NOW, UTC, LOOKS[0]):
        yield f"{line.key}: {line.item and coming_rows.seen(line.item)}"
    yield from (
        f"{hours}: {coming_rows.window(hours)} {[coming_rows.step(hours, way) for way in (-1, 1)]}"
        for hours in (0.5, *coming_rows.STEPS, 5.0, 9000.0)
    )
    yield from (
        f"{gap}: {coming_rows.when(NOW + gap, NOW, BERLIN)}"
        for gap in (-HOUR, 0 * HOUR, HOUR, 17 * HOUR, 40 * HOUR, 200 * HOUR, 9000 * HOUR)
    )


def paper() -> Iterator[str]:
    """What a change on paper would do."""
    times = ((NOW, None, 0.0), (None, NOW + HOUR, 0.0), (NOW, NOW + HOUR, 3600.0), (NOW + HOUR, NOW, 0.5))
    moved = [
        coming.Moved(
            change=change,
            dag_id="d",
            logical_date=NOW,
            run_after=NOW + HOUR,
            before=before,
            after=after,
            seconds=seconds,
            why="pool p is full",
        )
        for change, (before, after, seconds) in zip(get_args(coming.Change), times, strict=True)
    ]
    load = coming.PlaceLoad(
        place="pool p",
        slots_before=2,
        slots=4,
        peak_before=2,
        peak=3,
        waited_before=600.0,
        waited=0.0,
        busy_before=10.0,
        busy=12.0,
    )
    loads = [load, replace(load, slots=2, waited=601.0), replace(load, waited=600.0, peak=2)]
    changed: list[coming.Moved | coming.PlaceLoad] = [*moved, *loads]
    for each in changed:
        for looks in LOOKS:
            yield f"{what_if_rows.key_of(each)}: {row(what_if_rows.cells(each, NOW, BERLIN, looks))}"
        yield f"  {what_if_rows.seen(each)}"
    for counts in ({}, {"gone": 1}, {"new": 1200, "gone": 2, "later": 0, "sooner": 3}):
        yield what_if_rows.counts(coming.Difference(reached=NOW, counts=counts))
    for change in (
        WhatIf(),
        WhatIf(pause=("a", "b"), until=NOW),
        WhatIf(resume=("c",), pools={"p": 3, "q": 0}, parallelism=0),
    ):
        yield f"{what_if_rows.paper_words(change)} {what_if_rows.acts_of(change)}"
        yield what_if_rows.pools_typed(change.pools)
    for typed in ("", "p 3", "p=3, q=0", "p=x", "p", " p = 3 ", "p=-1", "p:4"):
        yield f"{typed!r}: {tried(what_if_rows.pools, typed)}"
    yield from (
        f"{typed!r}: {tried(what_if_rows.number, typed)} {what_if_rows.names(typed)}"
        for typed in ("", "4", " 5 ", "-1", "x", "a, b  c,")
    )


def away() -> Iterator[str]:
    """What happened while somebody was away, and the line that announces a failure."""
    engine = FakeEngine()
    page = engine.digest(tasks=5)
    late = [
        digest.LateRun(
            kind=kind, dag_id="d", run_id="r", at=NOW, seconds=seconds, usual=usual, ended=ended, reason="r"
        )
        for kind in digest.LateKind
        for seconds, usual, ended in ((90.0, 30.0, True), (None, None, False), (4000.0, 600.0, False))
    ]
    slow = digest.SlowTask(dag_id="d", run_id="r", task_id="t", map_index=2, at=NOW, seconds=90.0, p95=30.0)
    full = replace(
        page,
        recovered=tuple(
            digest.Recovered(
                dag_id="d", task_id="t", failed_run_id="r", failed=NOW - HOUR, line="boom", run_id=run, at=NOW
            )
            for run in ("r", "s")
        ),
        late=tuple(late),
        slow=(slow, replace(slow, map_index=-1, ended=False)),
        skipped=tuple(
            digest.SkippedPoints(dag_id="d", first=NOW, last=NOW, count=count, reason="paused", at=NOW)
            for count in (1, 3)
        ),
        acts=tuple(
            digest.ActDone(
                seq=seq, at=NOW, actor="ann", act="clear", title="Clear 2 tasks", dag_id=dag, undone=undone
            )
            for seq, dag, undone in ((1, "d", None), (2, None, "bob"))
        ),
        pauses=tuple(
            digest.PauseMoved(
                seq=seq, at=NOW, actor="ann", kind=kind, lifted=lifted, dag_id="d", task_id="t", why=why
            )
            for seq, (kind, lifted, why) in enumerate(
                (kind, lifted, why)
                for kind in PauseKind
                for lifted, why in ((False, "the disk"), (True, None))
            )
        ),
        files=tuple(
            digest.FileMoved(seq=seq, at=NOW, what=what, dag_id=None if seq % 2 else "d", text="d.py")
            for seq, what in enumerate(digest.FileMove)
        ),
        engine=tuple(
            digest.EngineStart(seq=seq, at=NOW, since=since, stopped=stopped)
            for seq, (since, stopped) in enumerate(
                ((None, False), (NOW - HOUR, True), (NOW - 2 * HOUR, False))
            )
        ),
        counts={"failed": 3, "late": 1, "acts": 2, "pauses": 0, "files": 4, "engine": 1},
    )
    full = replace(full, failed=tuple(replace(group, open=group.count // 2) for group in page.failed))
    for each in (page, full):
        yield digest_rows.headline(each)
        for happened in digest_rows.rows(each):
            yield f"{happened.key} {happened.bad}: {row(digest_rows.cells(happened, NOW, BERLIN, LOOKS[0]))}"
            yield f"  {happened.seen} {happened.run_id} {happened.task_id} {happened.map_index}"
    fresh = [task for group in page.failed for task in group.tasks][:2]
    for some in ([], fresh[:1], fresh, [replace(fresh[0], task_id="")]):
        for cells in (10, 30, 60, 120):
            yield f"{cells}: {shown(digest_rows.announcement(some, LOOKS[0], {}, cells))}"


def assets() -> Iterator[str]:
    """Assets with who makes, reads and waits for them, their orders and their lineage."""
    engine = FakeEngine()
    rows = engine.assets()
    first = rows[0]
    rows = [
        *rows,
        replace(first, name="never", last_event=None, events=0, producers=(), consumers=()),
        replace(first, name="alias", alias=True, uri="", events=1234),
        *(
            replace(first, name=f"waits {at}", consumers=(each,))
            for at, each in enumerate(
                replace(one, paused=paused, waits_for=waits)
                for one in first.consumers[:1]
                for paused, waits in ((False, ()), (True, ()), (False, ("b", "c")))
            )
        ),
    ]
    for each in rows:
        drawn = row(asset_rows.cells(each, NOW, BERLIN))
        yield f"{asset_rows.key_of(each)!r}: {drawn} {asset_rows.seen(each)}"
        events = engine.asset_events(each.name) if each in engine.assets() else []
        for line in asset_rows.detail(each, Lineage(rows), events, NOW, BERLIN):
            yield f"  {shown(line)}"
    for sort in asset_rows.SORTS:
        yield f"{sort}: {[each.name for each in sorted(rows, key=lambda each: asset_rows.order(sort, each))]}"


def machine() -> Iterator[str]:
    """The state of engine, disk, pools and the rest, shut and open."""
    engine = FakeEngine()
    page = engine.system()
    tight = replace(
        page,
        disk=replace(page.disk, free=600 << 20, rate=2.0**30, lasts=90.0),
        engine=replace(page.engine, warnings=("the clock was set back by 2h",)),
        callbacks_total=3,
    )
    for each in (
        page,
        tight,
        replace(page, executors=(), engine=replace(page.engine, pid=None, since=None, pss=None)),
    ):
        found = sections(each, system_rows.ConsoleWords(NOW, BERLIN))
        bad = system_rows.bad_sections(found)
        yield f"open at first: {sorted(bad)}"
        for opened, everything in ((bad, False), (set[str](), False), (set[str](), True)):
            lines = system_rows.lines(found, opened, everything=everything)
            yield f"{[(each.width, each.most) for each in system_rows.columns(lines, 80)]}"
            for line in lines:
                drawn = row(system_rows.cells(line, LOOKS[everything]))
                yield f"{line.id} {line.open} {line.is_bad}: {drawn}"
        yield from (
            f"  {system_rows.text_of(line)}" for line in system_rows.lines(found, (), everything=True)
        )


PAGES = {
    "columns": columns,
    "all_runs": runs,
    "causes": causes,
    "now": now,
    "coming": next_hours,
    "what_if": paper,
    "away": away,
    "assets": assets,
    "system": machine,
}
