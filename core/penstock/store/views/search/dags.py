"""All DAGs as lists show them. What a version says is worked out once and kept."""

from __future__ import annotations

import threading
from typing import Any

import msgspec

from penstock.clock import opt_from_us
from penstock.errors import UnknownError
from penstock.model.pauses import PauseKind
from penstock.model.spec import DagSpec
from penstock.model.states import RunState
from penstock.model.subject import about_row
from penstock.model.views.found import DagFacts, VersionFacts
from penstock.store.sieve import Sieve
from penstock.store.sql.views.search import dags as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.search.versions import numbered
from penstock.store.views.versions import StoredVersion, Versions
from penstock.timetable.describe import in_words
from penstock.timetable.presets import PRESETS


class DagList:
    """The list of all DAGs. Safe to share between threads."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._lock = threading.Lock()
        self._said: dict[int, DagFacts] = {}
        """What the versions of the DAGs say, without what moves."""

    def read(self, connection: Connection) -> list[DagFacts]:
        """Return every DAG by id."""
        rows = connection.execute(sql.DAGS).all()
        said = self._of_versions(connection, {row.version_id for row in rows})
        pauses = {(row.dag_id, row.kind) for row in connection.execute(sql.PAUSES)}
        broken = set(connection.execute(sql.BROKEN_FILES).scalars())
        active: dict[str, int] = {row[0]: row[1] for row in connection.execute(sql.ACTIVE)}

        def facts(row: Any) -> DagFacts:
            return msgspec.structs.replace(
                said[row.version_id],
                paused=(row.dag_id, PauseKind.SCHEDULE) in pauses,
                frozen=(row.dag_id, PauseKind.FREEZE) in pauses,
                missing=bool(row.missing),
                import_error=row.file in broken,
                active_runs=active.get(row.dag_id, 0),
                last_run_state=None if row.state is None else RunState(row.state),
                last_run_start=opt_from_us(row.start_us),
            )

        return Sieve().rows(rows, lambda row: about_row("dag", row.dag_id), facts)

    def spec(self, connection: Connection, dag_id: str) -> DagSpec:
        """Return what the current version of a DAG says; raise `UnknownError` if there is no such DAG."""
        key = connection.scalar(sql.VERSION, {"dag_id": dag_id})
        if key is None:
            raise UnknownError(f"DAG {dag_id!r} does not exist")
        return self._versions.one(connection, key).spec

    def _of_versions(self, connection: Connection, ids: set[int]) -> dict[int, DagFacts]:
        with self._lock:
            said = {key: facts for key, facts in self._said.items() if key in ids}
            missing = ids - said.keys()
            if missing:
                numbers = numbered(connection, None)
                for key in missing:  # one at a time: so many at once would fill the memory
                    version = self._versions.one(connection, key)
                    if key in numbers:
                        said[key] = _said(version, numbers[key])
            self._said = said
            return said


def _said(version: StoredVersion, number: VersionFacts) -> DagFacts:
    spec = version.spec
    owners = {task.owner or spec.owner for task in spec.tasks} | {spec.owner}
    return DagFacts(
        dag_id=spec.dag_id,
        file=spec.file,
        version=number,
        description=spec.description,
        owners=tuple(sorted(owner for owner in owners if owner)),
        tags=tuple(sorted(spec.tags)),
        kind=spec.schedule.kind,
        crons=tuple(PRESETS.get(cron, cron) for cron in spec.schedule.crons),
        schedule=spec.schedule.text,
        words=in_words(spec.schedule),
        assets=spec.schedule.assets is not None,
        max_active_tasks=spec.max_active_tasks,
        max_active_runs=spec.max_active_runs,
        max_consecutive_failed_runs=spec.max_consecutive_failed_runs,
        limited=any(
            task.max_active_tis_per_dag is not None or task.max_active_tis_per_dagrun is not None
            for task in spec.tasks
        ),
    )
