"""`penstock graph`: the tasks of a DAG or run and what joins them, as the console draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli.lookup import nearest, run_id_of, suggesting
from penstock.cli.options import dag_argument, json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session
from penstock.errors import UnknownError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.model.drawing.picture import Picture, States
    from penstock.model.states import TaskState
    from penstock.model.views.dags import DagDetail
    from penstock.model.views.runs import RunDetail


@click.command
@dag_argument
@click.option("--run", metavar="RUN", help="The run whose states are shown: an id, a date, or latest.")
@click.option("--fold", "folded", multiple=True, metavar="GROUP", help="Draw this group as one node.")
@click.option("--around", metavar="TASK", help="Draw only what is near this task.")
@click.option("--steps", type=click.IntRange(1, 50), help="How near: so many edges up and down. Default: 2.")
@click.option("--all", "everything", is_flag=True, help="Draw the whole graph, however large it is.")
@json_option
@pass_session
def graph(
    session: Session,
    *,
    dag: str,
    run: str | None,
    folded: tuple[str, ...],
    around: str | None,
    steps: int | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Draw the tasks of a DAG and what joins them, from left to right.

    Each task is in the layer after its last parent. Tasks with the same children share a line.
    `+3` beside a name says that three more lead to it, or that it feeds three more, that are not
    drawn. Of more than 300 tasks, those with the same parents and children are drawn as one; if
    that is not enough, or if too many lines stand side by side, only what is near one task is
    drawn. With --json nothing is left out.

    Examples:
      penstock graph first_dag
      penstock graph first_dag --run latest
      penstock graph first_dag --json | jq '.edges[] | [.from, .to]'
    """
    from penstock.ids import instance_key
    from penstock.model.drawing.nodes import MAPPED, dag_groups, dag_nodes, run_groups, run_nodes
    from penstock.model.drawing.order import Order
    from penstock.model.drawing.picture import picture
    from penstock.model.drawing.scope import READABLE, STEPS, first_folds

    engine = session.reader()
    run_id = run_id_of(engine, dag, run) if run is not None else None
    with suggesting(engine, dag, run_id):
        detail = engine.run(dag, run_id) if run_id is not None else None
        structure = engine.dag(dag) if detail is None else None
    if as_json:
        print_json(_document(dag, structure, detail))
        return
    if detail is not None:
        order = Order(run_nodes(detail), groups := run_groups(detail))
    elif structure is not None:
        order = Order(dag_nodes(structure.nodes), groups := dag_groups(structure.groups))
    _check(folded, [group for group in groups if not group.endswith(MAPPED)], "group", dag)
    _check((around,) if around is not None else (), [*order.keys, *groups], "task", dag)
    near = (steps or STEPS) if steps is not None or around is not None else None
    states = (
        {}
        if detail is None
        else {instance_key(task.task_id, task.map_index): task.state for task in detail.tasks}
    )
    most = len(order.keys) if everything else READABLE
    found = picture(
        order,
        states,
        folded={*folded, *first_folds(order, groups, most)},
        around=around or next((key for key, state in states.items() if state == "failed"), None),
        steps=None if everything else near,
        everything=everything,
    )
    _show(found, states)


def _show(found: Picture, states: States) -> None:
    import os
    import sys

    from penstock.charset import carries_glyphs
    from penstock.model.drawing.picture import label
    from penstock.model.looks import LOOKS

    shown = found.scope
    if not shown.nodes:
        say("there are no tasks")
        return
    in_ascii = not carries_glyphs(sys.stdout, os.environ)
    tell("\n".join(found.lines(states, ascii=in_ascii)))
    if states:
        seen = {label(shown, node.key, states).state for node in shown.nodes}
        looks = [(LOOKS[state].letter if in_ascii else LOOKS[state].glyph, state) for state in sorted(seen)]
        say(", ".join(f"{glyph} {LOOKS[state].word}" for glyph, state in looks))
    if shown.steps is not None:
        steps = f"{shown.steps} step{'s' if shown.steps > 1 else ''}"
        say(
            f"{len(shown.nodes)} of {shown.total} nodes: {steps} around {shown.around}; "
            "--around TASK, --steps N, --all"
        )


def _check(wanted: Sequence[str], known: Sequence[str], kind: str, dag: str) -> None:
    for name in wanted:
        if name not in known:
            raise UnknownError(f"{dag} has no {kind} {name!r}{nearest(name, known)}")


def _document(dag: str, structure: DagDetail | None, detail: RunDetail | None) -> dict[str, object]:
    """Return the tasks with their layers, and the edges; of a mapped task its instances are one node."""
    from penstock.model.drawing.layers import depths
    from penstock.model.drawing.order import Node, Order
    from penstock.model.summary import summary

    rows = detail.tasks if detail is not None else structure.nodes if structure is not None else ()
    tasks = {row.task_id: row for row in rows}
    order = Order([Node(task.task_id, task.upstream) for task in tasks.values()], {})
    layer = depths(order)
    nodes: list[dict[str, object]] = []
    states: dict[str, list[TaskState]] = {}
    for row in detail.tasks if detail is not None else ():
        states.setdefault(row.task_id, []).append(row.state)
    for key, task in tasks.items():
        node: dict[str, object] = {"task_id": key, "layer": layer[key], "group": task.group}
        node["mapped"] = task.mapped
        if key in states:
            node |= {"state": summary(states[key]).value, "instances": len(states[key])}
        nodes.append(node)
    edges = [{"from": up, "to": key} for key in tasks for up in order.upstream[key]]
    return {
        "dag_id": dag,
        "run_id": None if detail is None else detail.run.run_id,
        "nodes": nodes,
        "edges": edges,
    }
