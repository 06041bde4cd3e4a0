"""Views of what is in quarantine."""

from __future__ import annotations

from datetime import datetime

from penstock.model.subject import SubjectKind
from penstock.model.views.view import View


class QuarantineRow(View, frozen=True, kw_only=True):
    """One thing in quarantine. ``dag_id`` is None if it belongs to no DAG."""

    kind: SubjectKind
    id: str
    dag_id: str | None
    reason: str
    since: datetime
