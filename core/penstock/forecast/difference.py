"""What a change on paper would do: two simulations compared, run by run and place by place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from penstock.clock import from_us, opt_from_us
from penstock.forecast.meetings import PARALLELISM, Load
from penstock.forecast.paper import PaperRun
from penstock.forecast.simulation import Simulation
from penstock.model.queries import WhatIf
from penstock.model.views.coming import Difference, Moved, PlaceLoad

_MOST = 500
_LEAST_US = 1_000_000
"""A run that moves by less is where it was."""


def differ(before: Simulation, after: Simulation, paper: WhatIf, names: Collection[str]) -> Difference:
    """Return what is different in *after*, as far as both are worked out, of the DAGs in *names*."""
    reached_us = min(before.reached_us, after.reached_us)
    moved = sorted(_moved(before, after, reached_us, names), key=lambda each: (each.run_after, each.dag_id))
    return Difference(
        reached=from_us(reached_us),
        counts=dict(Counter(each.change for each in moved)),
        moved=tuple(moved[:_MOST]),
        places=tuple(_places(before, after)),
        at_once={
            dag_id: count
            for dag_id in paper.resume
            if (count := sum(run.dag_id == dag_id and run.at_us == after.now_us for run in _made(after)))
        },
    )


def _made(simulation: Simulation) -> Iterator[PaperRun]:
    return (run for run in simulation.runs if run.becomes in {"run", "replaced"})


def _moved(before: Simulation, after: Simulation, reached_us: int, names: Collection[str]) -> Iterator[Moved]:
    old, new = _by_date(before, reached_us, names), _by_date(after, reached_us, names)
    for key, run in old.items():
        other = new.get(key)
        if other is None:
            yield _one("gone", run, before=run.start_us)
            continue
        yield from _compared(run, other, reached_us)
    for key, run in new.items():
        if key not in old:
            yield _one("new", run, after=run.start_us)


def _compared(run: PaperRun, other: PaperRun, reached_us: int) -> Iterator[Moved]:
    """Yield how a run moves, by its end, or else by its start.

    What happens in one way only happens in the other after what is worked out.
    """
    for here, there in ((run.end_us, other.end_us), (run.start_us, other.start_us)):
        if here is None and there is None:
            continue
        by_us = (reached_us if there is None else there) - (reached_us if here is None else here)
        if abs(by_us) >= _LEAST_US:
            change = "later" if by_us > 0 else "sooner"
            yield _one(change, other, before=here, after=there, seconds_us=abs(by_us))
        return


def _by_date(
    simulation: Simulation, reached_us: int, names: Collection[str]
) -> dict[tuple[str, int | None], PaperRun]:
    return {
        (run.dag_id, run.logical_us): run
        for run in _made(simulation)
        if run.dag_id in names and run.at_us <= reached_us
    }


def _one(
    change: str,
    run: PaperRun,
    *,
    before: int | None = None,
    after: int | None = None,
    seconds_us: int | None = None,
) -> Moved:
    assert run.point is not None
    if seconds_us is None:
        seconds_us = abs(after - before) if before is not None and after is not None else 0
    return Moved(
        change=change,  # type: ignore[arg-type]
        dag_id=run.dag_id,
        logical_date=run.point.logical_date,
        run_after=run.point.run_after,
        before=opt_from_us(before),
        after=opt_from_us(after),
        seconds=seconds_us / 1e6,
        why=", ".join(sorted(run.waits)) if change == "later" else "",
    )


def _places(before: Simulation, after: Simulation) -> Iterator[PlaceLoad]:
    old, new = before.launches, after.launches
    names = dict.fromkeys((*old.meetings.loads, *new.meetings.loads))
    for place in sorted(names, key=lambda name: (name == PARALLELISM, name)):
        was, becomes = old.meetings.loads.get(place, Load()), new.meetings.loads.get(place, Load())
        sizes = old.size(place), new.size(place)
        same = (was.peak, was.waited_us // _LEAST_US) == (becomes.peak, becomes.waited_us // _LEAST_US)
        if same and sizes[0] == sizes[1]:
            continue
        yield PlaceLoad(
            place=place,
            slots_before=sizes[0],
            slots=sizes[1],
            peak_before=was.peak,
            peak=becomes.peak,
            waited_before=was.waited_us / 1e6,
            waited=becomes.waited_us / 1e6,
            busy_before=was.busy_us / 1e6,
            busy=becomes.busy_us / 1e6,
        )
