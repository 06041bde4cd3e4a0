"""What happens besides points: pauses lift, clocks change, runs stop, backfills end; and what has no time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from penstock.clock import from_us
from penstock.forecast.backfills import PaperBackfill
from penstock.forecast.facts import Paused
from penstock.forecast.paper import PaperDag, PaperRun
from penstock.forecast.simulation import Simulation
from penstock.model.assets import describe
from penstock.model.views.coming import ClockTurn, Untimed
from penstock.timetable.due import first_open

_STEP = timedelta(hours=1)


def turns(simulation: Simulation, wanted: Iterable[PaperDag]) -> list[ClockTurn]:
    """Return what lifts itself, which runs stop, which backfills end and which clocks change, by time."""
    listed = {dag.dag_id: dag for dag in wanted}
    found = [
        _lift(at_us, dag, freeze=freeze) for at_us, dag, freeze in simulation.lifts if dag.dag_id in listed
    ]
    found += [
        _stop(at_us, run, place)
        for (_, place), (at_us, run) in simulation.stops.items()
        if run.dag_id in listed
    ]
    found += [
        _end(each.end_us, each)
        for each in simulation.backfills.values()
        if each.end_us is not None and each.dag.dag_id in listed
    ]
    found += _clocks(listed.values(), from_us(simulation.now_us), from_us(simulation.until_us))
    return sorted(found, key=lambda turn: (turn.at, turn.kind, turn.dag_ids))


def _lift(at_us: int, dag: PaperDag, *, freeze: bool) -> ClockTurn:
    skipped = 0 if freeze else dag.skipped
    text = f"the {'freeze' if freeze else 'pause'} of {dag.dag_id} lifts itself"
    if skipped:
        text += f": {_points(skipped)} skipped"
    kind = "freeze_lifts" if freeze else "pause_lifts"
    return ClockTurn(kind=kind, at=from_us(at_us), dag_ids=(dag.dag_id,), text=text, skipped=skipped)  # type: ignore[arg-type]


def _stop(at_us: int, run: PaperRun, place: str) -> ClockTurn:
    name = run.run_id
    if name is None:
        moment = run.run_after_us if run.logical_us is None else run.logical_us
        name = f"{from_us(moment):%Y-%m-%d %H:%M} UTC"
    text = f"{run.dag_id} ({name}) stops {place}, until somebody lets it go on"
    return ClockTurn(kind="stops", at=from_us(at_us), dag_ids=(run.dag_id,), text=text)


def _end(at_us: int, backfill: PaperBackfill) -> ClockTurn:
    dag_id = backfill.dag.dag_id
    text = f"backfill {backfill.id} of {dag_id} has run its {_open_points(backfill.started)}"
    return ClockTurn(kind="backfill_ends", at=from_us(at_us), dag_ids=(dag_id,), text=text)


def backfills(simulation: Simulation, dag_ids: Collection[str]) -> Iterator[Untimed]:
    """Return the backfills of *dag_ids* that do not end in what is worked out, with how far they come."""
    for each in simulation.backfills.values():
        dag_id = each.dag.dag_id
        if dag_id not in dag_ids or each.end_us is not None:
            continue
        if each.facts.paused:
            said = f"is paused: {_open_points(each.left)} wait" + ("s" if each.left == 1 else "")
        elif each.left:
            until = f"{from_us(simulation.reached_us):%Y-%m-%d %H:%M} UTC"
            count = each.started + each.left
            said = f"starts {each.started:,} of its {_open_points(count)} until {until}"
        else:
            said = f"has started its {_open_points(each.started)}" if each.started else "runs its last points"
        yield Untimed(dag_id=dag_id, kind="backfill", text=f"backfill {each.id} {said}")


def _open_points(count: int) -> str:
    return "1 open point" if count == 1 else f"{count:,} open points"


def _points(count: int) -> str:
    return "1 point is" if count == 1 else f"{count:,} points are"


def _clocks(dags: Iterable[PaperDag], now: datetime, until: datetime) -> Iterator[ClockTurn]:
    by_zone: dict[str, list[str]] = {}
    for dag in dags:
        if not dag.silent and dag.spec.schedule.kind in {"cron", "cron_interval"}:
            by_zone.setdefault(dag.spec.schedule.timezone, []).append(dag.dag_id)
    for name, dag_ids in by_zone.items():
        for at, before, after in _changes(name, now, until):
            hours = (after - before) / _STEP
            way = "forward" if hours > 0 else "back"
            wall = f"{(at + before):%H:%M} becomes {(at + after):%H:%M}"
            text = f"the clock of {name} goes {way} by {abs(hours):g} h: {wall}"
            yield ClockTurn(kind="clock", at=at, dag_ids=tuple(dag_ids), text=text)


def _changes(name: str, now: datetime, until: datetime) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Yield when the clock of a zone changes, with its distance from UTC before and after."""
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return

    def offset(moment: datetime) -> timedelta:
        return moment.astimezone(zone).utcoffset() or timedelta()

    at = now
    while at < until:
        following = min(at + _STEP, until)
        before, after = offset(at), offset(following)
        if before != after:
            low, high = at, following
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                low, high = (middle, high) if offset(middle) == before else (low, middle)
            yield (high.replace(microsecond=0), before, after)
        at = following


