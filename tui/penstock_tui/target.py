"""What an action applies to: a DAG, a run, tasks of a run, a backfill ... Match on the class.

`reach` picks the targets of an action from what is chosen on the screen, and `too_much` refuses more than
it takes. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal, assert_never

from penstock.model.places import place_of
from penstock.model.views.assets import AssetRow
from penstock.model.views.backfills import BackfillPoint, BackfillRow
from penstock.model.views.dags import DagRow
from penstock.model.views.failures import FailureGroup
from penstock.model.views.pools import PoolRow
from penstock.model.views.quarantine import QuarantineRow
from penstock.model.views.runs import RunRow, TaskRow
from penstock.model.views.status import ImportErrorRow
from penstock.model.views.system import WorkerRow

Takes = Literal["all", "tasks", "here", "one", "run", "dag", "dags"]
"""How much an action takes: all marked rows; one row or tasks of one run; the same or, without a row,
what the screen shows; one row; one run; one DAG; DAGs."""

NOTHING = "nothing is under the cursor"


@dataclass(frozen=True, slots=True, kw_only=True)
class DagTarget:
    """A DAG, with its newest run in ``dag``; that is None until the screen has asked for it."""

    dag_id: str
    dag: DagRow | None
    marked: bool = False
    noun: ClassVar[str] = "DAG"
    count: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTarget:
    """A whole run."""

    run: RunRow
    dag: DagRow | None = None
    marked: bool = False
    noun: ClassVar[str] = "run"
    count: ClassVar[int] = 1

    @property
    def dag_id(self) -> str:
        """The DAG of the run."""
        return self.run.dag_id


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTarget:
    """Tasks of one run, at least one: those that are marked, or those of the row under the cursor."""

    run: RunRow
    tasks: tuple[TaskRow, ...]
    dag: DagRow | None = None
    marked: bool = False
    noun: ClassVar[str] = "task"

    @property
    def dag_id(self) -> str:
        """The DAG of the run."""
        return self.run.dag_id

    @property
    def count(self) -> int:
        """How many tasks."""
        return len(self.tasks)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillTarget:
    """A backfill."""

    backfill: BackfillRow
    noun: ClassVar[str] = "backfill"
    marked: ClassVar[bool] = False
    count: ClassVar[int] = 1

    @property
    def dag_id(self) -> str:
        """The DAG that is filled."""
        return self.backfill.dag_id


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillPointTarget(BackfillTarget):
    """One date of a backfill; an action on it applies to the whole backfill."""

    point: BackfillPoint
    noun: ClassVar[str] = "point"


@dataclass(frozen=True, slots=True, kw_only=True)
class PointTarget:
    """Schedule points of a DAG: a span of them."""

    dag_id: str
    dag: DagRow | None
    days: tuple[date, date]
    """The first and the last day (or time, in the DAG's zone)."""
    gap: bool = False
    """Whether some points in between are not chosen."""
    marked: bool = False
    noun: ClassVar[str] = "point"
    count: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTarget:
    """A DAG file that cannot be loaded."""

    error: ImportErrorRow
    noun: ClassVar[str] = "file"
    marked: ClassVar[bool] = False
    count: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureTarget:
    """Failures with one fingerprint, of whichever DAGs."""

    group: FailureGroup
    marked: bool = False
    noun: ClassVar[str] = "group"
    count: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolTarget:
    """A pool."""

    pool: PoolRow
    noun: ClassVar[str] = "pool"
    marked: ClassVar[bool] = False
    count: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerTarget:
    """A worker of an executor on another host."""

    worker: WorkerRow
    noun: ClassVar[str] = "worker"
    marked: ClassVar[bool] = False
    count: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetTarget:
    """An asset."""

    asset: AssetRow
    noun: ClassVar[str] = "asset"
    marked: ClassVar[bool] = False
    count: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineTarget:
    """Something in quarantine: a run, a DAG, an order or a stored row."""

    row: QuarantineRow
    noun: ClassVar[str] = "row"
    marked: ClassVar[bool] = False
    count: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainTarget:
    """A row that can be opened and copied, and that no act knows."""

    name: str
    noun: ClassVar[str] = "row"
    marked: ClassVar[bool] = False
    count: ClassVar[int] = 1


OfDag = DagTarget | RunTarget | TaskTarget | BackfillTarget | PointTarget
"""What belongs to one DAG."""
OfNoDag = (
    FileTarget | FailureTarget | PoolTarget | WorkerTarget | AssetTarget | QuarantineTarget | PlainTarget
)
"""What belongs to none, or to several."""
Target = OfDag | OfNoDag


def run_of(target: Target) -> RunRow | None:
    """Return the run of *target*, for a DAG its newest one; None if there is none."""
    match target:
        case DagTarget():
            return target.dag.last_run if target.dag is not None else None
        case RunTarget() | TaskTarget():
            return target.run
        case (
            BackfillTarget()
            | PointTarget()
            | FileTarget()
            | FailureTarget()
            | PoolTarget()
            | WorkerTarget()
            | AssetTarget()
            | QuarantineTarget()
            | PlainTarget()
        ):
            return None
        case _:
            assert_never(target)


def place_name(target: Target) -> str:
    """Return the host that *target* is on, where those of several hosts are shown; empty where it is one."""
    match target:
        case FailureTarget():
            return place_of(target.group.fingerprint)
        case PoolTarget():
            return place_of(target.pool.name)
        case WorkerTarget():
            return place_of(target.worker.name)
        case AssetTarget():
            return place_of(target.asset.name)
        case QuarantineTarget():
            return place_of(target.row.id)
        case FileTarget() | PlainTarget():
            return ""
        case _:
            return place_of(target.dag_id)


def dag_of(target: Target) -> DagRow | None:
    """Return what the screen knows of the target's DAG."""
    match target:
        case DagTarget() | RunTarget() | TaskTarget() | PointTarget():
            return target.dag
        case BackfillTarget() | FileTarget() | FailureTarget() | PoolTarget() | AssetTarget():
            return None
        case WorkerTarget() | QuarantineTarget() | PlainTarget():
            return None
        case _:
            assert_never(target)


def quarantined_in(target: Target) -> tuple[str, str] | None:
    """Return the id of what is in quarantine and why: the target, the DAG's newest run, or the run's DAG."""
    match target:
        case QuarantineTarget():
            return target.row.id, target.row.reason
        case BackfillTarget():
            row = target.backfill
            return None if row.quarantined is None else (f"backfill:{row.backfill_id}", row.quarantined)
    dag, run = dag_of(target), run_of(target)
    if isinstance(target, DagTarget) and dag is not None and dag.quarantined is not None:
        return dag.dag_id, dag.quarantined
    if run is not None and run.quarantined is not None:
        return f"{run.dag_id}/{run.run_id}", run.quarantined
    if dag is not None and dag.quarantined is not None:
        return dag.dag_id, dag.quarantined
    return None


def reach(takes: Takes | None, chosen: Sequence[Target], around: Target | None) -> tuple[Target, ...]:
    """Return the targets of an action that *takes* this much: the rows *chosen*, if there are any.

    Without rows, an action on a run or a DAG applies to what the whole screen shows (*around*); an action
    on rows has no target.
    """
    if chosen or around is None:
        return tuple(chosen)
    fits = {"here": True, "run": isinstance(around, RunTarget), "dag": True, "dags": True}
    return (around,) if takes is not None and fits.get(takes, False) else ()


def too_much(takes: Takes | None, targets: Sequence[Target], *, looking: bool) -> str | None:
    """Return why an action that *takes* so much cannot be done to what is marked. None is not about rows.

    *looking* actions only open the DAG around the marked tasks or runs, so they are not refused.
    """
    marked = [target for target in targets if target.marked]
    if not marked or takes in {None, "all"}:
        return None
    first, count = marked[0], sum(target.count for target in marked)
    is_dag = isinstance(first, DagTarget)
    if looking and takes == "dag" and not is_dag:
        return None
    fits = {
        "tasks": len(marked) == 1,
        "here": len(marked) == 1,
        "one": count == 1,
        "run": count == 1 and not isinstance(first, TaskTarget),
        "dag": (count == 1 and is_dag) or isinstance(first, PointTarget),
        "dags": is_dag,
    }
    if fits[str(takes)]:
        return None
    rows = f"{count} {first.noun}s are marked" if count > 1 else f"a {first.noun} is marked"
    return f"{rows}, and this takes {_TAKEN[str(takes)]}; esc unmarks"


_TAKEN = {
    "tasks": "one row, or tasks of one run",
    "here": "one row, or tasks of one run",
    "one": "one",
    "run": "one whole run",
    "dag": "one whole DAG",
    "dags": "whole DAGs",
}
