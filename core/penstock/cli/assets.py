"""`penstock assets`: what tasks make and read, and the DAGs that wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from penstock.cli.moments import Conf
from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session
from penstock.errors import UnknownError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from penstock.model.views.assets import AssetConsumer, AssetEventRow, AssetLineage, AssetRow, Branch


@click.group
def assets() -> None:
    """List assets, the tasks that make them, and the DAGs that wait for them.

    Examples:
      penstock assets list
      penstock assets show orders
      penstock assets emit orders --extra '{"rows": 3}'
    """


@assets.command("list")
@json_option
@pass_session
def list_assets(session: Session, *, as_json: bool) -> None:
    """List every asset that a DAG names or that has ever changed.

    Examples:
      penstock assets list
      penstock assets list --json | jq -r '.assets[].name'
    """
    rows = session.reader().assets()
    if as_json:
        print_json({"assets": rows})
        return
    from penstock.cli import text

    if not rows:
        say("no assets: tasks name them with outlets=, DAGs with schedule=")
        return
    tell(
        text.table(
            ("ASSET", "MADE BY", "WAITED FOR BY", "CHANGES", "LAST"),
            [
                (
                    f"{row.name} (alias)" if row.alias else row.name,
                    ", ".join(f"{task.dag_id}.{task.task_id}" for task in row.producers),
                    ", ".join(consumer.dag_id for consumer in row.consumers),
                    row.events,
                    text.moment(row.last_event.at) if row.last_event else None,
                )
                for row in rows
            ],
            right={"CHANGES"},
        )
    )


@assets.command("show")
@click.argument("name")
@click.option("-n", "--limit", default=10, show_default=True, type=click.IntRange(1, 1000))
@json_option
@pass_session
def show_asset(session: Session, *, name: str, limit: int, as_json: bool) -> None:
    """Show one asset: who makes and uses it, its lineage, and its changes.

    Examples:
      penstock assets show orders
      penstock assets show orders --json | jq '.events[0].extra'
    """
    engine = session.reader()
    rows = engine.assets()
    row = _find(rows, name)
    if row.alias:
        events = engine.asset_events(alias=row.name, limit=limit)
    else:
        events = engine.asset_events(row.name, uri=row.uri, limit=limit)
    from penstock.model.lineage import Lineage
    from penstock.model.views.assets import AssetLineage

    found = Lineage(rows)
    lineage = AssetLineage(up=found.up(row.name, row.uri), down=found.down(row.name, row.uri))
    if as_json:
        print_json({"asset": row, "events": events, "lineage": lineage})
    else:
        tell(_detail(row, events, lineage))


@assets.command("graph")
@json_option
@pass_session
def graph(session: Session, *, as_json: bool) -> None:
    """Show tasks, their assets, and the DAGs that run when those change.

    Examples:
      penstock assets graph
      penstock assets graph --json | jq '.edges[]'
    """
    rows = session.reader().assets()
    edges = list(_edges(rows))
    if as_json:
        print_json({"edges": edges})
        return
    from penstock.terminal_text import clean

    if not edges:
        say("no assets")
    for row in rows:
        tell(clean(f"{row.name}{' (alias)' if row.alias else ''}"))
        for verb, names in _sides(row):
            tell(clean(f"  {verb} {', '.join(names)}"))


@assets.command("emit")
@click.argument("name")
@click.option("--extra", type=Conf(), default="{}", help="Details of the change, as a JSON object.")
@click.option("--partition", help="The partition of it that has changed.")
@json_option
@pass_session
def emit(session: Session, *, name: str, extra: dict[str, Any], partition: str | None, as_json: bool) -> int:
    """Record by hand that an asset has changed, for the DAGs that wait for it.

    Examples:
      penstock assets emit orders
      penstock assets emit orders --extra '{"rows": 3}'
      penstock assets emit orders --partition 2013-01-05
    """
    from penstock.cli.acting import perform
    from penstock.model.acts import EmitAsset

    return perform(session, EmitAsset(name=name, extra=extra, partition_key=partition), as_json=as_json)


def _find(rows: list[AssetRow], name: str) -> AssetRow:
    for row in rows:
        if row.name == name:
            return row
    for row in rows:
        if row.uri == name:
            return row
    from difflib import get_close_matches

    near = get_close_matches(name, [row.name for row in rows], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise UnknownError(f"asset {name!r} does not exist{hint}")


def _edges(rows: list[AssetRow]) -> Any:
    for row in rows:
        for task in row.producers:
            yield {"kind": "makes", "dag_id": task.dag_id, "task_id": task.task_id, "asset": row.name}
        for task in row.readers:
            yield {"kind": "reads", "dag_id": task.dag_id, "task_id": task.task_id, "asset": row.name}
        for consumer in row.consumers:
            yield {"kind": "triggers", "dag_id": consumer.dag_id, "task_id": None, "asset": row.name}


def _sides(row: AssetRow) -> list[tuple[str, list[str]]]:
    sides = [
        ("<- made by", [f"{task.dag_id}.{task.task_id}" for task in row.producers]),
        ("-> read by", [f"{task.dag_id}.{task.task_id}" for task in row.readers]),
        ("-> runs", [consumer.dag_id for consumer in row.consumers]),
    ]
    return [(verb, names) for verb, names in sides if names]


def _detail(row: AssetRow, events: list[AssetEventRow], lineage: AssetLineage) -> str:
    import json

    from penstock.cli import text
    from penstock.terminal_text import clean

    facts = text.facts(
        [
            ("alias" if row.alias else "asset", clean(row.name)),
            ("uri", clean(row.uri) or None),
            ("group", clean(row.group)),
            ("extra", clean(json.dumps(row.extra)) if row.extra else None),
            ("made by", ", ".join(f"{task.dag_id}.{task.task_id}" for task in row.producers) or None),
            ("read by", ", ".join(f"{task.dag_id}.{task.task_id}" for task in row.readers) or None),
        ]
    )
    waiting = "\n".join(f"  {clean(_waits(consumer))}" for consumer in row.consumers)
    changes = text.table(
        ("CHANGED", "BY", "RUN", "EXTRA", "MADE"),
        [
            (
                text.moment(event.at),
                f"{event.source_dag_id}.{event.source_task_id}" if event.source_dag_id else event.by,
                event.source_run_id,
                " ".join(
                    part
                    for part in (
                        f"partition {clean(event.partition_key)}" if event.partition_key else "",
                        clean(json.dumps(event.extra)) if event.extra else "",
                    )
                    if part
                ),
                ", ".join(f"{dag_id} {run_id}" for dag_id, run_id in event.runs),
            )
            for event in events
        ],
    )
    trees = "\n".join(
        line
        for title, branches in (("comes from", lineage.up), ("goes to", lineage.down))
        if branches
        for line in (title, *_tree(branches, "  "))
    )
    parts = (facts, waiting, trees, changes if events else "never changed")
    return "\n\n".join(part for part in parts if part)


def _tree(branches: Iterable[Branch], indent: str) -> Iterator[str]:
    from penstock.terminal_text import clean

    for branch in branches:
        again = " (see above)" if branch.again else ""
        yield clean(f"{indent}{f'{branch.verb} ' if branch.verb else ''}{branch.name}{again}")
        yield from _tree(branch.below, indent + "  ")


def _waits(consumer: AssetConsumer) -> str:
    name = f"{consumer.dag_id} runs on {consumer.schedule}"
    if consumer.paused:
        return f"{name}; its schedule is paused, so changes do not count"
    return (
        f"{name}; it waits for {', '.join(consumer.waits_for)}"
        if consumer.waits_for
        else f"{name}; it is due"
    )
