"""`penstock history`: how a task went in its last runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli.lookup import split_task, suggesting, zone_of
from penstock.cli.options import dag_argument, json_option, task_argument
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from penstock.model.views.one_task import HistoryRow

SHOWN = 50


@click.command
@dag_argument
@task_argument
@click.option(
    "-n",
    "--limit",
    default=SHOWN,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="How many runs to look at, newest first.",
)
@json_option
@pass_session
def history(session: Session, *, dag: str, task: str, limit: int, as_json: bool) -> None:
    """Show how a task went in its last runs, newest first, and what is usual.

    Durations, peak memory, CPU and outcome. Of a mapped task all instances of a run are taken
    together; `task[3]` means one of them. p50 and p95 are those of the successes shown.

    Examples:
      penstock history first_dag hello
      penstock history first_dag hello -n 200 --json | jq '.runs[] | select(.slow)'
    """
    engine = session.reader()
    task_id, map_index = split_task(task)
    with suggesting(engine, dag, None, (task_id,)):
        found = engine.history(dag, task_id, map_index=map_index if map_index >= 0 else None, limit=limit)
    if as_json:
        print_json(found)
        return
    from penstock.cli import text

    if not found.runs:
        say(f"{task} has not been in any of the newest {limit} runs")
        return
    zone = zone_of(engine, dag)
    tell(
        text.table(
            ("RUN", f"LOGICAL DATE ({zone})", "STATE", "TRY", "START", "TOOK", "PEAK RSS", "CPU", ""),
            [
                (
                    row.run_id,
                    text.moment(row.logical_date, zone),
                    row.state.value,
                    row.try_number or "-",
                    text.moment(row.start, zone),
                    text.took(row.start, row.end) if row.start and (row.end or _runs(row)) else "-",
                    text.size(row.peak_rss),
                    text.duration(row.cpu_seconds),
                    _note(row),
                )
                for row in found.runs
            ],
            right={"TRY", "TOOK", "PEAK RSS", "CPU"},
        )
    )
    if found.p50 is not None:
        say(f"usually {text.duration(found.p50)} (p50), 95 % took at most {text.duration(found.p95)} (p95)")


def _runs(row: HistoryRow) -> bool:
    from penstock.model.states import OCCUPIES_SLOT

    return row.state in OCCUPIES_SLOT


def _note(row: HistoryRow) -> str:
    from penstock.model.outcome import describe

    notes = [
        f"{row.instances} instances" if row.instances > 1 else "",
        describe(row.outcome) if row.outcome is not None and not row.outcome.ok else "",
        "slower than 95 % of its runs" if row.slow else "",
    ]
    return "; ".join(note for note in notes if note)
