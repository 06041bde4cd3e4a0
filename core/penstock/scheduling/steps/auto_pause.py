"""Pauses a schedule with several failed runs in a row, so that it does not fail all night."""

from __future__ import annotations

from penstock.model.pauses import PauseKind
from penstock.model.states import RUN_TERMINAL, RunState
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import PauseRecord


def pause_after_failures(tick: Tick, live: LiveRun) -> None:
    """Pause the DAG's schedule if the run that just failed reaches its limit of failures in a row."""
    dag_id = live.record.dag_id
    entry = tick.world.dags.get(dag_id)
    if entry is None:
        return
    limit = entry.structure.spec.max_consecutive_failed_runs or tick.settings.max_consecutive_failed_runs
    if not limit or tick.world.paused(dag_id) or entry.structure.spec.schedule.kind == "none":
        return
    if _failed_in_a_row(tick, dag_id, limit) < limit:
        return
    why = f"{limit} run{'' if limit == 1 else 's'} failed in a row (max_consecutive_failed_dag_runs)"
    pause = PauseRecord(PauseKind.SCHEDULE, dag_id, "", "", tick.gate.actor, tick.now_us, why)
    tick.world.pauses[pause.key] = pause
    tick.gate.add(pause)
    tick.gate.note("pause_schedule", dag_id=dag_id, before="active", after="paused", reason=why)


def _failed_in_a_row(tick: Tick, dag_id: str, limit: int) -> int:
    """Return how many of the last runs failed in a row; at most *limit*."""
    here = {
        run.id: run
        for run in (live.record for live in (*tick.world.runs.values(), *tick.world.leaving.values()))
        if run.dag_id == dag_id
    }
    ended = sorted(
        (run for run in here.values() if run.state in RUN_TERMINAL),
        key=lambda run: (run.end_us or 0, run.id),
        reverse=True,
    )
    # The working set is ahead of the store: what is in it is left out there.
    stored = tick.world.reads.last_ends(dag_id, limit + len(here))
    states = [run.state for run in ended] + [state for pk, state in stored if pk not in here]
    told = [state for state in states if state is not RunState.CANCELLED][:limit]
    return next((place for place, state in enumerate(told) if state is not RunState.FAILED), len(told))
