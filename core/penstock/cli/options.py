"""Arguments and options that several commands share, so that they mean the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def _complete(what: str) -> Any:
    def candidates(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
        from penstock.cli import completion

        return completion.candidates(ctx, what, incomplete)

    return candidates


dag_argument = click.argument("dag", metavar="DAG", shell_complete=_complete("dags"))
optional_dag_argument = click.argument(
    "dag", metavar="[DAG]", required=False, shell_complete=_complete("dags")
)
dags_argument = click.argument(
    "dags", metavar="DAG...", nargs=-1, required=True, shell_complete=_complete("dags")
)
some_dags_argument = click.argument(
    "dags", metavar="[DAG]...", nargs=-1, required=False, shell_complete=_complete("dags")
)
run_argument = click.argument("run", metavar="RUN", shell_complete=_complete("runs"))
optional_run_argument = click.argument(
    "run", metavar="[RUN]", required=False, shell_complete=_complete("runs")
)
task_argument = click.argument("task", metavar="TASK", shell_complete=_complete("tasks"))
optional_task_argument = click.argument(
    "task", metavar="[TASK]", required=False, shell_complete=_complete("tasks")
)
tasks_argument = click.argument("tasks", metavar="[TASK]...", nargs=-1, shell_complete=_complete("tasks"))

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would be changed; change nothing.")
yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask, however much it changes.")
latest_version_option = click.option(
    "--latest-version", is_flag=True, help="On the DAG's current version, not the one the run began with."
)
wait_option = click.option(
    "--wait", is_flag=True, help="Wait for the end; exit code 1 unless the run succeeds."
)
_REACH = (
    click.option("--upstream", is_flag=True, help="Also everything these tasks depend on."),
    click.option("--downstream", is_flag=True, help="Also everything that depends on these."),
    click.option("--past", is_flag=True, help="Also the same tasks in earlier runs."),
    click.option("--future", is_flag=True, help="Also the same tasks in later runs."),
)


def reach_options(command: Command) -> Command:
    """Give *command* the options by which an act on tasks reaches others: in the graph, and in time."""
    for option in reversed(_REACH):
        command = option(command)
    return command
