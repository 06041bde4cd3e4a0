"""`penstock xcom`: what the tasks of a run pushed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli.lookup import run_id_of, split_task, suggesting
from penstock.cli.options import dag_argument, json_option, optional_task_argument, run_argument
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.api.engine import Engine
    from penstock.model.views.xcoms import XComRow

_CELLS = 100
"""Characters of a value in the table."""


@click.command
@dag_argument
@run_argument
@optional_task_argument
@click.option("--key", help="Only this key.")
@json_option
@pass_session
def xcom(session: Session, *, dag: str, run: str, task: str | None, key: str | None, as_json: bool) -> None:
    """Show what the tasks of a run pushed, or one task of it.

    Secrets that the task had looked up are covered, and so is what is called like one. TASK is a
    task id, or `task[3]` for one instance of a mapped task.

    Examples:
      penstock xcom first_dag latest
      penstock xcom first_dag latest hello --json | jq '.xcoms[] | select(.key == "return_value").value'
    """
    engine = session.reader()
    run_id = run_id_of(engine, dag, run)
    task_id, map_index = (None, -1) if task is None else split_task(task)
    with suggesting(engine, dag, run_id, () if task_id is None else (task_id,)):
        if task_id is not None:
            _must_exist(engine, dag, run_id, task_id)
        rows = engine.xcoms(dag, run_id, task_id, map_index if map_index >= 0 else None)
    rows = [row for row in _whole(engine, (dag, run_id), rows) if key in {None, row.key}]
    if as_json:
        print_json({"xcoms": rows})
        return
    _show(rows, f"{task or run} has pushed nothing" + (f" under {key!r}" if key else ""))


def _must_exist(engine: Engine, dag: str, run_id: str, task_id: str) -> None:
    from penstock.errors import UnknownError

    if all(row.task_id != task_id for row in engine.run(dag, run_id).tasks):
        raise UnknownError(f"run {run_id} of DAG {dag} has no task {task_id}")


def _whole(engine: Engine, run: tuple[str, str], rows: list[XComRow]) -> Iterator[XComRow]:
    """Yield *rows*, with what was left out of the answer for all asked for task by task."""
    asked: dict[tuple[str, int], dict[str, XComRow]] = {}
    for row in rows:
        if not row.left_out or row.path is not None:
            yield row
            continue
        name = row.task_id, row.map_index
        if name not in asked:
            asked[name] = {one.key: one for one in engine.xcoms(*run, *name)}
        yield asked[name].get(row.key, row)


def _show(rows: list[XComRow], nothing: str) -> None:
    from penstock.cli import text
    from penstock.ids import instance_key

    if not rows:
        say(nothing)
        return
    tell(
        text.table(
            ("TASK", "KEY", "SIZE", "VALUE"),
            [
                (instance_key(row.task_id, row.map_index), row.key or "*", text.size(row.bytes), _said(row))
                for row in rows
            ],
            right={"SIZE"},
        )
    )


def _said(row: XComRow) -> str:
    from penstock.model.xcom_values import line_of

    if row.left_out:
        return f"too large to show; it is in {row.path}" if row.path else "too large to show"
    line = line_of(row.value)
    return line if len(line) <= _CELLS else f"{line[:_CELLS]}..."
