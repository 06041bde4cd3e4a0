"""From a simulation to what people see: one page of points, where runs meet, what lifts, what has no time."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from datetime import timedelta

from penstock.clock import from_us, opt_from_us, to_us
from penstock.errors import UnknownError, UsageError
from penstock.forecast import meetings as meetings_of
from penstock.forecast import words
from penstock.forecast.difference import differ
from penstock.forecast.facts import Facts
from penstock.forecast.paper import PaperDag, PaperRun, due_us
from penstock.forecast.simulation import WORK, Simulation
from penstock.model.queries import ForecastQuery, Term, WhatIf
from penstock.model.views.coming import ComingPage, Fire, Meeting, Untimed
from penstock.timetable.point import Point

MOST_HOURS = 31 * 24
_MOST_ROWS = 2_000
_MOST_MEETINGS = 200


def forecast(facts: Facts, query: ForecastQuery, *, work: int = WORK) -> ComingPage:
    """Return one page of what the schedules will do.

    With ``what_if`` it is what they would do then, and ``difference`` says what is different. Raises
    `UsageError` for a window or a size that is impossible, `UnknownError` for a DAG that does not exist.
    """
    until_us = until_of(facts, query)

    def simulate(paper: WhatIf | None) -> Simulation:
        return Simulation(facts, until_us, paper=paper, slow=query.slow, work=work).run()

    return page_of(facts, query, simulate)


def until_of(facts: Facts, query: ForecastQuery) -> int:
    """Return the end of the window in microseconds since 1970; raises like `forecast`."""
    if not 0 < query.hours <= MOST_HOURS:
        raise UsageError(f"hours must be more than 0, and at most {MOST_HOURS}")
    if query.what_if is not None:
        _check(facts, query.what_if)
    return to_us(facts.now + timedelta(hours=query.hours))


def page_of(
    facts: Facts, query: ForecastQuery, simulate: Callable[[WhatIf | None], Simulation]
) -> ComingPage:
    """Return the page of *query*; *simulate* gives the simulation with a change on paper, or without."""
    simulated = simulate(query.what_if)
    until_us = simulated.until_us
    fitting = [_fitting(simulated, terms) for terms in (query.terms, *query.others)]
    wanted = {dag_id for dag_ids in fitting for dag_id in dag_ids}
    listed = [dag for dag in simulated.dags.values() if dag.dag_id in wanted]
    names = {dag.dag_id for dag in listed}
    points = {dag.dag_id: simulated.points[dag.dag_id] for dag in listed}
    offset, limit = max(0, query.offset), min(max(0, query.limit), _MOST_ROWS)
    meetings = _meetings(simulated, names)
    difference = None
    if query.what_if is not None:
        difference = differ(simulate(None), simulated, query.what_if, names)
    return ComingPage(
        now=facts.now,
        until=from_us(until_us),
        reached=from_us(simulated.reached_us),
        fires=tuple(_fires(simulated, listed, offset, limit)),
        offset=offset,
        total=sum(points.values()),
        meetings=tuple(_seen(meeting, simulated) for meeting in meetings[:_MOST_MEETINGS]),
        meetings_total=len(meetings),
        turns=tuple(words.turns(simulated, listed)),
        untimed=tuple(_untimed(simulated, listed, points)),
        unknown=tuple(dag.dag_id for dag in listed if points[dag.dag_id] and not dag.shape.known),
        parallelism=simulated.launches.parallelism,
        pools={name: pool.slots for name, pool in simulated.launches.pools.items()},
        fitting=tuple(map(tuple, fitting)) if query.others else (),
        difference=difference,
    )


def _check(facts: Facts, paper: WhatIf) -> None:
    known = {dag.dag_id for dag in facts.dags}
    for dag_id in (*paper.pause, *paper.resume):
        if dag_id not in known:
            raise UnknownError(f"DAG {dag_id!r} does not exist")
    both = sorted(set(paper.pause) & set(paper.resume))
    if both:
        raise UsageError(f"{both[0]} cannot be paused and resumed at once")
    if any(slots < 0 for slots in paper.pools.values()):
        raise UsageError("slots must be 0 or more")
    if paper.parallelism is not None and paper.parallelism < 1:
        raise UsageError("parallelism must be 1 or more")
    if paper.until is not None and paper.until <= facts.now:
        raise UsageError(f"the pause on paper ends at {paper.until:%Y-%m-%d %H:%M} UTC, which has passed")


def _fitting(simulated: Simulation, terms: tuple[Term, ...]) -> list[str]:
    return [dag.dag_id for dag in simulated.dags.values() if _fits(dag, terms)]


def _fits(dag: PaperDag, terms: tuple[Term, ...]) -> bool:
    spec = dag.spec
    known = {
        "dag": [spec.dag_id],
        "owner": [spec.owner or ""],
        "tag": list(spec.tags),
        "text": [spec.dag_id, spec.description or ""],
    }
    return all(_holds(term, known.get(term.field, [])) for term in terms)


def _holds(term: Term, values: list[str]) -> bool:
    fits = str.__eq__ if term.exact else str.__contains__ if term.field == "text" else str.startswith
    found = any(fits(value.lower(), word.lower()) for word in term.values for value in values)
    return found is not term.inverted


# -- points ------------------------------------------------------------------------------------


def _fires(simulated: Simulation, listed: list[PaperDag], offset: int, limit: int) -> Iterator[Fire]:
    """Yield the rows of a page: those that are worked out, then the points that follow."""
    names = {dag.dag_id for dag in listed}
    left = limit
    for run in simulated.runs:
        if run.dag_id in names:
            offset -= 1
            if offset < 0 and left > 0:
                left -= 1
                yield _fire(run, simulated)
    if left <= 0:
        return
    # Each DAG's points are made only as far as the page needs them.
    following = heapq.merge(
        *(_following(dag, simulated.until_us) for dag in listed), key=lambda each: each[:2]
    )
    for _, _, dag, point in following:
        offset -= 1
        if offset < 0:
            left -= 1
            yield _bare(dag, point)
        if left <= 0:
            return


def _following(dag: PaperDag, until_us: int) -> Iterator[tuple[int, str, PaperDag, Point]]:
    if not dag.continuous:
        for point in dag.following(until_us):
            yield due_us(point), dag.dag_id, dag, point


def _fire(run: PaperRun, simulated: Simulation) -> Fire:
    point = run.point
    assert point is not None
    end_us = run.end_us
    behind_us = 0
    if run.becomes == "run":
        if end_us is not None:
            behind_us = end_us - run.at_us - run.shape.length_us
        else:
            behind_us = (run.start_us or simulated.reached_us) - run.at_us
    return Fire(
        dag_id=run.dag_id,
        timezone=run.dag.spec.timezone,
        logical_date=point.logical_date,
        data_interval_start=point.data_interval_start,
        data_interval_end=point.data_interval_end,
        run_after=point.run_after,
        at=from_us(run.at_us),
        becomes=run.becomes,
        start=opt_from_us(run.start_us),
        end=opt_from_us(end_us) if run.shape.known else None,
        seconds=run.shape.length_us / 1e6 if run.shape.known else None,
        behind=max(0, behind_us) / 1e6,
        waits=tuple(sorted(run.waits)),
        moved_by_dst=point.moved_by_dst,
        late=run.run_after_us < run.at_us,
        run_id=run.run_id,
    )


def _bare(dag: PaperDag, point: Point) -> Fire:
    return Fire(
        dag_id=dag.dag_id,
        timezone=dag.spec.timezone,
        logical_date=point.logical_date,
        data_interval_start=point.data_interval_start,
        data_interval_end=point.data_interval_end,
        run_after=point.run_after,
        at=point.run_after,
        becomes="run",
        seconds=dag.shape.length_us / 1e6 if dag.shape.known else None,
        moved_by_dst=point.moved_by_dst,
        worked_out=False,
    )


# -- the rest ----------------------------------------------------------------------------------


def _meetings(simulated: Simulation, names: set[str]) -> list[meetings_of.Meeting]:
    return [
        meeting
        for meeting in simulated.launches.meetings.all
        if meeting.waited_us > 0 and not names.isdisjoint(meeting.dags)
    ]


def _seen(meeting: meetings_of.Meeting, simulated: Simulation) -> Meeting:
    return Meeting(
        place=meeting.place,
        slots=simulated.launches.size(meeting.place),
        first=from_us(meeting.first_us),
        last=from_us(meeting.last_us),
        waited=meeting.waited_us / 1e6,
        most=meeting.most,
        dags=tuple(sorted(meeting.dags)),
    )


def _untimed(simulated: Simulation, listed: list[PaperDag], points: dict[str, int]) -> Iterator[Untimed]:
    for dag in listed:
        yield from words.untimed(simulated, dag, points[dag.dag_id])
    yield from words.backfills(simulated, {dag.dag_id for dag in listed})
