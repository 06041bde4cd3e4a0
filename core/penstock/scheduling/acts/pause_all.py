"""Pausing every DAG at once, as for maintenance, and resuming exactly what that stopped."""

from __future__ import annotations

from dataclasses import replace

from penstock.clock import opt_us, to_us
from penstock.errors import UsageError
from penstock.model.acts import PauseAll, ResumeAll
from penstock.model.pauses import PAUSES, PauseKind
from penstock.model.views.plans import Done, PlanItem
from penstock.scheduling.acts.pause import put_pause, runs_started
from penstock.scheduling.acts.planned import amount, aware, make_plan
from penstock.scheduling.moves.pause import lift_pause
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import World
from penstock.store.engine.records import PauseRecord


def plan_pause_all(world: World, act: PauseAll, now_us: int) -> Planned:
    """Plan to pause every schedule (or freeze every DAG) that is not paused (or frozen) already.

    Raises `UsageError` for a time that has passed.
    """
    kind = PauseKind.FREEZE if act.freeze else PauseKind.SCHEDULE
    term = PAUSES[kind]
    until = None if act.until is None else aware(act.until, "UTC")
    if until is not None and to_us(until) <= now_us:
        raise UsageError(f"--until {until:%Y-%m-%d %H:%M} UTC is in the past")
    wanted = _unpaused(world, kind)
    items = [
        PlanItem(dag_id=dag_id, run_id=None, task_id=None, before=term.without, after=term.name, note=act.why)
        for dag_id in wanted
    ]
    already = sum(key[0] is kind for key in world.pauses)
    notes = [f"{amount(already, 'DAG')} already {term.name}: {_kept(already)}"] if already else []
    flags = [*(["--freeze"] if act.freeze else []), *(["--why", act.why] if act.why else [])]
    flags += ["--until", until.isoformat()] if until else []
    title = f"{'Freeze' if act.freeze else 'Pause'} {amount(len(wanted), 'DAG')}"
    plan = make_plan("pause_all", title, items, means=act, notes=notes, cli=["pause", "--all", *flags])

    def commit(tick: Tick) -> Done:
        fresh = _unpaused(tick.world, kind)
        for dag_id in fresh:
            record = PauseRecord(kind, dag_id, "", "", tick.gate.actor, tick.now_us, act.why, opt_us(until))
            put_pause(tick, replace(record, together=True))
        message = f"{amount(len(fresh), 'DAG')} {term.name}; penstock resume --all lifts exactly that"
        return Done(act=plan.act, message=message, touched=len(fresh))

    return Planned(plan, commit)


def plan_resume_all(world: World, act: ResumeAll, now_us: int) -> Planned:
    """Plan to lift what a pause of all stopped and nobody changed since; what was paused before stays."""
    standing = [pause for pause in world.pauses.values() if pause.together and pause.dag_id in world.dags]
    items = [
        PlanItem(
            dag_id=pause.dag_id,
            run_id=None,
            task_id=None,
            before=PAUSES[pause.kind].name,
            after=PAUSES[pause.kind].without,
        )
        for pause in sorted(standing, key=lambda pause: (pause.dag_id, pause.kind))
    ]
    counts = [
        runs_started(world, pause.dag_id, now_us) for pause in standing if pause.kind is PauseKind.SCHEDULE
    ]
    begun = [count for count in counts if count]
    notes = [] if items else ["nothing to do: no DAG is paused by a pause of all"]
    if begun:
        notes.append(f"this starts {amount(sum(begun), 'run')} in {amount(len(begun), 'DAG')}")
    left = sum(not pause.together and not pause.run_id for pause in world.pauses.values())
    if items and left:
        notes.append(f"{amount(left, 'pause')} made otherwise: {_kept(left)}")
    title = f"Resume {amount(len(items), 'DAG')}"
    plan = make_plan("resume_all", title, items, means=act, notes=notes, cli=["resume", "--all"])

    def commit(tick: Tick) -> Done:
        keys = [pause.key for pause in tick.world.pauses.values() if pause.together]
        lifted = [key for key in keys if key[1] in tick.world.dags]
        for key in lifted:
            tick.gate.note(
                PAUSES[key[0]].lift, dag_id=key[1], before=PAUSES[key[0]].name, after=PAUSES[key[0]].without
            )
            lift_pause(tick, key)
        if not lifted:
            return Done(act=plan.act, message=notes[0], touched=0)
        return Done(act=plan.act, message=f"{amount(len(lifted), 'DAG')} resumed", touched=len(lifted))

    return Planned(plan, commit)


def _unpaused(world: World, kind: PauseKind) -> list[str]:
    """Return the DAGs whose file is there and that are not paused so, by id."""
    return [
        dag_id
        for dag_id, entry in sorted(world.dags.items())
        if not entry.facts.missing and (kind, dag_id, "", "") not in world.pauses
    ]


def _kept(count: int) -> str:
    return "left as it is" if count == 1 else "left as they are"
