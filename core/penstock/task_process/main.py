"""The process of a Python task: ``python -P -m penstock.task_process.main ATTEMPT_DIR``.

Reads the attempt's ``spec``, executes the pinned copy of the DAG file under the file's own name,
runs one task of it, and writes ``xcom`` and ``verdict``. Exit code 0 or 1; a command replaces
the process and its exit code is its own. Every attempt pays for what is imported here.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout

from penstock.attempts import files
from penstock.authoring.exceptions import Terminated
from penstock.task_process.attempt_files import write_attempt_file
from penstock.task_process.channel import channel
from penstock.task_process.hiding import listen_at
from penstock.task_process.load import load_task
from penstock.task_process.lookup import provide
from penstock.task_process.run import Ending, failed, run_task
from penstock.task_process.secrets import take_handed_on
from penstock.task_process.task_instance import TaskInstance, XComStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, NoReturn, TextIO

    from penstock.authoring.abstract_operator import AbstractOperator
    from penstock.authoring.context import Context


_FOR_CHILDREN = 0.75
"""The share of the grace that a task's child processes may take; the rest is for its own clean-up."""


def main(folder: str) -> int:
    """Run the attempt in *folder* and return the exit code."""
    spec, facts = settle_in(folder)
    try:
        ending = _run(folder, spec, facts)
    except Terminated:
        _die_of_sigterm()
    _tell(folder, ending)
    return ending.exit_code


def settle_in(folder: str) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """Read the order in *folder* and set this process up by it; return it, and its context."""
    spec = files.read_order(f"{folder}/{files.SPEC}")
    facts: dict[str, Any] = spec["context"]
    _speak_line_by_line()
    channel.open()
    far = facts.get("socket") if facts.get("far") else None
    provide(facts.get("variables"), facts.get("connections"), stored=facts.get("values"), far=far)
    # The channel tells the supervisor what to hide; one of version 0.1 listens to the output.
    listen_at(None if channel.is_open or spec.get("log_direct") else sys.stdout.fileno())
    take_handed_on()
    return spec, facts


def _run(folder: str, spec: Mapping[str, Any], facts: Mapping[str, Any]) -> Ending:
    signal.signal(signal.SIGTERM, _on_sigterm)
    try:
        _, task = load_task(facts)
        context = task_context(folder, spec, facts, task)
    except Terminated:
        raise
    except BaseException as error:  # noqa: BLE001 - an author's file may raise anything while it loads
        return failed(error)
    grace = float(spec.get("grace") or 0)
    signal.signal(signal.SIGTERM, lambda number, frame: _on_sigterm(number, frame, task, grace))
    return run_task(task, context)


def task_context(
    folder: str, spec: Mapping[str, Any], facts: Mapping[str, Any], task: AbstractOperator
) -> Context:
    """Return the context of *task* in the attempt whose directory is *folder*."""
    from penstock.task_process.context_keys import build_context
    from penstock.task_process.moment import Moment

    date = facts.get("logical_date")
    assert task.dag is not None
    ti = TaskInstance(
        task,
        dag_id=facts["dag_id"],
        run_id=facts["run_id"],
        try_number=facts.get("try_number") or 1,
        max_tries=facts.get("max_tries") or 1,
        map_index=facts.get("map_index", -1),
        attempt_id=spec["attempt_id"],
        start_date=Moment.now_utc(),
        xcoms=XComStore(
            folder, spec.get("xcom_sources") or {}, far=facts.get("socket") if facts.get("far") else None
        ),
        socket=facts.get("socket"),
        logical_date=Moment.parse(date) if date else None,
    )
    return build_context(task.dag, task, ti, facts)


def _tell(folder: str, ending: Ending) -> None:
    """Explain the ending in the log, and write the verdict if the exit code does not say everything."""
    if ending.error is not None:
        _explain(ending)
    say_all()
    more = (ending.skips, ending.assets, ending.mapped_length is not None, ending.rendered_map_index)
    if ending.kind == "success" and not any(more):
        return
    fields = {
        "kind": ending.kind,
        "reason": ending.reason,
        "next_poke_at": ending.next_poke_at,
        **({"trigger": ending.trigger, "resume_by": ending.resume_by} if ending.trigger else {}),
        **({"question": ending.question} if ending.question else {}),
        "skips": list(ending.skips),
        "assets": list(ending.assets),
        "mapped_length": ending.mapped_length,
        "rendered_map_index": ending.rendered_map_index,
        **({} if ending.retry_delay is None else {"retry_delay": ending.retry_delay}),
    }
    write_attempt_file(folder, files.VERDICT, files.dump_fields(fields))


def say_all() -> None:
    """Flush the output. If the log cannot be written (``log="direct"``), the ending stays the same."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())  # Python flushes again at its end, and would fail again
            os.close(null)


def _explain(ending: Ending) -> None:
    if ending.kind == "skipped":
        print(f"skipped: {ending.reason}" if ending.reason else "skipped")  # noqa: T201 - to the task's log
        return
    from penstock.task_process.tracebacks import explain

    assert ending.error is not None
    say_all()
    sys.stderr.write(explain(ending.error))


def _speak_line_by_line() -> None:
    """Write every line to the log as soon as it is printed, in the order of printing."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]


def _on_sigterm(
    number: int, frame: FrameType | None, task: AbstractOperator | None = None, grace: float = 0.0
) -> None:
    """Call `on_kill`, wait for child processes, let ``finally`` blocks run; a second signal ends at once."""
    del frame
    signal.signal(number, signal.SIG_DFL)
    try:
        if task is not None:
            _tell_to_stop(task)
        if grace:
            from penstock.task_process.own_children import let_children_end

            let_children_end(grace * _FOR_CHILDREN)
    finally:
        raise Terminated


def _tell_to_stop(task: AbstractOperator) -> None:
    """Call `Operator.on_kill`, and print what it raises.

    It prints through streams of its own: the signal may have come in the middle of a print, and Python
    refuses a second one to the same stream.
    """
    with _lines_to(1) as out, _lines_to(2) as err, redirect_stdout(out), redirect_stderr(err):
        try:
            task.on_kill()
        except Exception as error:  # noqa: BLE001 - whatever it is, the task ends
            from penstock.task_process.tracebacks import explain

            err.write(f"on_kill failed\n{explain(error)}")


def _lines_to(handle: int) -> TextIO:
    try:
        return open(handle, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
    except OSError:  # the author has closed it
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - see above on imports


def _die_of_sigterm() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)


def _as_fork() -> NoReturn:
    from penstock import forking
    from penstock.task_process.warm_parent import serve

    forking.leave(main(serve(int(sys.argv[2]))))


if __name__ == "__main__":
    if sys.argv[1] == files.FORK_FLAG:
        _as_fork()
    sys.exit(main(os.path.abspath(sys.argv[1])))  # noqa: PTH100 - see above on imports
