"""Views of callbacks and how they ended."""

from __future__ import annotations

from datetime import datetime

from penstock.model.callbacks import CallbackState
from penstock.model.views.view import View


class CallbackRow(View, frozen=True, kw_only=True):
    """One delivery of an author's callbacks.

    ``kind`` is the event: ``task_failure``, ``run_success``, ``deadline:0`` and so on.
    ``reason`` says why it failed.
    """

    id: int
    dag_id: str
    run_id: str
    task_id: str | None
    map_index: int
    kind: str
    state: CallbackState
    created: datetime
    end: datetime | None = None
    tries: int = 0
    reason: str | None = None
    attempt_id: str | None = None
    log_path: str | None = None
