"""Views of one task: how it is set and what it ran with, and how it went in its last runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from penstock.model.outcome import Outcome
from penstock.model.states import RunType, TaskState
from penstock.model.views.runs import RunRow, TaskRow
from penstock.model.views.view import View


class TaskDetail(View, frozen=True, kw_only=True):
    """One task instance, with what the version of its run says of it.

    What is called like a secret is covered in ``params``, ``conf``, ``env`` and ``rendered``.
    """

    run: RunRow
    task: TaskRow
    file: str
    """Of the DAG, as the version names it."""
    line: int | None = None
    """Where the task is made in the file."""
    newest: bool = True
    """Whether the DAG's present version is that of the run."""
    doc: str | None = None
    dag_doc: str | None = None
    description: str | None = None
    owner: str | None = None
    retries: int = 0
    retry_delay: float | None = None
    execution_timeout: float | None = None
    secrets: dict[str, str] = msgspec.field(default_factory=dict)
    """Environment name -> reference to a secret."""
    params: dict[str, Any] = msgspec.field(default_factory=dict)
    """What the tasks of the run get: the defaults of the DAG, with ``conf`` over them."""
    defaults: dict[str, Any] = msgspec.field(default_factory=dict)
    conf: dict[str, Any] = msgspec.field(default_factory=dict)
    command: tuple[str, ...] = ()
    """What is started unchanged; none for a task that runs as Python."""
    cwd: str | None = None
    env: dict[str, str] = msgspec.field(default_factory=dict)
    """What the command adds to the environment."""
    rendered: dict[str, Any] = msgspec.field(default_factory=dict)
    """The template fields as the attempt rendered them; none if it has none, or never came so far."""
    attempt_id: str | None = None
    """The attempt that they are of."""


class SourceText(View, frozen=True, kw_only=True):
    """The DAG file as it was when a run was pinned to it."""

    file: str
    version: str
    text: str | None = None
    """None when the copy is no longer kept, or is larger than 1 MiB."""
    path: str | None = None


class HistoryRow(View, frozen=True, kw_only=True):
    """One task in one run: of a mapped task all its instances, unless one was asked for."""

    run_id: str
    run_type: RunType
    logical_date: datetime | None
    run_after: datetime
    state: TaskState
    start: datetime | None = None
    end: datetime | None = None
    seconds: float | None = None
    """From start to end; None while it has not ended."""
    peak_rss: int | None = None
    cpu_seconds: float | None = None
    try_number: int = 0
    instances: int = 1
    outcome: Outcome | None = None
    """Of the last attempt; None of several instances."""
    slow: bool = False
    """Whether it took longer than 95 % of the others' successes."""


class TaskHistory(View, frozen=True, kw_only=True):
    """How a task went in its last runs, newest first."""

    dag_id: str
    task_id: str
    map_index: int | None = None
    """None stands for all instances of a mapped task."""
    runs: tuple[HistoryRow, ...] = ()
    p50: float | None = None
    """Median of the seconds of its successes."""
    p95: float | None = None
    """The seconds that 95 % of its successes did not exceed."""
