"""The process of a callback: ``python -P -m penstock.task_process.callback ATTEMPT_DIR``.

Loads the pinned DAG file like a task's process and calls the author's callbacks one after the other;
if one fails, the others are still called. Exit code 0 or 1.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence

from penstock.attempts import files
from penstock.authoring.exceptions import TaskError
from penstock.task_process.attempt_files import write_attempt_file
from penstock.task_process.load import load_task
from penstock.task_process.main import say_all, settle_in, task_context
from penstock.task_process.run import REASON_MAX, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.abstract_operator import AbstractOperator
    from penstock.authoring.context import Context
    from penstock.authoring.dag import DAG


class AttemptFailedError(TaskError):
    """What a callback gets as ``context["exception"]``: how the task's attempt ended."""


def main(folder: str) -> int:
    """Call the callbacks of the delivery in *folder* and return the exit code."""
    spec, facts = settle_in(folder)
    failed = _call_all(folder, spec, facts)
    if failed:
        print(f"{len(failed)} callback{'' if len(failed) == 1 else 's'} failed")  # noqa: T201 - to the log
        verdict = {"kind": "failed", "reason": "; ".join(failed)[:REASON_MAX]}
        write_attempt_file(folder, files.VERDICT, files.dump_fields(verdict))
    say_all()
    return 1 if failed else 0


def _call_all(folder: str, spec: Mapping[str, Any], facts: dict[str, Any]) -> list[str]:
    """Call all callbacks, and return why some failed; a file that does not load is one failure."""
    from penstock.authoring.scope import current

    asked = facts["callback"]
    try:
        dag, task = load_task(facts)
        wanted = _callbacks(dag, task, asked["kind"])
        context = _context(folder, spec, facts, task)
    except BaseException as error:  # noqa: BLE001 - an author's file may raise anything while it loads
        return [_explain(error)]
    current().context = context
    ends = [_call(one, context, asked["kind"]) for one in wanted]
    context["ti"].write_xcoms()
    return [end for end in ends if end is not None]


def _call(callback: Callable[..., Any], context: Context, kind: str) -> str | None:
    """Call one callback, and return why it failed, or None."""
    name = getattr(callback, "__name__", None) or type(callback).__name__
    print(f"{kind}: {name}")  # noqa: T201 - to the log
    try:
        callback(context)
    except BaseException as error:  # noqa: BLE001 - sys.exit() too is only this callback's end
        return f"{name}: {_explain(error)}"
    return None


def _callbacks(dag: DAG, task: AbstractOperator, kind: str) -> Sequence[Callable[..., Any]]:
    scope, _, event = kind.partition("_")
    if scope == "task":
        found: Sequence[Callable[..., Any]] = getattr(task, f"on_{event}_callback")
    elif scope == "run":
        found = getattr(dag, f"on_{event}_callback")
    else:
        number = int(kind.removeprefix("deadline:"))
        found = dag.deadlines[number].callback if number < len(dag.deadlines) else ()
    if not found:
        raise TaskError(f"{kind}: the file no longer has this callback: does it depend on its environment?")
    return found


def _context(folder: str, spec: Mapping[str, Any], facts: dict[str, Any], task: AbstractOperator) -> Context:
    from penstock.task_process.moment import Moment

    asked = facts["callback"]
    context = task_context(folder, spec, facts, task)
    ti, run = context["ti"], context["dag_run"]
    ti.start_date = Moment.parse(asked["start"]) if asked["start"] else None
    ti.end_date = Moment.parse(asked["end"]) if asked["end"] else None
    ti.state = asked["state"] if asked["kind"].startswith("task_") else None
    run.state = asked["run_state"]
    run.end_date = Moment.parse(asked["run_end"]) if asked["run_end"] else None
    context["reason"] = asked["reason"]
    if asked["kind"] in ("task_failure", "task_retry"):
        context["exception"] = AttemptFailedError(asked["reason"] or "it failed")
    if asked["kind"].startswith("deadline:"):
        context["deadline"] = asked["reason"]
    return context


def _explain(error: BaseException) -> str:
    """Write *error* to the log, and return it in one line."""
    from penstock.task_process.tracebacks import explain

    sys.stdout.flush()
    sys.stderr.write(explain(error))
    sys.stderr.flush()
    return reason_of(error) or ""


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))  # noqa: PTH100 - as in the process of a task
