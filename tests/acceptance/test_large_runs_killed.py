"""An engine that is killed while it creates or cancels a very large run: all of it is done, or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from drive.instance import Instance
from drive.waiting import wait_for
from penstock.errors import EngineError
from penstock.model.acts import AnyAct, Cancel, Trigger
from penstock.model.states import RunState, TaskState
from penstock.model.views.plans import Done
from penstock.scheduling.world import slices
from penstock.store.database import Database
from penstock.store.upkeep.health import problems

TASKS = 2 * slices.TASKS + 500
"""Three ticks' worth."""
_DAG = f"""
from penstock import DAG, BashOperator

with DAG("big", schedule=None, max_active_tasks=2):
    for number in range({TASKS}):
        BashOperator(task_id=f"task{{number}}", bash_command="sleep 600")
"""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    made = Instance(tmp_path / "home", "stop_grace = 1\n")
    made.write_dag("big", _DAG)
    yield made
    made.close()


def ask(instance: Instance, act: AnyAct) -> Done | None:
    """Return the answer to *act*; None if the engine died before it gave one."""
    try:
        with instance.client() as engine:
            return engine.commit(act, actor="tester")
    except EngineError:
        return None


def die_over(instance: Instance, act: AnyAct, point: str) -> Done | None:
    """Have an engine that dies at *point* carry *act* out, as far as it gets, and start the next."""
    instance.kill()
    instance.start(failpoint=point)
    done = None if instance.dead else ask(instance, act)
    wait_for(lambda: instance.dead or done is not None, 60, "neither dead nor answered")
    instance.kill()
    instance.start()
    return done


def states(instance: Instance, run_id: str) -> Counter[TaskState]:
    with instance.client() as engine:
        return Counter(row.state for row in engine.run("big", run_id).tasks)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_killed_at_each_commit(instance: Instance) -> None:
    instance.start()
    answered = []
    for number in range(1, 9):
        point = f"{('before_commit', 'after_commit')[number % 2]}:{1 + number // 2}"
        run_id = f"run{number}"
        made = die_over(instance, Trigger(dag_id="big", run_id=run_id), point)
        with instance.client() as engine:
            there = [row for row in engine.runs("big") if row.run_id == run_id]
        assert there or made is None, "it was answered, and is gone"
        if not there:
            assert ask(instance, Trigger(dag_id="big", run_id=run_id)) is not None
        assert sum(states(instance, run_id).values()) == TASKS
        over = die_over(instance, Cancel(dag_id="big", run_id=run_id), point)
        answered.append((made is not None, over is not None))
        if over is None and TaskState.CANCELLED not in states(instance, run_id):
            assert ask(instance, Cancel(dag_id="big", run_id=run_id)) is not None

        def ended(run_id: str = run_id) -> bool:
            with instance.client() as engine:
                return any(
                    row.run_id == run_id and row.state is RunState.CANCELLED for row in engine.runs("big")
                )

        wait_for(ended, 120, "the cancel is not carried through")
        assert states(instance, run_id) == {TaskState.CANCELLED: TASKS}
    print(f"answered: {answered}")
    instance.stop()
    database = Database.open(instance.settings.database, readonly=True)
    found = list(problems(database))
    database.close()
    assert found == []
