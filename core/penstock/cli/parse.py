"""`penstock parse`: what a DAG file contains, or why it cannot be loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from penstock.model.spec import DagSpec, GroupSpec, ParsedFile


@click.command
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@pass_session
def parse(session: Session, *, file: Path, as_json: bool) -> int:
    """Load a DAG file and show what is in it.

    Loads it as the engine does, but needs no engine. The exit code is 1 when the file has
    an error.

    Examples:
      penstock parse dags/first_dag.py
      penstock parse dags/first_dag.py --json | jq '.dags[].tasks[].task_id'
    """
    from penstock.loading.parse import parse_file_sync

    parsed = parse_file_sync(file.absolute(), settings=session.settings)
    if as_json:
        print_json(parsed_document(parsed))
    else:
        _tell(parsed)
    return 1 if parsed.errors else 0


def parsed_document(parsed: ParsedFile) -> dict[str, Any]:
    """Return the document of a parsed file: ``dags`` by id and ``errors``, always both."""
    return {"dags": {dag.dag_id: _dag_document(dag) for dag in parsed.dags}, "errors": list(_errors(parsed))}


def _errors(parsed: ParsedFile) -> list[dict[str, Any]]:
    return [
        {"file": error.file, "line": error.line, "message": error.message, "detail": error.detail}
        for error in parsed.errors
    ]


def _dag_document(dag: DagSpec) -> dict[str, Any]:
    from penstock.model.graph import Graph

    graph = Graph.of(dag.tasks)
    return {
        "dag_id": dag.dag_id,
        "file": dag.file,
        "schedule": dag.schedule.text,
        "assets": dag.schedule.assets,
        "timezone": dag.timezone,
        "start_date": dag.start_date,
        "end_date": dag.end_date,
        "catchup": dag.catchup,
        "description": dag.description,
        "owner": dag.owner,
        "tags": dag.tags,
        "max_active_runs": dag.max_active_runs,
        "max_active_tasks": dag.max_active_tasks,
        "params": dag.params,
        "groups": [_group_document(dag, group) for group in dag.groups],
        "labels": [{"upstream": up, "downstream": down, "label": text} for up, down, text in dag.labels],
        "warnings": dag.warnings,
        "dialect": dag.dialect,
        "dialect_because": dag.dialect_because,
        "tasks": [
            {
                "task_id": task.task_id,
                "operator": task.operator,
                "trigger_rule": task.trigger_rule,
                "retries": task.retries,
                "upstream": sorted(task.upstream),
                "downstream": sorted(graph.downstream[task.task_id]),
                "group": task.group,
                "pool": task.pool,
                "retry_delay": task.retry_delay,
                "execution_timeout": task.execution_timeout,
                "line": task.line,
                "expand": task.expand,
                "map_index_template": task.map_index_template,
                "inlets": task.inlets,
                "outlets": task.outlets,
                "is_setup": task.is_setup,
                "is_teardown": task.is_teardown,
                "on_failure_fail_dagrun": task.on_failure_fail_dagrun,
            }
            for task in dag.tasks
        ],
    }


def _group_document(dag: DagSpec, group: GroupSpec) -> dict[str, Any]:
    """Return a group with its direct members: tasks, then groups, in the order in which they were made."""
    children = [task.task_id for task in dag.tasks if task.group == group.group_id]
    children += [inner.group_id for inner in dag.groups if inner.parent == group.group_id]
    return {
        "group_id": group.group_id,
        "parent": group.parent,
        "tooltip": group.tooltip,
        "expand": group.expand,
        "children": children,
    }


def _tell(parsed: ParsedFile) -> None:
    from penstock.cli import text
    from penstock.model.graph import Graph
    from penstock.terminal_text import clean

    for dag in parsed.dags:
        tell(f"{dag.dag_id}: schedule {clean(dag.schedule.text)}, {text.count(len(dag.tasks), 'task')}")
        position = Graph.of(dag.tasks).position
        rows = [
            (task.task_id, task.operator, ", ".join(task.upstream), task.trigger_rule, task.retries)
            for task in sorted(dag.tasks, key=lambda task: position[task.task_id])
        ]
        tell(text.table(("TASK", "OPERATOR", "AFTER", "RULE", "RETRIES"), rows, right={"RETRIES"}))
        for warning in dag.warnings:
            say(f"! {clean(warning)}")
    for error in parsed.errors:
        place = f"{error.file}:{error.line}" if error.line else error.file
        say(clean(f"{place}: {error.message}"))
        if error.detail:
            say(clean(error.detail))
    if not parsed.dags and not parsed.errors:
        say(f"{parsed.file} makes no DAG")
