"""What is in quarantine, as people see it."""

from __future__ import annotations

from datetime import datetime

from penstock.model.views.view import View


class QuarantineRow(View, frozen=True, kw_only=True):
    """One thing that the engine leaves out.

    ``kind``: run, dag, order, row. ``dag_id`` is None for what belongs to no DAG.
    """

    kind: str
    id: str
    dag_id: str | None
    reason: str
    since: datetime