def untimed(simulation: Simulation, dag: PaperDag, points: int) -> list[Untimed]:
    """Return what is to be said of a DAG besides its points in the window, which are *points* many."""
    said = list(_said(simulation, dag))
    if not said and not points:
        said = [_after(simulation, dag)]
    return said


def _said(simulation: Simulation, dag: PaperDag) -> Iterator[Untimed]:
    facts, schedule, dag_id = dag.facts, dag.spec.schedule, dag.dag_id
    if facts.missing:
        yield Untimed(dag_id=dag_id, kind="missing", text=f"{dag.spec.file} no longer makes it")
        return
    if facts.barred is not None:
        yield Untimed(dag_id=dag_id, kind="quarantine", text=f"in quarantine: {facts.barred}")
        return
    if dag.wrong is not None:
        yield Untimed(dag_id=dag_id, kind="wrong", text=f"its schedule cannot be used: {dag.wrong}")
    if facts.frozen is not None:
        text = f"frozen{_whose(facts.frozen)}: its runs are made, and wait"
        yield Untimed(dag_id=dag_id, kind="frozen", text=text)
    if dag.paused is not None and schedule.kind != "none":
        yield Untimed(dag_id=dag_id, kind="paused", text=f"its schedule is paused{_whose(dag.paused)}")
    if schedule.assets is not None:
        text = f"runs when {describe(schedule.assets)} have changed"
        yield Untimed(dag_id=dag_id, kind="assets", text=text)
    elif schedule.kind == "none":
        yield Untimed(dag_id=dag_id, kind="manual", text="no schedule: it runs only when triggered")
    if dag.continuous and dag.paused is None:
        usual = f" (usually after {dag.shape.length_us / 1e6:.0f} s)" if dag.shape.length_us else ""
        yield Untimed(
            dag_id=dag_id, kind="continuous", text=f"runs again as soon as its run has ended{usual}"
        )
    if schedule.kind == "listed" and schedule.points:
        last = from_us(max(point[2] for point in schedule.points) * 1_000_000)
        if last < from_us(simulation.until_us):
            more = "; then its file is asked for more" if schedule.goes_on else ""
            text = f"its own timetable has listed points until {last:%Y-%m-%d %H:%M} UTC{more}"
            yield Untimed(dag_id=dag_id, kind="listed", text=text)


def _whose(pause: Paused) -> str:
    by = f" by {pause.by}" if pause.by else ""
    until = "" if pause.until_us is None else f" until {from_us(pause.until_us):%Y-%m-%d %H:%M} UTC"
    why = f": {pause.why}" if pause.why else ""
    return f"{by}{until}{why}"


def _after(simulation: Simulation, dag: PaperDag) -> Untimed:
    """Return when a DAG without a point in the window has its next one."""
    if dag.next is None:
        point = first_open(
            dag.spec,
            cursor=dag.facts.cursor,
            first_seen=dag.facts.first_seen,
            now=from_us(simulation.now_us),
        )
        if point is None:
            return Untimed(dag_id=dag.dag_id, kind="over", text="its schedule has no more points")
        due = point.run_after
    else:
        due = dag.next.run_after
    return Untimed(dag_id=dag.dag_id, kind="later", text=f"next at {due:%Y-%m-%d %H:%M} UTC", next=due)
