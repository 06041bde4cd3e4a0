"""`penstock dags`: the DAGs, their structure, their next points, the errors of their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli.lookup import suggesting
from penstock.cli.options import dag_argument, json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from penstock.model.views.dags import DagDetail, DagRow


@click.group
def dags() -> None:
    """List DAGs, or show one.

    Examples:
      penstock dags list
      penstock dags show first_dag
      penstock dags next first_dag -n 10
    """


@dags.command("list")
@json_option
@pass_session
def list_dags(session: Session, *, as_json: bool) -> None:
    """List every DAG.

    Examples:
      penstock dags list
      penstock dags list --json | jq -r '.dags[].dag_id'
    """
    rows = session.reader().dags()
    if as_json:
        print_json({"dags": rows})
        return
    from penstock.cli import text

    if not rows:
        say("no DAGs yet; put a file into the dags folder, or see `penstock dags errors`")
        return
    tell(
        text.table(
            ("DAG", "SCHEDULE", "STATE", "LAST RUN", "STARTED", "NEXT", "TASKS"),
            [
                (
                    row.dag_id,
                    row.schedule,
                    ", ".join(_marks(row)) or "on",
                    row.last_run.state.value if row.last_run else None,
                    text.moment(row.last_run.start) if row.last_run else None,
                    text.moment(row.next_run),
                    row.tasks,
                )
                for row in rows
            ],
            right={"TASKS"},
        )
    )


def _marks(row: DagRow) -> list[str]:
    marks = {
        "quarantined": row.quarantined is not None,
        "frozen": row.frozen is not None,
        "paused": row.paused is not None,
        "file has errors": row.import_error is not None,
        "missing": row.missing,
    }
    return [mark for mark, applies in marks.items() if applies]


@dags.command("show")
@dag_argument
@json_option
@pass_session
def show_dag(session: Session, *, dag: str, as_json: bool) -> None:
    """Show one DAG: its facts, and its tasks in the order in which they run.

    Examples:
      penstock dags show first_dag
      penstock dags show first_dag --json | jq '.nodes[].task_id'
    """
    from penstock.terminal_text import clean

    engine = session.reader()
    with suggesting(engine, dag):
        detail = engine.dag(dag)
    if as_json:
        print_json(detail)
    else:
        tell(_detail_text(detail))
        for warning in detail.warnings:
            say(f"! {clean(warning)}")


def _detail_text(detail: DagDetail) -> str:
    from penstock.cli import text

    row = detail.dag
    facts = text.facts(
        [
            ("dag", row.dag_id),
            ("about", row.description),
            ("file", row.file),
            ("schedule", f"{row.schedule} ({row.timezone}), catchup {detail.catchup}"),
            ("in words", detail.words or None),
            ("state", ", ".join(_marks(row)) or "on"),
            ("paused", row.paused and row.paused.text(text.moment, with_since=True)),
            ("frozen", row.frozen and row.frozen.text(text.moment, with_since=True)),
            ("next run", text.moment(row.next_run) if row.next_run else None),
            ("airflow", row.dialect and f"{row.dialect}.x ({row.dialect_because})"),
            ("owner", row.owner),
            ("tags", ", ".join(row.tags) or None),
            ("limits", f"{detail.max_active_runs} runs, {detail.max_active_tasks} tasks a run"),
            ("params", ", ".join(detail.params) or None),
            ("version", detail.version),
            ("error", row.import_error),
            ("quarantine", row.quarantined),
        ]
    )
    tasks = text.table(
        ("TASK", "OPERATOR", "AFTER", "RULE", "RETRIES", "POOL"),
        [
            (
                node.task_id,
                node.operator,
                ", ".join(node.upstream),
                node.trigger_rule,
                node.retries,
                node.pool,
            )
            for node in detail.nodes
        ],
        right={"RETRIES"},
    )
    return f"{facts}\n\n{tasks}"


@dags.command("next")
@dag_argument
@click.option("-n", "--count", default=5, show_default=True, type=click.IntRange(1, 10_000))
@json_option
@pass_session
def next_points(session: Session, *, dag: str, count: int, as_json: bool) -> None:
    """Show the next schedule points, whether or not the schedule is paused.

    Examples:
      penstock dags next first_dag
      penstock dags next first_dag -n 10 --json
    """
    from penstock.model.barriers import BarrierKind

    engine = session.reader()
    with suggesting(engine, dag):
        points = engine.next_points(dag, count)
        barriers = [barrier for barrier in engine.why(dag).barriers if barrier.kind is BarrierKind.ASSETS]
    if as_json:
        print_json({"points": points, **({"assets": barriers[0]} if barriers else {})})
        return
    from penstock.cli import text
    from penstock.cli.lookup import zone_of
    from penstock.terminal_text import clean

    for barrier in barriers:
        tell(clean(barrier.text))
    if not points:
        say(f"{dag} has no more schedule points")
        return
    zone = zone_of(engine, dag)
    tell(
        text.table(
            (f"LOGICAL DATE ({zone})", "RUNS AFTER", ""),
            [
                (
                    text.moment(point.logical_date, zone),
                    text.moment(point.run_after, zone),
                    "moved by the clock change" if point.moved_by_dst else "",
                )
                for point in points
            ],
        )
    )


@dags.command("errors")
@json_option
@pass_session
def import_errors(session: Session, *, as_json: bool) -> None:
    """List the DAG files that cannot be loaded.

    Examples:
      penstock dags errors
      penstock dags errors --json
    """
    rows = session.reader().import_errors()
    if as_json:
        print_json({"errors": rows})
        return
    from penstock.terminal_text import clean

    if not rows:
        say("every DAG file loads")
    for row in rows:
        place = f"{row.file}:{row.line}" if row.line else row.file
        tell(clean(f"{place}: {row.message}"))
