"""`penstock runs`: the runs of a DAG, or one of them in full."""

from __future__ import annotations

from datetime import tzinfo
from itertools import islice
from typing import TYPE_CHECKING

import click

from penstock.cli.lookup import all_runs, run_id_of, suggesting, zone_of
from penstock.cli.options import dag_argument, json_option, run_argument
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session
from penstock.model.states import RunState

if TYPE_CHECKING:
    from penstock.model.views.runs import RunDetail, RunRow

SHOWN = 50


@click.group
def runs() -> None:
    """List the runs of a DAG, or show one.

    Examples:
      penstock runs list first_dag
      penstock runs show first_dag latest
    """


@runs.command("list")
@dag_argument
@click.option(
    "--state", type=click.Choice([state.value for state in RunState]), help="Only runs in this state."
)
@click.option(
    "--limit",
    type=click.IntRange(0),
    help=f"How many, newest first; 0 for all. Default: {SHOWN}, and all with --json.",
)
@json_option
@pass_session
def list_runs(session: Session, *, dag: str, state: str | None, limit: int | None, as_json: bool) -> None:
    """List the runs of a DAG, newest first.

    Examples:
      penstock runs list first_dag
      penstock runs list first_dag --state failed --json
    """
    engine = session.reader()
    if limit is None:
        limit = 0 if as_json else SHOWN
    with suggesting(engine, dag):
        found = (row for row in all_runs(engine, dag) if state in {None, row.state.value})
        rows = list(islice(found, limit or None))
    if as_json:
        print_json({"runs": rows})
        return
    from penstock.cli import text

    if not rows:
        say(f"{dag} has no runs" + (f" that are {state}" if state else " yet"))
        return
    zone = zone_of(engine, dag)
    tell(
        text.table(
            ("RUN", "TYPE", "STATE", f"LOGICAL DATE ({zone})", "START", "TOOK", ""),
            [
                (
                    row.run_id,
                    row.run_type.value,
                    row.state.value,
                    _date(row, zone),
                    text.moment(row.start, zone),
                    text.run_took(row),
                    _note(row),
                )
                for row in rows
            ],
            right={"TOOK"},
        )
    )
    if len(rows) == limit:
        say(f"the newest {limit}; --limit 0 shows all")


def _date(row: RunRow, zone: tzinfo) -> str:
    """Return a run's logical date, or in brackets that of the run that it repeats."""
    from penstock.cli import text

    if row.logical_date is None and row.stands_for is not None:
        return f"({text.moment(row.stands_for, zone)})"
    return text.moment(row.logical_date, zone)


def _note(row: RunRow) -> str:
    notes = [
        f"in quarantine: {row.quarantined}" if row.quarantined else "",
        "held" if row.held else "",
        f"runs {row.rush}" if row.rush else "",
        f"repeats {row.rerun_of}" if row.rerun_of else "",
        row.reason or ("failed inside" if row.failed_inside else ""),
    ]
    return "; ".join(note for note in notes if note)


@runs.command
@dag_argument
@run_argument
@json_option
@pass_session
def show(session: Session, *, dag: str, run: str, as_json: bool) -> None:
    """Show one run in full.

    With its dates, parameters and version, which run it repeats and which repeat it.

    Examples:
      penstock runs show first_dag latest
      penstock runs show first_dag 2013-01-05 --json
    """
    engine = session.reader()
    run_id = run_id_of(engine, dag, run)
    with suggesting(engine, dag, run_id):
        detail = engine.run(dag, run_id)
    if as_json:
        print_json({"run": detail.run, "reruns": detail.reruns})
        return
    tell(
        "\n".join(f"{name + ':':<15}{value}" for name, value in _facts(detail, zone_of(engine, dag)) if value)
    )


def _facts(detail: RunDetail, zone: tzinfo) -> list[tuple[str, str]]:
    from json import dumps

    from penstock.cli import text

    run = detail.run
    span = f"{text.moment(run.data_interval_start, zone)} to {text.moment(run.data_interval_end, zone)}"
    date = run.logical_date or run.stands_for
    counts = ", ".join(f"{number} {name}" for name, number in run.counts.items() if number)
    return [
        ("run", text.one_line(run.run_id)),
        ("state", text.state(run.state.value) + (f" ({text.one_line(run.reason)})" if run.reason else "")),
        ("type", run.run_type.value + (f", by {text.one_line(run.by)}" if run.by else "")),
        ("logical date", f"{text.moment(date, zone)} ({zone})" if date else ""),
        ("interval", span if run.data_interval_start else ""),
        ("started", text.moment(run.start, zone) if run.start else ""),
        ("took", text.run_took(run) if run.start else ""),
        ("tasks", counts),
        ("conf", text.one_line(dumps(run.conf)) if run.conf else ""),
        ("version", run.dag_version),
        ("repeats", text.one_line(run.rerun_of) if run.rerun_of else ""),
        ("repeated by", text.one_line(", ".join(detail.reruns)) if detail.reruns else ""),
        ("backfill", str(run.backfill_id) if run.backfill_id else ""),
        ("held", f"by {text.one_line(run.held.by)}" if run.held else ""),
        ("runs", run.rush or ""),
    ]
