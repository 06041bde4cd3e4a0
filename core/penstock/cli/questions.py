"""`penstock questions` and `penstock answer`: what tasks ask people, and the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from penstock.cli.moments import Conf
from penstock.cli.options import (
    dag_argument,
    dry_run_option,
    json_option,
    optional_dag_argument,
    optional_run_argument,
    optional_task_argument,
    run_argument,
    task_argument,
)
from penstock.cli.output import print_json, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.model.views.questions import QuestionRow


@click.command("questions")
@optional_dag_argument
@optional_run_argument
@optional_task_argument
@click.option("--all", "everything", is_flag=True, help="Also what was answered or is over, newest first.")
@json_option
@pass_session
def questions(
    session: Session, *, dag: str | None, run: str | None, task: str | None, everything: bool, as_json: bool
) -> int:
    """List what waits for a person's answer.

    In all DAGs, in one, in a run, or in one task of it. A task that asks (ApprovalOperator and the other
    HITL operators) holds no slot while it waits.

    Examples:
      penstock questions
      penstock questions etl latest approve
      penstock questions --all --json
    """
    from penstock.cli.lookup import run_id_of, split_task, suggesting

    engine = session.reader()
    run_id = run_id_of(engine, dag, run) if dag and run else None
    if dag is None:
        rows = engine.questions(everything=everything)
    else:
        with suggesting(engine, dag, run_id):
            rows = engine.questions(dag, run_id, everything=everything or task is not None)
    if task is not None:
        task_id, index = split_task(task)
        rows = [row for row in rows if row.task_id == task_id and index in (-1, row.map_index)]
    if as_json:
        print_json({"questions": rows})
    elif task is not None and rows:
        tell(_whole(rows[0]))
    else:
        _show(rows, everything=everything)
    return 0


@click.command("answer")
@dag_argument
@run_argument
@task_argument
@click.argument("options", metavar="[OPTION]...", nargs=-1)
@click.option("--params", type=Conf(), default="{}", help="Values of its params, as a JSON object.")
@click.option("--anyway", is_flag=True, help="Also if the task asks other people.")
@dry_run_option
@json_option
@pass_session
def answer(
    session: Session,
    *,
    dag: str,
    run: str,
    task: str,
    options: tuple[str, ...],
    params: dict[str, Any],
    anyway: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Answer what a task asks a person; it goes on with the answer.

    OPTION is one of the options of the question (`penstock questions DAG RUN TASK` shows them), or several
    if it allows that; an only option need not be named. The answer and who gave it are in the event trail.

    Examples:
      penstock answer etl latest approve Approve
      penstock answer etl latest limits --params '{"rows": 500}'
    """
    from penstock.cli.acting import perform
    from penstock.cli.lookup import run_id_of
    from penstock.model.acts import Answer

    engine = session.reader() if dry_run else session.engine()
    act = Answer(
        dag_id=dag,
        run_id=run_id_of(engine, dag, run),
        task_id=task,
        chosen=options,
        params=params,
        anyway=anyway,
    )
    return perform(session, act, dry_run=dry_run, as_json=as_json)


def _show(rows: Sequence[QuestionRow], *, everything: bool) -> None:
    from penstock.cli import text
    from penstock.ids import instance_key
    from penstock.model.questions import assigned_words

    if not rows:
        tell("nothing was ever asked" if everything else "nothing waits for an answer")
        return
    lines = [
        (
            row.dag_id,
            row.run_id,
            instance_key(row.task_id, row.map_index),
            row.question.subject,
            " / ".join(row.question.options),
            text.moment(row.asked),
            _standing(row) if everything else text.moment(row.until) if row.until else "",
            assigned_words(row.question),
        )
        for row in rows
    ]
    last = "ANSWER" if everything else "UNTIL"
    tell(text.table(("DAG", "RUN", "TASK", "QUESTION", "OPTIONS", "ASKED", last, "FOR"), lines))


def _standing(row: QuestionRow) -> str:
    if row.reply is None:
        return "waits" if row.open else "over without an answer"
    return f"{', '.join(row.reply.chosen)} by {row.reply.by or 'default'}"


def _whole(row: QuestionRow) -> str:
    """Return all of a question."""
    import json

    from penstock.cli import text
    from penstock.ids import instance_key
    from penstock.model.questions import assigned_words
    from penstock.terminal_text import clean

    question = row.question
    facts = [
        ("task", f"{instance_key(row.task_id, row.map_index)} of {row.run_id}, try {row.try_number}"),
        ("asks", question.subject),
        ("options", " / ".join(question.options) + (" (several)" if question.multiple else "")),
        ("defaults", None if question.defaults is None else ", ".join(question.defaults)),
        ("for", assigned_words(question) or None),
        ("asked", text.moment(row.asked)),
        ("until", None if row.until is None else text.moment(row.until)),
        ("answer", _standing(row)),
        *((f"param {name}", json.dumps(schema)) for name, schema in question.params.items()),
        *(
            (f"given {name}", json.dumps(value))
            for name, value in (row.reply.params if row.reply else {}).items()
        ),
    ]
    body = f"\n\n{clean(question.body.strip())}" if question.body else ""
    return text.facts(facts) + body
