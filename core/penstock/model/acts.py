"""What an operator can ask for, as values: one struct per verb.

The same value is previewed (`Engine.plan`) and committed (`Engine.commit`), so that a preview
cannot drift from the act. Moments are aware datetimes; a naive one means the DAG's time zone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec


class Act(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="act", omit_defaults=True):
    """Root of all acts."""


class Trigger(Act, frozen=True, kw_only=True, tag="trigger", omit_defaults=True):
    """Start a manual run. ``logical_date`` None means a run without one; ``run_id`` None the default id."""

    dag_id: str
    logical_date: datetime | None = None
    conf: dict[str, Any] = msgspec.field(default_factory=dict)
    run_id: str | None = None


class Rerun(Act, frozen=True, kw_only=True, tag="rerun", omit_defaults=True):
    """Start a new manual run that stands for the same date as another one and is linked to it.

    ``conf`` None takes that of the other run; ``new_run_id`` None the default id. The run is of the
    DAG's current version.
    """

    dag_id: str
    run_id: str
    conf: dict[str, Any] | None = None
    new_run_id: str | None = None


class Clear(Act, frozen=True, kw_only=True, tag="clear", omit_defaults=True):
    """Run task instances again in place. No ``tasks`` means all of the run.

    ``tasks`` are ids of tasks or groups, or ``task[3]`` for one instance of a mapped task. ``past``
    and ``future`` take the same tasks of earlier and later runs too. A live attempt is killed first.
    ``latest_version`` pins the runs to the DAG's current version before.
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
    """Run again what failed, was blocked or was cancelled in a run, from the failed point on.

    With ``tasks`` only those failures and what they blocked. ``latest_version`` as in `Clear`.
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
    """Take a clear, retry or mark back, as long as nothing it concerns has started since.

    ``undo_id`` is what its answer was marked with; None means the newest one, of the run or DAG when given.
    """

    undo_id: int | None = None
    dag_id: str | None = None
    run_id: str | None = None


class RunNext(Act, frozen=True, kw_only=True, tag="run_next", omit_defaults=True):
    """Let a task instance have the next slot, or a queued run the next place, before all others.

    ``task_id`` may be ``task[3]``.
    """

    dag_id: str
    run_id: str
    task_id: str | None = None


class RunNow(Act, frozen=True, kw_only=True, tag="run_now", omit_defaults=True):
    """Let a task instance launch, or a queued run start, whatever limits are reached.

    Passed are limits and waiting times; dependencies, pauses and a full disk are not.
    """

    dag_id: str
    run_id: str
    task_id: str | None = None


class Cancel(Act, frozen=True, kw_only=True, tag="cancel", omit_defaults=True):
    """End a run, or a task of it: processes really die and the state sticks.

    ``task_id`` may be ``task[3]``, or a group.
    """

    dag_id: str
    run_id: str
    task_id: str | None = None


class PauseSchedule(Act, frozen=True, kw_only=True, tag="pause", omit_defaults=True):
    """No new scheduled runs; everything else works on."""

    dag_id: str
    why: str | None = None
    until: datetime | None = None


class UnpauseSchedule(Act, frozen=True, kw_only=True, tag="unpause", omit_defaults=True):
    """Lift the pause of the schedule."""

    dag_id: str


class Freeze(Act, frozen=True, kw_only=True, tag="freeze", omit_defaults=True):
    """Nothing of the DAG launches; running attempts finish."""

    dag_id: str
    why: str | None = None
    until: datetime | None = None


class Unfreeze(Act, frozen=True, kw_only=True, tag="unfreeze", omit_defaults=True):
    """Lift the freeze."""

    dag_id: str


class Hold(Act, frozen=True, kw_only=True, tag="hold", omit_defaults=True):
    """Nothing of the run (or of one task instance) launches; running attempts finish."""

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


class CreateBackfill(Act, frozen=True, kw_only=True, tag="backfill", omit_defaults=True):
    """Run the schedule points from ``from_date`` to ``to_date``, both included.

    ``canary``: the first slot runs alone, the others only after its success. ``stop_after``: after
    so many failed slots nothing more is started.
    """

    dag_id: str
    from_date: datetime
    to_date: datetime
    reprocess: Literal["none", "failed", "completed"] = "none"
    max_active_runs: int = 10
    backwards: bool = False
    conf: dict[str, Any] = msgspec.field(default_factory=dict)
    canary: bool = False
    stop_after: int | None = None


class PauseBackfill(Act, frozen=True, kw_only=True, tag="backfill_pause", omit_defaults=True):
    """Start no further slot."""

    backfill_id: int


class ResumeBackfill(Act, frozen=True, kw_only=True, tag="backfill_resume", omit_defaults=True):
    """Go on with a paused backfill."""

    backfill_id: int


class CancelBackfill(Act, frozen=True, kw_only=True, tag="backfill_cancel", omit_defaults=True):
    """Start no further slot for good, and cancel the runs that have not started."""

    backfill_id: int


class ResizeBackfill(Act, frozen=True, kw_only=True, tag="backfill_resize", omit_defaults=True):
    """Change how many runs of a backfill go at once."""

    backfill_id: int
    max_active_runs: int


class SetPool(Act, frozen=True, kw_only=True, tag="pool_set", omit_defaults=True):
    """Make a pool or change its size. What is None stays as it is."""

    name: str
    slots: int
    description: str | None = None
    include_deferred: bool | None = None
    """Whether deferred task instances hold slots too."""


class DeletePool(Act, frozen=True, kw_only=True, tag="pool_delete", omit_defaults=True):
    """Remove a pool that nothing holds."""

    name: str


class SetVariable(Act, frozen=True, kw_only=True, tag="variable_set", omit_defaults=True):
    """Write a variable into the store: its ``value``, or a reference to it when it is a ``secret``."""

    name: str
    value: str | None = None
    secret: str | None = None
    description: str | None = None

    def __repr__(self) -> str:
        return f"SetVariable(name={self.name!r})"  # what is shown may end in a log, a value must not


class DeleteVariable(Act, frozen=True, kw_only=True, tag="variable_delete", omit_defaults=True):
    """Remove a variable from the store."""

    name: str


class SetConnection(Act, frozen=True, kw_only=True, tag="connection_set", omit_defaults=True):
    """Write a connection into the store. ``entry`` is a table of its fields; see `penstock.values`.

    A password in plain text is refused unless ``clear_secrets``: the store then holds it as it is.
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
    """Say that an asset has changed, by hand. ``name`` may also be its URI."""

    name: str
    extra: dict[str, Any] = msgspec.field(default_factory=dict)


class QuarantineRetry(Act, frozen=True, kw_only=True, tag="quarantine_retry", omit_defaults=True):
    """Take a run, DAG, order or row back in; if it fails again it goes back into quarantine."""

    subject: str


class QuarantineDrop(Act, frozen=True, kw_only=True, tag="quarantine_drop", omit_defaults=True):
    """Get rid of a run, DAG, order or row that is in quarantine, for good."""

    subject: str


AnyAct = (
    Trigger
    | Rerun
    | Clear
    | Retry
    | Mark
    | Undo
    | RunNext
    | RunNow
    | Cancel
    | PauseSchedule
    | UnpauseSchedule
    | Freeze
    | Unfreeze
    | Hold
    | Release
    | CreateBackfill
    | PauseBackfill
    | ResumeBackfill
    | CancelBackfill
    | ResizeBackfill
    | SetPool
    | DeletePool
    | SetVariable
    | DeleteVariable
    | SetConnection
    | DeleteConnection
    | EmitAsset
    | QuarantineRetry
    | QuarantineDrop
)


def act_name(act: AnyAct) -> str:
    """Return the verb of *act* as the wire and the event trail spell it."""
    return str(act.__struct_config__.tag)
