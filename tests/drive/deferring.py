"""Tasks that defer, run with their triggers in this process and no engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drive.tasks import Ran, Runs
from penstock import (
    DAG,
    BaseOperator,
    Context,
)
from penstock.attempts import files
from penstock.task_process.triggerer import Triggerer


class Waits(BaseOperator):
    """Defers to *trigger*, then returns what it brought."""

    def __init__(
        self, *, trigger: Any, more: Any = None, timeout: Any = None, task_id: str, **task: Any
    ) -> None:
        super().__init__(task_id=task_id, **task)
        self.trigger, self.more, self.timeout = trigger, more, timeout

    def execute(self, context: Context) -> None:
        context["ti"].xcom_push("before", [1, 2])
        self.defer(trigger=self.trigger, method_name="go_on", kwargs=self.more, timeout=self.timeout)

    def go_on(self, context: Context, event: Any = None, **more: Any) -> Any:
        return {"event": event, "more": more, "task": context["ti"].task_id}


def folder_of(runs: Runs, task_id: str) -> str:
    """Return the directory of the newest attempt of a task."""
    return files.attempt_folder(runs.root, runs.sources[task_id])


def run_triggers(runs: Runs, *task_ids: str, until: Callable[[], bool] | None = None) -> str:
    """Run the triggers of deferred tasks until all have fired; return the triggerer's directory."""
    home = runs.root / "triggerer"
    home.mkdir(parents=True, exist_ok=True)
    ids = [runs.sources[task_id] for task_id in task_ids]
    files.write_whole(home, files.WANTED, files.dump_fields({"ids": ids}))

    def done() -> bool:
        return all(Path(folder_of(runs, each), files.FIRED).exists() for each in task_ids)

    async def work() -> None:
        task = asyncio.ensure_future(Triggerer(str(home), str(runs.root), None).run())
        async with asyncio.timeout(20):
            while not (until or done)():  # noqa: ASYNC110 - files appear
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(work())
    return str(home)


def go_on(runs: Runs, dag: DAG, task_id: str) -> Ran:
    """Run the task again, from where it deferred."""
    return runs.here(dag, task_id, resumes=folder_of(runs, task_id))


def fired(runs: Runs, task_id: str) -> dict[str, Any]:
    """Return what a triggerer wrote."""
    return files.read(f"{folder_of(runs, task_id)}/{files.FIRED}")
