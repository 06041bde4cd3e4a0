"""`penstock why`: what keeps a run or a task from running, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli.lookup import run_id_of, split_task, suggesting
from penstock.cli.options import dag_argument, json_option, optional_run_argument, optional_task_argument
from penstock.cli.output import print_json, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from penstock.model.views.why import Why


@click.command
@dag_argument
@optional_run_argument
@optional_task_argument
@json_option
@pass_session
def why(session: Session, *, dag: str, run: str | None, task: str | None, as_json: bool) -> None:
    """Say why a DAG, a run or a task is not running.

    Names everything that holds it, who is behind that, and the chain to the root cause. RUN is a run id,
    `latest`, or the logical date of one run; without it: what the DAG's next run waits for.

    Examples:
      penstock why first_dag
      penstock why first_dag latest
      penstock why first_dag 2013-01-05 load --json
    """
    engine = session.reader()
    run_id = None if run is None else run_id_of(engine, dag, run)
    task_id, map_index = split_task(task) if task else (None, -1)
    with suggesting(engine, dag, run_id, (task_id,) if task_id else ()):
        answer = engine.why(dag, run_id, task_id, map_index)
    if as_json:
        print_json(answer)
    else:
        tell(why_text(answer))


def why_text(answer: Why) -> str:
    """Return the answer for people: the state, each barrier, the chain to the root cause."""
    from penstock.cli import text
    from penstock.model.rush import MEANS
    from penstock.terminal_text import clean

    lines = [f"{clean(answer.subject)} is {text.state(answer.state)}"]
    if answer.rush is not None:
        lines.append(f"  - run {answer.rush}: it {MEANS[answer.rush]}")
    for barrier in answer.barriers:
        until = f" (until {text.moment(barrier.until)})" if barrier.until else ""
        lines.append(f"  - {clean(barrier.text)}{until}")
        holders = [holder for holder in barrier.holders if holder not in barrier.text]
        if holders:
            shown = ", ".join(holders[:10]) + (f" and {len(holders) - 10} more" if len(holders) > 10 else "")
            lines.append(f"    held by {clean(shown)}")
    if not answer.barriers:
        lines.append("  nothing holds it")
    if len(answer.chain) > 1:
        lines.append("  because:")
        lines += [f"    {'   ' * min(depth, 6)}{clean(link)}" for depth, link in enumerate(answer.chain)]
    return "\n".join(lines)
