"""Views of what is in quarantine."""

from __future__ import annotations

from datetime import datetime

from penstock.model.views.view import View


class QuarantineRow(View, frozen=True, kw_only=True):
    """One thing in quarantine.

    ``kind``: run, dag, order, row. ``dag_id`` is None if it belongs to no DAG.
    """

    kind: str
    id: str
    dag_id: str | None
    reason: str
    since: datetime
