"""`penstock runs`: runs of one DAG or of all, or one of them in full."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING

import click

from penstock.cli.lookup import run_id_of, suggesting, zone_of
from penstock.cli.options import dag_argument, json_option, run_argument
from penstock.cli.output import print_json, tell
from penstock.cli.runs_list import list_runs
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from penstock.model.views.pauses import PauseInfo
    from penstock.model.views.runs import RunDetail


@click.group
def runs() -> None:
    """List runs, of one DAG or of all, or show one.

    Examples:
      penstock runs list --state failed --since 1d
      penstock runs list first_dag
      penstock runs show first_dag latest
    """


runs.add_command(list_runs)


@runs.command
@dag_argument
@run_argument
@json_option
@pass_session
def show(session: Session, *, dag: str, run: str, as_json: bool) -> None:
    """Show one run in full.

    With its dates, parameters and version, which run it repeats and which repeat it, and how long each
    turn took: to its first end, and after each clear or retry.

    Examples:
      penstock runs show first_dag latest
      penstock runs show first_dag 2013-01-05 --json
    """
    engine = session.reader()
    run_id = run_id_of(engine, dag, run)
    with suggesting(engine, dag, run_id):
        detail = engine.run(dag, run_id)
    if as_json:
        print_json({"run": detail.run, "reruns": detail.reruns, "turns": detail.turns})
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
        *_turns(detail, zone),
        ("tasks", counts),
        ("conf", text.one_line(dumps(run.conf)) if run.conf else ""),
        ("version", run.dag_version),
        ("partition", text.one_line(run.partition_key) if run.partition_key else ""),
        ("repeats", text.one_line(run.rerun_of) if run.rerun_of else ""),
        ("repeated by", text.one_line(", ".join(detail.reruns)) if detail.reruns else ""),
        ("backfill", str(run.backfill_id) if run.backfill_id else ""),
        ("held", _held(run.held) if run.held else ""),
        ("runs", run.rush or ""),
    ]


def _turns(detail: RunDetail, zone: tzinfo) -> list[tuple[str, str]]:
    """Return a line for each turn, if there were several."""
    from datetime import UTC, datetime

    from penstock.cli import text

    facts = []
    for number, turn in enumerate(detail.turns if len(detail.turns) > 1 else (), 1):
        seconds = detail.turn_took(turn, datetime.now(UTC))
        took = f", {text.duration(seconds)}" if seconds is not None else ""
        state = text.state(turn.state.value) if turn.state is not None else "goes on"
        facts.append((f"turn {number}", f"{text.moment(turn.start, zone)}{took}, {state}"))
    return facts


def _held(info: PauseInfo) -> str:
    """Return where a run has stopped, or who holds it."""
    from penstock.cli import text

    where = f"at a breakpoint {info.breakpoint}, " if info.breakpoint else ""
    return text.one_line(f"{where}by {info.by}" + (f": {info.why}" if info.why else ""))
