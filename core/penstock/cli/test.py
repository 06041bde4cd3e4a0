"""`penstock test`: run a DAG, or one of its tasks, at once and without an engine."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from penstock.cli.moments import Conf, Moment
from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session
from penstock.model.questions import Given


class Answered(click.ParamType[Given]):
    """``TASK=OPTION``, ``TASK=OPTION,OPTION`` or ``TASK={"param": value}``."""

    name = "answer"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Given:
        """Return the answer."""
        import json

        task, sign, said = str(value).partition("=")
        if not task or not sign:
            self.fail(f"{value!r} is not TASK=OPTION, such as approve=Approve", param, ctx)
        if not said.startswith("{"):
            return Given(task, tuple(each.strip() for each in said.split(",") if each.strip()), {})
        try:
            params = json.loads(said)
        except ValueError as error:
            self.fail(f"what {task} is answered is not JSON: {error}", param, ctx)
        return Given(task, (), params)


@click.command
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("dag", metavar="[DAG]", required=False)
@click.option("--task", help="Run only this task, whatever its dependencies.")
@click.option("--logical-date", type=Moment(), help="The date to run for, in the DAG's zone. Default: now.")
@click.option("--conf", type=Conf(), default="{}", help="Parameters as a JSON object.")
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="TASK=OPTION",
    type=Answered(),
    help="What people answer to a task that asks; TASK='{\"param\": 1}' also fills in. May be repeated.",
)
@json_option
@pass_session
def test(
    session: Session,
    *,
    file: Path,
    dag: str | None,
    task: str | None,
    logical_date: datetime | None,
    conf: dict[str, Any],
    answers: tuple[Given, ...],
    as_json: bool,
) -> int:
    """Run a DAG once, at once and without an engine.

    Changes nothing in the instance's database. DAG may be left out if the file makes only one. Output of
    the tasks goes to stderr. The exit code is 1 unless the run succeeds. A task that asks a person gets what
    --answer says, or else its defaults; without either the test ends.

    Examples:
      penstock test dags/first_dag.py
      penstock test dags/first_dag.py first_dag --task hello
      penstock test dags/release.py --answer approve=Approve
      penstock test dags/first_dag.py --logical-date 2013-01-05 --json
    """
    from penstock.service.foreground import run_test

    report = run_test(
        file.absolute(),
        dag,
        task=task,
        logical_date=logical_date,
        conf=conf,
        answers=answers,
        log=sys.stderr,
        settings=session.settings,
    )
    if as_json:
        print_json(
            {
                "dag_id": report.dag_id,
                "run_id": report.run_id,
                "state": report.state,
                "tasks": report.tasks,
            }
        )
    else:
        from penstock.cli.text import state
        from penstock.ids import instance_key

        tell(f"{report.dag_id} {state(str(report.state))} ({report.run_id})")
        for row in report.tasks:
            if row.get("state") not in {"success", "skipped"}:
                name = instance_key(str(row["task_id"]), int(row.get("map_index", -1)))
                say(f"  {name} is {row.get('state')}: {row.get('outcome') or 'no attempt'}")
    return 0 if str(report.state) == "success" else 1
