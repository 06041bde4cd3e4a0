"""Makes plans and their parts."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from penstock.clock import opt_from_us
from penstock.model.acts import Act
from penstock.model.views.plans import Plan, PlanItem
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import TaskRecord


def make_plan(
    act: str,
    title: str,
    items: Sequence[PlanItem],
    *,
    means: Act | None = None,
    seen: Sequence[object] = (),
    covered: Sequence[PlanItem] | None = None,
    notes: Sequence[str] = (),
    cli: Sequence[str] = (),
    counts: dict[str, int] | None = None,
) -> Plan:
    """Return a plan with a fingerprint of its items, or *covered*, and what else it saw (*seen*).

    With *means*, for an act that means the same whatever changes (cancel this run, pause that DAG), the
    fingerprint is of that act and *seen* only: such an act is never refused because its list has changed.
    """
    shown: Sequence[object] = [means] if means else (items if covered is None else covered)
    facts = msgspec.json.encode([act, list(shown), [repr(fact) for fact in seen]])
    return Plan(
        act=act,
        title=title,
        items=tuple(items),
        fingerprint=hashlib.sha256(facts).hexdigest()[:20],
        notes=tuple(notes),
        cli=shlex.join(["penstock", *cli]) if cli else "",
        counts=counts or {},
    )


def task_item(live: LiveRun, task: TaskRecord, after: str, note: str | None = None) -> PlanItem:
    """Return the plan's line for one task instance."""
    return PlanItem(
        dag_id=live.record.dag_id,
        run_id=live.record.run_id,
        task_id=task.task_id,
        map_index=task.map_index,
        before=task.state._value_,
        after=after,
        logical_date=opt_from_us(live.record.logical_us),
        note=note,
    )


def amount(count: int, noun: str) -> str:
    """Return a number of things, such as ``12 tasks`` or ``1 running attempt``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def counted(verb: str, count: int, noun: str) -> str:
    """Return a button's label, such as ``Clear 12 tasks``."""
    return f"{verb} {amount(count, noun)}"


def aware(moment: datetime, timezone: str) -> datetime:
    """Return *moment* in UTC; a naive one is in *timezone*."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(timezone))
    return moment.astimezone(UTC)
