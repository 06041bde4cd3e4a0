"""What the programs of dbt tasks ask the engine: in which state rows are; and to run a task again."""

from __future__ import annotations

import os

from penstock.task_process.engine_client import NoEngineError, RefusedByEngineError, ask_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def task_states(home: str, task_ids: Sequence[str]) -> dict[str, str] | None:
    """Return the states of tasks of this process's run, or None if the engine does not say.

    An engine that is away (it may be restarting) is waited for, a minute at most.
    """
    run = {"dag_id": os.environ["PENSTOCK_CTX_DAG_ID"], "run_id": os.environ["PENSTOCK_CTX_RUN_ID"]}
    try:
        answer = ask_at(_socket(home), "run_states", task_ids=list(task_ids), **run)
    except (NoEngineError, RefusedByEngineError):
        return None
    return dict((answer or {}).get("tasks") or {})


def run_again(home: str, task_id: str, *, act_id: str) -> bool:
    """Have the engine run *task_id* of this run again; False if it does not.

    Several may ask with one *act_id*.
    """
    dag_id, run_id = os.environ["PENSTOCK_CTX_DAG_ID"], os.environ["PENSTOCK_CTX_RUN_ID"]
    act = {"act": "clear", "dag_id": dag_id, "run_id": run_id, "tasks": [task_id]}
    actor = f"task {dag_id}.{os.environ['PENSTOCK_CTX_TASK_ID']}"
    try:
        ask_at(_socket(home), "commit", act=act, actor=actor, act_id=act_id)
    except (NoEngineError, RefusedByEngineError) as error:
        print(f"{task_id} cannot be run again: {error}")  # noqa: T201 - to the task's log
        return False
    return True


def _socket(home: str) -> str:
    from pathlib import Path

    from penstock.settings import Settings

    return str(Settings(home=Path(home), dags_folder=Path(home)).socket)
