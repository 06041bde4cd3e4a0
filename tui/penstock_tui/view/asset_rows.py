"""Assets as columns and cells, and one asset described: who waits for it, lineage, last changes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo

from penstock.model.lineage import Lineage
from penstock.model.views.assets import AssetConsumer, AssetEventRow, AssetRow, Branch
from penstock_tui.clean import label
from penstock_tui.view import durations
from penstock_tui.view.columns import Column
from penstock_tui.view.spans import Spans

COLUMNS = (
    Column("name", "asset", 16, most=40),
    Column("changed", "changed", 11),
    Column("by", "by", 12, most=40, drop=1),
    Column("count", "changes", 7, drop=4, align="right"),
    Column("makers", "made by", 12, most=40, drop=3),
    Column("waits", "who waits", 12, most=40, drop=2),
)
FIELDS = ("by", "dag", "waits")
SORTS = ("name", "changed", "count")


def key_of(row: AssetRow) -> str:
    """Return what names an asset on the screen."""
    return f"{'alias ' if row.alias else ''}{row.name}\n{row.uri}"


def order(sort: str, row: AssetRow) -> tuple[object, ...]:
    """Return the sort key: the newest change or the most changes first."""
    newest = row.last_event.at.timestamp() if row.last_event is not None else 0.0
    return {"changed": (-newest, row.name), "count": (-row.events, row.name)}.get(sort, (row.name, row.uri))


def made_by(event: AssetEventRow) -> str:
    """Return the task that made a change, or the person."""
    return f"{event.source_dag_id}.{event.source_task_id}" if event.source_dag_id else event.by


def cells(row: AssetRow, now: datetime, zone: tzinfo) -> tuple[Spans, ...]:
    """Return the cells of one asset, in the order of COLUMNS."""
    last = row.last_event
    waits = ", ".join(each.dag_id for each in row.consumers)
    due = any(not each.waits_for and not each.paused for each in row.consumers)
    return (
        [(label(row.name), ""), (" alias" if row.alias else "", "bright_black")],
        [(durations.past(last.at, now, zone) if last else "never", "" if last else "bright_black")],
        [(label(made_by(last)) if last else "", "")],
        [(f"{row.events:,}", "bright_black")],
        [(label(", ".join(f"{task.dag_id}.{task.task_id}" for task in row.producers)), "")],
        [(label(waits), "green" if due else "")],
    )


def seen(row: AssetRow) -> dict[str, list[str]]:
    """Return the fields that the filter looks at."""
    makers = [task.dag_id for task in (*row.producers, *row.readers)]
    waits = [consumer.dag_id for consumer in row.consumers]
    by = [made_by(row.last_event)] if row.last_event is not None else []
    return {
        "by": by,
        "dag": [*makers, *waits],
        "waits": waits,
        "text": [row.name, row.uri, row.group, *makers, *waits, *by],
    }


def detail(
    row: AssetRow, lineage: Lineage, events: Sequence[AssetEventRow], now: datetime, zone: tzinfo
) -> list[Spans]:
    """Return the lines that describe one asset."""
    lines: list[Spans] = [[(label(row.uri or row.name), "bold")]]
    lines += [_waits(each) for each in row.consumers]
    up, down = lineage.up(row.name, row.uri), lineage.down(row.name, row.uri)
    for title, branches in (("comes from", up), ("goes to", down)):
        if branches:
            lines += [[(title, "cyan")], *_tree(branches, "  ")]
    if events:
        lines.append([("last changes", "cyan")])
    for event in events:
        started = ", ".join(dag_id for dag_id, _ in event.runs)
        more = f" > {started}" if started else ""
        when = durations.past(event.at, now, zone)
        lines.append([(f"  {when} ", "bright_black"), (label(f"{made_by(event)}{more}"), "")])
    return lines


def _waits(consumer: AssetConsumer) -> Spans:
    if consumer.paused:
        return [(label(f"{consumer.dag_id} is paused: changes do not count"), "bright_black")]
    if consumer.waits_for:
        return [(label(f"{consumer.dag_id} waits for {', '.join(consumer.waits_for)}"), "yellow")]
    return [(label(f"{consumer.dag_id} is due"), "green")]


def _tree(branches: Iterable[Branch], indent: str) -> Iterator[Spans]:
    for branch in branches:
        style = "bold" if branch.kind == "asset" else ""
        again = " (see above)" if branch.again else ""
        verb = f"{branch.verb} " if branch.verb else ""
        yield [(f"{indent}{verb}", "bright_black"), (label(branch.name), style), (again, "bright_black")]
        yield from _tree(branch.below, indent + "  ")
