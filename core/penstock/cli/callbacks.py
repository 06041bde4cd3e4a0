"""`penstock callbacks`: the callbacks of DAG files, which events they were for, and how they ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli.lookup import run_id_of, suggesting
from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session
from penstock.errors import UnknownError
from penstock.model.callbacks import CallbackState

if TYPE_CHECKING:
    from penstock.api.engine import Engine
    from penstock.model.views.callbacks import CallbackRow


@click.command
@click.argument("dag", metavar="DAG")
@click.argument("run", metavar="[RUN]", required=False)
@click.option("--failed", is_flag=True, help="Only those that failed.")
@click.option("--log", "number", type=int, metavar="ID", help="Print the log of one of them.")
@click.option("-n", "--count", default=50, show_default=True, type=click.IntRange(1, 10_000))
@json_option
@pass_session
def callbacks(
    session: Session,
    *,
    dag: str,
    run: str | None,
    failed: bool,
    number: int | None,
    count: int,
    as_json: bool,
) -> int:
    """Show the callbacks and notifiers of a DAG, newest first.

    Each line is one event with a callback. A callback that failed or took too long is not called again;
    its log says why.

    Examples:
      penstock callbacks nyc_flights
      penstock callbacks nyc_flights --failed
      penstock callbacks nyc_flights --log 12
    """
    engine = session.reader()
    run_id = run_id_of(engine, dag, run) if run else None
    with suggesting(engine, dag, run_id):
        rows = engine.callbacks(dag, run_id, 10_000 if failed or number is not None else count)
    if number is not None:
        return _print_log(engine, rows, number)
    shown = [row for row in rows if not failed or row.state is CallbackState.FAILED][:count]
    if as_json:
        print_json({"callbacks": shown})
        return 0
    _show(shown)
    return 0


def _print_log(engine: Engine, rows: list[CallbackRow], number: int) -> int:
    from penstock.cli.logs import chunks
    from penstock.terminal_text import clean

    found = next((row for row in rows if row.id == number), None)
    if found is None:
        raise UnknownError(f"that DAG does not have a callback {number}")
    data = b"" if found.attempt_id is None else b"".join(chunks(engine, found.attempt_id, follow=False))
    if not data:
        say("its log is still empty")
    for line in data.decode(errors="replace").splitlines():
        tell(clean(line))
    return 0


def _show(rows: list[CallbackRow]) -> None:
    from penstock.cli import text

    if not rows:
        say("no callback has been called")
        return
    lines = [
        (
            row.id,
            text.moment(row.created),
            row.kind,
            row.run_id,
            row.task_id,
            row.state,
            row.reason,
        )
        for row in rows
    ]
    tell(text.table(("ID", "AT", "EVENT", "RUN", "TASK", "STATE", "WHY"), lines, right={"ID"}))
