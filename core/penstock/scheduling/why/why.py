"""Why is it not running? The answer for a DAG, a run or a task instance, down to the root cause."""

from __future__ import annotations

import msgspec

from penstock.errors import UnknownError
from penstock.ids import instance_key
from penstock.model.barriers import BarrierKind
from penstock.model.rush import Rush
from penstock.model.states import OCCUPIES_SLOT, TERMINAL, RunState, TaskState
from penstock.model.views.why import Barrier, Why
from penstock.scheduling.why.barriers import Link, Subject, quarantine_barrier, run_barriers, task_barriers
from penstock.scheduling.why.dag_barriers import dag_barriers
from penstock.scheduling.world.instances import instances
from penstock.scheduling.world.names import unknown_task
from penstock.scheduling.world.world import LiveRun, World
from penstock.store.engine.records import TaskRecord

_DEPTH = 20
"""A longer chain is cut: the root matters, and it is always the last link."""
_MOST_TASKS = 200
"""A run with more waiting tasks than this names the barriers of the first ones."""


def explain(
    world: World, dag_id: str, run_id: str | None, task_id: str | None, map_index: int, *, parallelism: int
) -> Why:
    """Return what holds a DAG's next run, a run, or a task instance; raise `UnknownError`."""
    why = why_quarantined(world, dag_id, run_id)
    if why is not None:
        return why
    if run_id is None:
        return why_dag(world, dag_id, parallelism=parallelism)
    live = world.run(dag_id, run_id)
    if task_id is None:
        return why_run(world, live, parallelism=parallelism)
    return why_task(world, live, task_id, map_index, parallelism=parallelism)


def why_quarantined(world: World, dag_id: str, run_id: str | None) -> Why | None:
    """Return the answer for what is in quarantine, or for a run of an unreadable DAG; otherwise None."""
    subject = dag_id if run_id is None else f"{dag_id}/{run_id}"
    reason = world.quarantine_reason(subject)
    if reason is None and dag_id in world.unread:
        subject, reason = dag_id, world.quarantine_reason(dag_id)
    if reason is None:
        return None
    barrier = quarantine_barrier(subject, reason)
    name = run_id or dag_id
    return Why(
        subject=name,
        state="quarantined",
        barriers=(barrier,),
        chain=(f"{name}: {barrier.text}",),
        root=barrier.text,
    )


def why_dag(world: World, dag_id: str, *, parallelism: int) -> Why:
    """Return what keeps the DAG's next run from being made."""
    active = len(world.runs_of(dag_id))
    state = f"running {active}" if active else "idle"
    return _answer(
        world, dag_id, state, dag_barriers(world, dag_id), f"{dag_id} is {state}", parallelism, None
    )


def why_run(world: World, live: LiveRun, *, parallelism: int) -> Why:
    """Return what keeps a run from going on: what holds the run, and what holds its ready tasks."""
    run = live.record
    barriers = run_barriers(world, live)
    if run.state is RunState.RUNNING:
        own = {link.barrier.text for link in barriers}
        for name, link in _tasks_of(world, live, parallelism):
            if link.barrier.text not in own:
                text = f"{name}: {link.barrier.text}"
                barriers.append(Link(msgspec.structs.replace(link.barrier, text=text), link.then))
    return _answer(
        world, run.run_id, run.state.value, barriers, f"run {run.run_id} is {run.state}", parallelism, live
    )


def _tasks_of(world: World, live: LiveRun, parallelism: int) -> list[tuple[str, Link]]:
    """Return the barriers of tasks that wait for more than their parents; of all that wait if none does."""
    waiting = [task for task in live.tasks.values() if task.state not in TERMINAL | OCCUPIES_SLOT]
    able = [task for task in waiting if task.state is not TaskState.PENDING] or [
        task for task in waiting if not any(other.state in OCCUPIES_SLOT for other in live.tasks.values())
    ]
    return [
        (task.key, link)
        for task in able[:_MOST_TASKS]
        for link in task_barriers(world, live, task, parallelism)
    ]


