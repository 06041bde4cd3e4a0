"""The context of a task: what templates and functions can use while it runs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from penstock.authoring import scope
from penstock.authoring.context import Context, Poking
from penstock.authoring.exceptions import TaskError
from penstock.authoring.params import Param, as_params, defaults
from penstock.task_process import macros
from penstock.task_process.moment import Moment
from penstock.task_process.task_instance import TaskInstance
from penstock.task_process.template_objects import Connections, Variables
from penstock.task_process.templates import Renderer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.abstract_operator import AbstractOperator
    from penstock.authoring.node import Graph


class DagRun:
    """The run that a task belongs to. Times are in UTC; ``run_type`` is a string."""

    def __init__(self, dag_id: str, facts: Mapping[str, Any]) -> None:
        self.dag_id = dag_id
        self.run_id = str(facts.get("run_id") or "manual")
        self.run_type = str(facts.get("run_type") or "manual")
        self.logical_date = _moment(facts, "logical_date")
        self.data_interval_start = _moment(facts, "data_interval_start")
        self.data_interval_end = _moment(facts, "data_interval_end")
        self.run_after = _moment(facts, "run_after") or Moment.now_utc()
        self.start_date = _moment(facts, "run_start")
        self.state = str(facts.get("run_state") or "running")
        self.end_date: Moment | None = None
        self.conf: dict[str, Any] = dict(facts.get("conf") or {})
        self.partition_key: str | None = facts.get("partition_key")

    def __repr__(self) -> str:
        return f"<DagRun {self.dag_id} {self.run_id}>"


def build_context(dag: Graph, task: AbstractOperator, ti: TaskInstance, facts: Mapping[str, Any]) -> Context:
    """Return the context of *task* from the *facts* of its attempt (``AttemptSpec.context``)."""
    run = DagRun(dag.dag_id, facts)
    day = macros.ds_nodash(run.logical_date)
    keys: dict[str, Any] = {
        "conn": Connections(),
        "dag": dag,
        "dag_run": run,
        "inlets": list(task.inlets),
        "macros": macros,
        "map_index_template": task.map_index_template,
        "outlets": list(task.outlets),
        "partition_date": None,
        "partition_key": run.partition_key,
        "params": _params(dag, task, facts),
        "run_id": run.run_id,
        "task": task,
        "task_instance": ti,
        "task_reschedule_count": int(facts.get("pokes") or 0),
        "task_instance_key_str": f"{dag.dag_id}__{task.task_id}__{day or run.run_id}",
        "ti": ti,
        "try_number": ti.try_number,
        "var": Variables(),
    }
    keys |= _dates(run) | _previous(facts)
    first_poke = facts.get("first_poke_at")
    poking = Poking(time.time() if first_poke is None else float(first_poke), int(facts.get("pokes") or 0))
    context = Context(
        keys,
        poking=poking,
        socket=facts.get("socket"),
        timezone=str(facts.get("timezone") or "UTC"),
        max_map_length=int(facts.get("max_map_length") or 1024),
        keep_rendered=bool(facts.get("keep_rendered")),
        resumes=facts.get("resumes"),
        reply=facts.get("reply"),
        render=lambda value: Renderer(context["task"], context).render(value),
    )
    context.update(_asset_keys(task, context, facts.get("triggering") or ()))
    dialect = scope.current().dialect
    if dialect is not None:
        dialect.add_to_context(context)
    return context


def get_current_context() -> Context:
    """Return the context of the task that is running; raise RuntimeError outside of one."""
    context = scope.current().context
    if context is None:
        raise RuntimeError("get_current_context() works only while a task runs, not while its file loads")
    return context


def _asset_keys(
    task: AbstractOperator, context: Context, triggering: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the keys about assets, which most tasks do not have."""
    if not (task.inlets or task.outlets or triggering):
        return {"triggering_asset_events": {}, "inlet_events": {}, "outlet_events": {}}
    from penstock.task_process.asset_events import InletEvents, OutletEvents, TriggeringEvents
    from penstock.task_process.engine_client import ask

    return {
        "triggering_asset_events": TriggeringEvents(triggering),
        "inlet_events": InletEvents(task.inlets, lambda wanted: list(ask(context, "asset_events", **wanted))),
        "outlet_events": OutletEvents(task.outlets),
    }


def _dates(run: DagRun) -> dict[str, Any]:
    """Return the keys that a run without a logical date does not have."""
    date = run.logical_date
    if date is None:
        return {}
    return {
        "logical_date": date,
        "data_interval_start": run.data_interval_start,
        "data_interval_end": run.data_interval_end,
        "ds": macros.ds(date),
        "ds_nodash": macros.ds_nodash(date),
        "ts": macros.ts(date),
        "ts_nodash": macros.ts_nodash(date),
        "ts_nodash_with_tz": macros.ts_nodash_with_tz(date),
    }


def _previous(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``prev_*`` keys if the engine sent them; a guess would be worse than an undefined name."""
    if "previous_success" not in facts:
        return {}
    found = facts["previous_success"] or {}
    names = ("data_interval_start", "data_interval_end", "start_date", "end_date")
    return {f"prev_{name}_success": _moment(found, name) for name in names}


def _params(dag: Graph, task: AbstractOperator, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the params: the run's values override the task's, which override the DAG's.

    Raises `TaskError` if a value of the run does not fit one of the task's own params.
    """
    mine = as_params(task.params)
    conf = facts.get("conf") or {}
    for name, param in mine.items():
        _check_param(name, param, conf)
    return defaults(dag.params) | dict(facts.get("params") or {}) | defaults(mine) | dict(conf)


def _check_param(name: str, param: Param, conf: Mapping[str, Any]) -> None:
    if name not in conf and param.required:
        raise TaskError(f"param {name!r} of the task is required")
    if param.schema:
        from penstock.model.params import mismatch

        problem = mismatch(conf.get(name, param.value), param.schema)
        if problem:
            raise TaskError(f"param {name!r} of the task: {problem}")


def _moment(facts: Mapping[str, Any], name: str) -> Moment | None:
    text = facts.get(name)
    return Moment.parse(text) if text else None
