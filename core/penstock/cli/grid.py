"""`penstock grid`: tasks by runs, as the console's grid shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli.lookup import suggesting, zone_of
from penstock.cli.options import dag_argument, json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from penstock.model.views.grid import GridCell

SHOWN = 25
_ROWS = 200
"""Tasks asked for at once."""


@click.command
@dag_argument
@click.option(
    "-n",
    "--limit",
    default=SHOWN,
    show_default=True,
    type=click.IntRange(1, 200),
    help="How many runs, the newest ones.",
)
@json_option
@pass_session
def grid(session: Session, *, dag: str, limit: int, as_json: bool) -> None:
    """Show the tasks of a DAG by its last runs.

    One letter each, the newest run at the right. With --json, runs are newest first, and `cells`
    follow them: null where a run does not have the task; of a mapped task all instances are one
    cell with a count.

    Examples:
      penstock grid first_dag
      penstock grid first_dag -n 10 --json | jq '.tasks[] | {task_id, states: [.cells[] | .state]}'
    """
    engine = session.reader()
    with suggesting(engine, dag):
        nodes, columns = engine.dag(dag).nodes, engine.grid(dag, limit=limit)
    runs = [run.run_id for run in columns.runs]
    tasks = [node.task_id for node in (*nodes, *columns.gone)]
    cells: dict[str, list[GridCell | None]] = {}
    for first in range(0, len(tasks), _ROWS):
        cells |= engine.grid_cells(dag, runs, tasks[first : first + _ROWS])
    if as_json:
        rows = [{"task_id": task, "cells": [_document(cell) for cell in cells[task]]} for task in tasks]
        print_json({"dag_id": dag, "runs": columns.runs, "tasks": rows})
        return
    if not runs:
        say(f"{dag} has no runs yet")
        return
    dates = [run.logical_date or run.run_after for run in reversed(columns.runs)]
    _show(tasks, cells, dates, zone_of(engine, dag))
    _legend({cell.state.value for row in cells.values() for cell in row if cell is not None})


def _document(cell: GridCell | None) -> dict[str, object] | None:
    if cell is None:
        return None
    return {
        "state": cell.state.value,
        "count": cell.count,
        "done": cell.done,
        "failed": cell.failed,
        "start": cell.start,
        "end": cell.end,
        "try_number": cell.try_number,
    }


def _show(
    tasks: list[str], cells: dict[str, list[GridCell | None]], dates: list[datetime], zone: tzinfo
) -> None:
    from penstock.cli import text
    from penstock.model.looks import LOOKS

    wide = max(map(text.width, tasks), default=0)
    first, last = (at.astimezone(zone).strftime("%Y-%m-%d %H:%M") for at in (dates[0], dates[-1]))
    lines = [f"{'':<{wide}}  {first} to {last} ({zone})"]
    for task in tasks:
        letters = [" " if cell is None else LOOKS[cell.state.value].letter for cell in reversed(cells[task])]
        name = text.one_line(task)
        lines.append(f"{name}{' ' * (wide - text.width(name))}  {' '.join(letters)}".rstrip())
    tell("\n".join(lines))


def _legend(states: set[str]) -> None:
    from penstock.model.looks import LOOKS

    said = ", ".join(f"{LOOKS[state].letter} {LOOKS[state].word}" for state in sorted(states))
    say(said)