def why_task(world: World, live: LiveRun, task_id: str, map_index: int = -1, *, parallelism: int) -> Why:
    """Return what keeps a task instance from running, and the chain to the root cause.

    For a mapped task without a map index, it is about the first unfinished instance.

    Raises `UnknownError` for a task that the run does not have.
    """
    found = instances(live, task_id, None if map_index < 0 else map_index)
    if not found:  # one that is no longer part of its task is in the lists still
        found = [each for each in live.instances.get(task_id, ()) if each.map_index == map_index]
    if not found:
        raise UnknownError(unknown_task(live, instance_key(task_id, map_index)))
    task = next((each for each in found if each.state not in TERMINAL), found[0])
    barriers = task_barriers(world, live, task, parallelism)
    name = task.key
    return _answer(
        world, name, task.state.value, barriers, f"{name} is {task.state}", parallelism, live, task
    )


def with_engine(answer: Why, text: str) -> Why:
    """Return *answer* with a barrier of the engine itself, which holds everything that has not ended."""
    if any(barrier.kind is BarrierKind.FINISHED for barrier in answer.barriers):
        return answer
    barrier = Barrier(kind=BarrierKind.ENGINE, text=text)
    return msgspec.structs.replace(
        answer, barriers=(barrier, *answer.barriers), chain=(*answer.chain, text), root=text
    )


# -- the chain ---------------------------------------------------------------------------------


def _answer(
    world: World,
    subject: str,
    state: str,
    barriers: list[Link],
    head: str,
    parallelism: int,
    live: LiveRun | None,
    task: TaskRecord | None = None,
) -> Why:
    chain = [f"{head}: {_cause(barriers)}"]
    seen: set[tuple[int, int]] = set() if live is None else {_key((live, task))}
    then = _next(barriers)
    while then is not None and len(chain) < _DEPTH and _key(then) not in seen:
        seen.add(_key(then))
        here, instance = then
        links = (
            run_barriers(world, here)
            if instance is None
            else task_barriers(world, here, instance, parallelism)
        )
        if instance is None and not links:  # a run that goes on: what it waits for is its tasks
            busy = any(task.state in OCCUPIES_SLOT for task in here.tasks.values())
            stuck = [] if busy else _tasks_of(world, here, parallelism)
            if not stuck:
                chain.append(_goes_on(here))
                break
            name, first = next((each for each in stuck if each[1].then is not None), stuck[0])
            chain.append(f"{_name(then, live)}: {name}: {_cause([first])}")
            then = first.then
            continue
        chain.append(f"{_name(then, live)}: {_cause(links)}")
        then = _next(links)
    return Why(
        subject=subject,
        state=state,
        barriers=tuple(link.barrier for link in barriers),
        chain=tuple(chain),
        root=chain[-1],
        rush=_rush(live, task),
    )


def _rush(live: LiveRun | None, task: TaskRecord | None) -> Rush | None:
    """Return how it goes before the others: the task instance, or the run it waits for or is."""
    if live is None:
        return None
    return (task.rush if task is not None else None) or live.record.rush


def _next(barriers: list[Link]) -> Subject | None:
    return next((link.then for link in barriers if link.then is not None), None)


def _cause(barriers: list[Link]) -> str:
    """Return in words the barrier that the chain follows, or else the first."""
    if not barriers:
        return "nothing holds it, it will go on now"
    chosen = next((link.barrier for link in barriers if link.then is not None), barriers[0].barrier)
    return chosen.text if chosen.until is None else f"{chosen.text} at {chosen.until:%Y-%m-%d %H:%M:%S} UTC"


def _goes_on(live: LiveRun) -> str:
    busy = [task.key for task in live.tasks.values() if task.state in OCCUPIES_SLOT]
    more = f" and {len(busy) - 5} more" if len(busy) > 5 else ""
    doing = f"running {', '.join(busy[:5])}{more}" if busy else "none of its tasks runs at the moment"
    return f"{live.record.run_id} is {live.record.state}: {doing}"


def _name(subject: Subject, asked: LiveRun | None) -> str:
    live, task = subject
    if task is None:
        return f"{live.record.run_id} is {live.record.state}"
    name = task.key
    same = asked is not None and live.record.id == asked.record.id
    return f"{name if same else f'{live.record.dag_id}/{live.record.run_id}/{name}'} is {task.state}"


def _key(subject: Subject) -> tuple[int, int]:
    live, task = subject
    return (live.record.id, 0 if task is None else task.id)
