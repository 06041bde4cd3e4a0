"""Creates a run, then prints its id or waits for its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock.cli.acting import commit, preview, show_plan
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session

if TYPE_CHECKING:
    from penstock.model.acts import Rerun, Trigger
    from penstock.model.views.plans import Done


def start(
    session: Session,
    act: Trigger | Rerun,
    *,
    dry_run: bool,
    wait: bool,
    as_json: bool,
    more: dict[str, Any] | None = None,
) -> int:
    """Create the run that *act* asks for, or show its plan, and return the exit code.

    *wait* follows it to its end; otherwise *more* goes into the JSON document.
    """
    if dry_run:
        show_plan(preview(session, act), as_json=as_json)
        return 0
    done = commit(session, act, ask=False)
    if wait and done.run_id is not None:
        return follow_run(session, act.dag_id, done.run_id, as_json=as_json)
    show_created(act.dag_id, done, as_json=as_json, more=more)
    return 0


def show_created(dag_id: str, done: Done, *, as_json: bool, more: dict[str, Any] | None = None) -> None:
    """Print which run was created; *more* goes into the JSON document too."""
    if as_json:
        document = {"dag_id": dag_id, "run_id": done.run_id, "state": done.state or "queued"}
        print_json({**document, "message": done.message, **(more or {})})
    else:
        tell(done.message)
        say(f"follow it: penstock tasks list {dag_id} {done.run_id}")


def follow_run(session: Session, dag_id: str, run_id: str, *, as_json: bool) -> int:
    """Wait for the end of a run, show how it ended, and return the exit code."""
    from penstock.cli.rows import document
    from penstock.cli.text import run_took, state
    from penstock.cli.waiting import succeeded, wait_for_run

    say(f"waiting for {run_id}; ctrl-c stops the waiting, not the run")
    detail = wait_for_run(session.engine(), dag_id, run_id, say)
    run = detail.run
    if as_json:
        tasks = [document(task) for task in detail.tasks]
        print_json({"dag_id": run.dag_id, "run_id": run_id, "state": run.state, "run": run, "tasks": tasks})
    else:
        tell(f"{run_id} {state(run.state.value)} {run_took(run)}")
    return 0 if succeeded(run.state) else 1
