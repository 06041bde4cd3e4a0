"""What an operator can ask for, as values: one struct per act.

The same value is previewed (`Engine.plan`) and committed (`Engine.commit`), so that both mean the
same. Times are aware datetimes; a naive one is in the DAG's time zone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from penstock.model.backfills import Reprocess


class Act(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="act", omit_defaults=True):
    """Base class of all acts."""


class Trigger(Act, frozen=True, kw_only=True, tag="trigger", omit_defaults=True):
    """Start a manual run. With ``logical_date`` None it has no date; with ``run_id`` None the default id."""

    dag_id: str
    logical_date: datetime | None = None
    conf: dict[str, Any] = msgspec.field(default_factory=dict)
    run_id: str | None = None
    partition_key: str | None = None


class Rerun(Act, frozen=True, kw_only=True, tag="rerun", omit_defaults=True):
    """Start a new manual run for the same date as another one, linked to it.

    ``conf`` None takes that of the other run; ``new_run_id`` None means the default id. The run uses the
    DAG's current version.
    """

    dag_id: str
    run_id: str
    conf: dict[str, Any] | None = None
    new_run_id: str | None = None


class Clear(Act, frozen=True, kw_only=True, tag="clear", omit_defaults=True):
    """Run task instances again in the same run. No ``tasks`` means all of the run.

    ``tasks`` are ids of tasks or groups, or ``task[3]`` for one instance of a mapped task. ``past``
    and ``future`` add the same tasks of earlier and later runs. A live attempt is killed first.
    ``latest_version`` first moves the runs to the DAG's current version.
    """

    dag_id: str
    run_id: str
    tasks: tuple[str, ...] = ()
    upstream: bool = False
    downstream: bool = False
    past: bool = False
    future: bool = False
    only_failed: bool = False
    latest_version: bool = False


class Retry(Act, frozen=True, kw_only=True, tag="retry", omit_defaults=True):
    """Run the failed, blocked and cancelled tasks of a run again.

    With ``tasks``, only those failures and what they blocked. ``latest_version`` as in `Clear`.
    """

    dag_id: str
    run_id: str
    tasks: tuple[str, ...] = ()
    latest_version: bool = False


class Mark(Act, frozen=True, kw_only=True, tag="mark", omit_defaults=True):
    """Set the state of task instances by hand; a running one is killed first."""

    dag_id: str
    run_id: str
    tasks: tuple[str, ...]
    state: Literal["success", "failed", "skipped"]
    upstream: bool = False
    downstream: bool = False
    past: bool = False
    future: bool = False


class Undo(Act, frozen=True, kw_only=True, tag="undo", omit_defaults=True):
    """Undo a clear, retry or mark, if nothing that it changed has started since, or a change of a pool.

    ``undo_id`` is from its answer. None means the newest act; with ``dag_id`` the newest of the DAG (an
    empty one: of the pools), with ``run_id`` the newest that changed the run, even if another run was named
    in it.
    """

    undo_id: int | None = None
    dag_id: str | None = None
    run_id: str | None = None


class RunNext(Act, frozen=True, kw_only=True, tag="run_next", omit_defaults=True):
    """Give a task instance the next slot, or a queued run the next place, before all others.

    ``task_id`` may be ``task[3]``.
    """

    dag_id: str
    run_id: str
    task_id: str | None = None


class RunNow(Act, frozen=True, kw_only=True, tag="run_now", omit_defaults=True):
    """Launch a task instance, or start a queued run, whatever limits are reached.

    It ignores limits and waiting times, but not dependencies, pauses and a full disk.
    """

    dag_id: str
    run_id: str
    task_id: str | None = None


class RunInTurn(Act, frozen=True, kw_only=True, tag="run_in_turn", omit_defaults=True):
    """Take back `RunNext` or `RunNow` of what has not been launched: it waits in its turn again."""

    dag_id: str
    run_id: str
    task_id: str | None = None


class Cancel(Act, frozen=True, kw_only=True, tag="cancel", omit_defaults=True):
    """End a run, or one of its tasks: its processes are killed and the state stays.

    ``task_id`` may be ``task[3]``, or a group.
    """

    dag_id: str
    run_id: str
    task_id: str | None = None


class PauseSchedule(Act, frozen=True, kw_only=True, tag="pause", omit_defaults=True):
    """Create no new scheduled runs; everything else goes on."""

    dag_id: str
    why: str | None = None
    until: datetime | None = None


class UnpauseSchedule(Act, frozen=True, kw_only=True, tag="unpause", omit_defaults=True):
    """Lift the pause of the schedule."""

    dag_id: str


class Freeze(Act, frozen=True, kw_only=True, tag="freeze", omit_defaults=True):
    """Launch nothing in the DAG; running attempts finish."""

    dag_id: str
    why: str | None = None
    until: datetime | None = None


class Unfreeze(Act, frozen=True, kw_only=True, tag="unfreeze", omit_defaults=True):
    """Lift the freeze."""

    dag_id: str


class Hold(Act, frozen=True, kw_only=True, tag="hold", omit_defaults=True):
    """Launch nothing in the run (or in one task instance); running attempts finish."""

    dag_id: str
    run_id: str
    task_id: str | None = None
    why: str | None = None
    until: datetime | None = None


class Release(Act, frozen=True, kw_only=True, tag="release", omit_defaults=True):
    """Lift the hold of a run, or of one task instance."""

    dag_id: str
    run_id: str
    task_id: str | None = None


class SetBreakpoint(Act, frozen=True, kw_only=True, tag="breakpoint_set", omit_defaults=True):
    """Stop a run once before or after tasks; with ``run_id`` None the DAG's next run.

    ``tasks`` are ids of tasks or groups, or ``task[3]`` for one instance of a mapped task. Before a task: it
    does not start. After one: what comes directly after it does not start, however the task ended, and the
    run does not end.
    """

    dag_id: str
    run_id: str | None = None
    tasks: tuple[str, ...]
    where: Literal["before", "after"] = "before"
    why: str | None = None


class ClearBreakpoint(Act, frozen=True, kw_only=True, tag="breakpoint_clear", omit_defaults=True):
    """Take breakpoints away; a run that has stopped there goes on. No ``tasks`` means all of the run.

    With ``run_id`` None those of the DAG's next run; ``where`` None means both before and after.
    """

    dag_id: str
    run_id: str | None = None
    tasks: tuple[str, ...] = ()
    where: Literal["before", "after"] | None = None


class PauseAll(Act, frozen=True, kw_only=True, tag="pause_all", omit_defaults=True):
    """Pause the schedule of every DAG that is not paused, or with ``freeze`` freeze every DAG that is not."""

    freeze: bool = False
    why: str | None = None
    until: datetime | None = None


class ResumeAll(Act, frozen=True, kw_only=True, tag="resume_all", omit_defaults=True):
    """Lift exactly what pauses of all stopped: not what was paused before, nor what was paused again."""


class CreateBackfill(Act, frozen=True, kw_only=True, tag="backfill", omit_defaults=True):
    """Run the schedule points from ``from_date`` to ``to_date``, both included.

    ``canary``: the first point runs alone, and the others only after its success. ``stop_after``: nothing
    more is started after that many failed points.
    """

    dag_id: str
    from_date: datetime
    to_date: datetime
    reprocess: Reprocess = Reprocess.NONE
    max_active_runs: int = 10
    backwards: bool = False
    conf: dict[str, Any] = msgspec.field(default_factory=dict)
    canary: bool = False
    stop_after: int | None = None


class PauseBackfill(Act, frozen=True, kw_only=True, tag="backfill_pause", omit_defaults=True):
    """Start no more points."""

    backfill_id: int


class ResumeBackfill(Act, frozen=True, kw_only=True, tag="backfill_resume", omit_defaults=True):
    """Resume a paused backfill."""

    backfill_id: int


class CancelBackfill(Act, frozen=True, kw_only=True, tag="backfill_cancel", omit_defaults=True):
    """Start no more points for good, and cancel the runs that have not started."""

    backfill_id: int


class ResizeBackfill(Act, frozen=True, kw_only=True, tag="backfill_resize", omit_defaults=True):
    """Change how many runs of a backfill are active at once."""

    backfill_id: int
    max_active_runs: int


class Answer(Act, frozen=True, kw_only=True, tag="answer", omit_defaults=True):
    """Answer what a task (or ``task[3]``) asks. ``anyway``: even if it asks other people."""

    dag_id: str
    run_id: str
    task_id: str
    chosen: tuple[str, ...] = ()
    params: dict[str, Any] = msgspec.field(default_factory=dict)
    anyway: bool = False


class SetNote(Act, frozen=True, kw_only=True, tag="note", omit_defaults=True):
    """Write a note about a run, or one task instance of it. None or an empty text takes it away.

    ``task_id`` may be ``task[3]``. The newest note is shown; the event trail has the earlier ones.
    """

    dag_id: str
    run_id: str
    task_id: str | None = None
    note: str | None = None


class SetPool(Act, frozen=True, kw_only=True, tag="pool_set", omit_defaults=True):
    """Make a pool or change its size. Fields that are None stay as they are."""

    name: str
    slots: int
    description: str | None = None
    include_deferred: bool | None = None
    """Whether deferred task instances keep their slots."""


class DeletePool(Act, frozen=True, kw_only=True, tag="pool_delete", omit_defaults=True):
    """Remove a pool that no task uses."""

    name: str


class DrainWorker(Act, frozen=True, kw_only=True, tag="worker_drain", omit_defaults=True):
    """Start nothing more on a worker of another host. What it runs goes on."""

    name: str


class UndrainWorker(Act, frozen=True, kw_only=True, tag="worker_undrain", omit_defaults=True):
    """Use a worker again that is draining."""

    name: str


class SetVariable(Act, frozen=True, kw_only=True, tag="variable_set", omit_defaults=True):
    """Write a variable into the store: its ``value``, or a reference to it if it is a ``secret``."""

    name: str
    value: str | None = None
    secret: str | None = None
    description: str | None = None

    def __repr__(self) -> str:
        return f"SetVariable(name={self.name!r})"  # this may be logged, and a value must not be


class DeleteVariable(Act, frozen=True, kw_only=True, tag="variable_delete", omit_defaults=True):
    """Remove a variable from the store."""

    name: str


class SetConnection(Act, frozen=True, kw_only=True, tag="connection_set", omit_defaults=True):
    """Write a connection into the store. ``entry`` is a table of its fields; see `penstock.values`.

    A plain-text password is refused unless ``clear_secrets`` is set; the store then holds it unchanged.
    """

    conn_id: str
    entry: dict[str, Any]
    description: str | None = None
    clear_secrets: bool = False

    def __repr__(self) -> str:
        return f"SetConnection(conn_id={self.conn_id!r})"


class DeleteConnection(Act, frozen=True, kw_only=True, tag="connection_delete", omit_defaults=True):
    """Remove a connection from the store."""

    conn_id: str


class EmitAsset(Act, frozen=True, kw_only=True, tag="asset_emit", omit_defaults=True):
    """Record by hand that an asset, or one partition of it, has changed. ``name`` may also be its URI."""

    name: str
    extra: dict[str, Any] = msgspec.field(default_factory=dict)
    partition_key: str | None = None


class AcknowledgeFailures(Act, frozen=True, kw_only=True, tag="failures_ack", omit_defaults=True):
    """Acknowledge the failures with a fingerprint: they are dealt with until it happens again.

    ``fingerprint`` may be the beginning of one.
    """

    fingerprint: str
    why: str | None = None


class SnoozeFailures(Act, frozen=True, kw_only=True, tag="failures_snooze", omit_defaults=True):
    """Leave the failures with a fingerprint out of the list until a moment, also those still to come."""

    fingerprint: str
    until: datetime
    why: str | None = None


class ReopenFailures(Act, frozen=True, kw_only=True, tag="failures_reopen", omit_defaults=True):
    """Take back the acknowledgement and the snooze of a fingerprint."""

    fingerprint: str


class Looked(Act, frozen=True, kw_only=True, tag="looked", omit_defaults=True):
    """Remember that who asks has seen a list that grows, up to a number; nothing else is changed.

    A ``digest`` is of everything: up to the event ``upto`` (0: all there are) and the failure ``failures``
    (None: all there are). It counts as a look at those failures too.
    """

    place: Literal["failures", "digest"]
    upto: int
    failures: int | None = None


class QuarantineRetry(Act, frozen=True, kw_only=True, tag="quarantine_retry", omit_defaults=True):
    """Take a run, DAG, order or row out of quarantine; if it fails again it goes back."""

    subject: str


class QuarantineDrop(Act, frozen=True, kw_only=True, tag="quarantine_drop", omit_defaults=True):
    """Remove a run, DAG, order or row that is in quarantine, for good."""

    subject: str


AnyAct = (
    Trigger | Rerun | Clear | Retry | Mark | Undo | RunNext | RunNow | RunInTurn | Cancel | PauseSchedule
    | UnpauseSchedule | Freeze | Unfreeze | Hold | Release | SetBreakpoint | ClearBreakpoint | PauseAll
    | ResumeAll | CreateBackfill | PauseBackfill | ResumeBackfill | CancelBackfill | ResizeBackfill | Answer
    | SetNote | SetPool | DeletePool | DrainWorker | UndrainWorker | SetVariable | DeleteVariable
    | SetConnection | DeleteConnection | EmitAsset | AcknowledgeFailures | SnoozeFailures | ReopenFailures
    | Looked | QuarantineRetry | QuarantineDrop
)  # fmt: skip


def act_name(act: AnyAct) -> str:
    """Return the name of *act* on the wire and in the event trail."""
    return str(act.__struct_config__.tag)
