"""Executes the pinned copy of a DAG file and finds the task to run in what it makes."""

from __future__ import annotations

from penstock.authoring.exceptions import TaskError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from penstock.authoring.abstract_operator import AbstractOperator
    from penstock.authoring.dag import DAG

_ZIP = b"PK\x03\x04"
_kept: tuple[tuple[object, ...], list[DAG]] | None = None


class TaskNotFoundError(TaskError):
    """The DAG file no longer makes the task to run."""


def load_task(facts: Mapping[str, Any]) -> tuple[DAG, AbstractOperator]:
    """Execute the pinned DAG file; return the DAG and the task that *facts* name.

    A file that this process was forked with (`keep`) is not executed again. Raises `TaskNotFoundError` if
    the file no longer makes one of them, and whatever the file raises.
    """
    from penstock.task_process.logging_setup import show_logging

    show_logging()
    dag_id, task_id = facts["dag_id"], facts["task_id"]
    if _kept is not None and _kept[0] == version(facts):
        dag = next((dag for dag in _kept[1] if dag.dag_id == dag_id), None)
    else:
        dag = _made(facts)
    if dag is None:
        raise TaskNotFoundError(
            f"{facts['file']} no longer makes DAG {dag_id!r}: does it depend on its environment?"
        )
    if task_id not in dag.task_dict:
        raise TaskNotFoundError(
            f"DAG {dag_id!r} no longer makes task {task_id!r}: does it depend on its environment?"
        )
    dag.timezone_name = dag.timezone_name or facts.get("timezone")
    return dag, dag.task_dict[task_id]


def version(facts: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what says which version of which file is executed, and how."""
    return tuple(facts.get(name) for name in ("file", "source", "dags_folder", "dialect"))


def keep(facts: Mapping[str, Any], sure: Callable[[bytes], bool]) -> list[DAG] | None:
    """Execute a DAG file for all tasks that will be forked from this process; return its DAGs.

    *sure* tells of its bytes whether that may be. Returns None, with nothing executed, when it may not.
    Raises whatever the file raises.
    """
    from penstock.authoring.collect import collect

    global _kept  # noqa: PLW0603 - one file a process, as in `penstock.authoring.scope`
    source = read_whole(facts["source"])
    if source.startswith(_ZIP) or not sure(source):
        return None
    dags = collect(_executed(facts, source))
    _kept = (version(facts), dags)
    return dags


def read_whole(path: str) -> bytes:
    """Return a file's bytes."""
    with open(path, "rb") as file:  # noqa: PTH123 - every attempt pays for what is imported here
        return file.read()


def _made(facts: Mapping[str, Any]) -> DAG | None:
    """Execute the file; return the DAG that *facts* name, or None if there is none now."""
    from penstock.authoring.collect import collect

    source = read_whole(facts["source"])
    if source.startswith(_ZIP):
        return _packaged(facts, source)
    return next((dag for dag in collect(_executed(facts, source)) if dag.dag_id == facts["dag_id"]), None)


def _executed(facts: Mapping[str, Any], source: bytes) -> dict[str, Any]:
    from penstock.authoring.source import execute

    return execute(facts["file"], source, [facts.get("dags_folder") or ""], airflow=_said(facts))


def _said(facts: Mapping[str, Any]) -> dict[str, Any] | None:
    return {"known": facts.get("dialect")} if facts.get("dialect") else None


def _packaged(facts: Mapping[str, Any], source: bytes) -> DAG | None:
    """Return the DAG from the module of a zip file that makes it; raise what failed if none does."""
    from penstock.authoring.archive import runs
    from penstock.authoring.collect import collect

    failure: Exception | None = None
    folders = [facts.get("dags_folder") or ""]
    for _, run in runs(facts["file"], source, folders, airflow=_said(facts), kept=facts["source"]):
        try:
            found = [dag for dag in collect(run()) if dag.dag_id == facts["dag_id"]]
        except Exception as error:  # noqa: BLE001 - of another module, perhaps
            failure = failure or error
            continue
        if found:
            return found[0]
    if failure is not None:
        raise failure
    return None
