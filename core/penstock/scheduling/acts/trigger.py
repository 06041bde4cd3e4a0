"""Trigger: a manual run, or one that repeats another."""

from __future__ import annotations

import json
from typing import Any

from penstock.clock import from_us, opt_from_us, to_us
from penstock.errors import RefusedError, UsageError
from penstock.ids import check_id, make_run_id
from penstock.model.acts import Rerun, Trigger
from penstock.model.params import problems
from penstock.model.spec import DagSpec
from penstock.model.states import RunState, RunType
from penstock.model.views.plans import Done, PlanItem
from penstock.scheduling.acts.assets import check_key
from penstock.scheduling.acts.planned import amount, aware, make_plan
from penstock.scheduling.moves.create_run import create_run
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import World
from penstock.timetable.schedule import stored_timetable


def plan_trigger(world: World, act: Trigger, now_us: int) -> Planned:
    """Plan a manual run; refuse one that exists, and a conf that does not fit the DAG's params."""
    world.refuse_barred(act.dag_id, f"DAG {act.dag_id}")
    entry = world.dag(act.dag_id)
    spec = entry.structure.spec
    if entry.facts.missing:
        raise RefusedError(f"DAG {act.dag_id!r} is gone: {entry.facts.file} no longer makes it")
    check_conf(spec, act.conf)
    _check_partition(spec, act.partition_key)
    logical = None if act.logical_date is None else aware(act.logical_date, spec.timezone)
    moment = logical or from_us(now_us)
    run_id = check_id(act.run_id, "run_id") if act.run_id else ""
    if logical is not None:
        standing = world.runs_at(act.dag_id, [to_us(logical)]).get(to_us(logical))
        if standing is not None:
            raise RefusedError(
                f"{act.dag_id} has a run for {logical.isoformat()} already: {standing[0]} ({standing[1]}). "
                f"Run it again with: penstock clear {act.dag_id} {standing[0]}"
            )
    if not run_id:  # two people may trigger at the same moment
        run_id = world.free_run_id(act.dag_id, make_run_id("manual", moment))
    elif world.has_run(act.dag_id, run_id):
        raise RefusedError(f"{act.dag_id} has a run {run_id!r} already")
    interval = None if logical is None else stored_timetable(spec.schedule).manual_interval(logical)
    item = PlanItem(
        dag_id=act.dag_id, run_id=run_id, task_id=None, before="", after=RunState.QUEUED, logical_date=logical
    )
    notes = _notes(world, spec)
    cli = ["trigger", act.dag_id, "--logical-date", logical.isoformat() if logical else "none"]
    if act.conf:
        cli += ["--conf", json.dumps(act.conf)]
    if act.run_id:
        cli += ["--run-id", act.run_id]
    if act.partition_key:
        cli += ["--partition", act.partition_key]
    # The default id has the time of the commit, so the fingerprint must not cover it.
    seen = [logical, entry.structure.id, act.run_id, act.partition_key]
    plan = make_plan("trigger", f"Trigger {act.dag_id}", [item], seen=seen, covered=(), notes=notes, cli=cli)

    def commit(tick: Tick) -> Done:
        create_run(
            tick,
            entry.structure,
            run_id=run_id,
            run_type=RunType.MANUAL,
            logical=logical,
            interval=interval,
            run_after_us=tick.now_us,
            conf=act.conf,
            partition_key=act.partition_key,
        )
        return Done(
            act="trigger", message=f"created {run_id}", touched=1, run_id=run_id, state=RunState.QUEUED
        )

    return Planned(plan, commit, creates=entry.structure)


def plan_rerun(world: World, act: Rerun, now_us: int) -> Planned:
    """Plan a run that repeats another one, for the same date, with the same conf or an edited one.

    A logical date belongs to one run only, so the new run has none of its own.

    Raises `UnknownError` for a run that does not exist, `UsageError` for a bad conf, and `RefusedError` for
    a DAG that is gone or in quarantine.
    """
    world.refuse_barred(act.dag_id, f"DAG {act.dag_id}")
    entry = world.dag(act.dag_id)
    spec = entry.structure.spec
    if entry.facts.missing:
        raise RefusedError(f"DAG {act.dag_id!r} is gone: {entry.facts.file} no longer makes it")
    first = world.run(act.dag_id, act.run_id).record
    old = json.loads(first.conf)
    conf = old if act.conf is None else act.conf
    check_conf(spec, conf)
    run_id = check_id(act.new_run_id, "run_id") if act.new_run_id else ""
    if run_id and world.has_run(act.dag_id, run_id):
        raise RefusedError(f"{act.dag_id} has a run {run_id!r} already")
    run_id = run_id or world.free_run_id(act.dag_id, make_run_id("manual", from_us(now_us)))
    date = opt_from_us(first.date_us)
    item = PlanItem(
        dag_id=act.dag_id,
        run_id=run_id,
        task_id=None,
        before="",
        after=RunState.QUEUED,
        logical_date=date,
        note=f"repeats {first.run_id}",
    )
    notes = [*_notes(world, spec), *_edits(old, conf)]
    cli = ["rerun", act.dag_id, act.run_id]
    if conf != old:
        cli += ["--conf", json.dumps(conf)]
    if act.new_run_id:
        cli += ["--run-id", act.new_run_id]
    seen = [entry.structure.id, first.run_id, conf, act.new_run_id]
    title = f"Re-run {act.run_id}"
    plan = make_plan("rerun", title, [item], seen=seen, covered=(), notes=notes, cli=cli)

    def commit(tick: Tick) -> Done:
        start, end = first.interval_start_us, first.interval_end_us
        create_run(
            tick,
            entry.structure,
            run_id=run_id,
            run_type=RunType.MANUAL,
            logical=None,
            interval=None if start is None or end is None else (from_us(start), from_us(end)),
            run_after_us=tick.now_us,
            conf=conf,
            rerun_of=first,
        )
        message = f"created {run_id}, which repeats {first.run_id}"
        return Done(act="rerun", message=message, touched=1, run_id=run_id, state=RunState.QUEUED)

    return Planned(plan, commit, creates=entry.structure)


def _check_partition(spec: DagSpec, key: str | None) -> None:
    """Raise `UsageError` for a partition of a DAG that has none, or a key that cannot be one."""
    check_key(key)
    if key is not None and spec.schedule.partitions is None:
        raise UsageError(f"{spec.dag_id} has no partitions, so a run of it cannot be about one")


def _notes(world: World, spec: DagSpec) -> list[str]:
    notes = [amount(len(spec.tasks), "task")]
    if world.frozen(spec.dag_id):
        notes.append("the DAG is frozen: the run is created, nothing is launched")
    return notes


def _edits(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return the differences between two confs, a line for each name."""

    def said(conf: dict[str, Any], name: str) -> str:
        return json.dumps(conf[name]) if name in conf else "default"

    edits = [(name, said(old, name), said(new, name)) for name in sorted({*old, *new})]
    return [f"{name}: {before} -> {after}" for name, before, after in edits if before != after]


def check_conf(spec: DagSpec, conf: dict[str, Any]) -> None:
    """Raise `UsageError` if *conf*, with the defaults, does not fit the DAG's params."""
    found = [f"param {name!r}: {problem}" for name, problem in problems(spec.params, conf).items()]
    if found:
        raise UsageError(f"conf does not fit {spec.dag_id}: {'; '.join(found)}")
