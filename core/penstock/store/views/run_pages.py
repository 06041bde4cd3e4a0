"""Reading runs of all DAGs a page at a time: SQLite filters, orders and counts; a page is what is shown."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.model.pauses import PauseKind
from penstock.model.queries import RunQuery, RunTerms, Term
from penstock.model.states import RUN_TERMINAL, TERMINAL
from penstock.model.views.pauses import PauseInfo
from penstock.model.views.runs import RunRow, RunsPage
from penstock.store import tables
from penstock.store.statement import table_of
from penstock.store.tables import QuarantineRow
from penstock.store.views.breakpoints import IS_REACHED, stopped_runs
from penstock.store.views.quarantine import reasons
from penstock.store.views.questions import with_questions
from penstock.store.views.runs import RUN_COLUMNS, AnyRow, aware_us, pause_view, run_view, task_counts
from penstock.store.views.versions import Versions, version_name

_run = table_of(tables.RunRow)
_dag = table_of(tables.DagRow)
_pause = table_of(tables.PauseRow)
_version = table_of(tables.DagVersionRow)
_quarantine = table_of(QuarantineRow)
_KEPT = 5000
"""Ended runs whose counts are kept: nothing that they count can change without the run's version."""

_DAG_VERSIONS = sa.select(_dag.c.dag_id, _dag.c.version_id)
_NAMES = sa.select(_version.c.id, _version.c.spec_hash, _version.c.source_hash)
_HELD = sa.select(
    _pause.c.dag_id, _pause.c.run_id, _pause.c.by, _pause.c.since_us, _pause.c.why, _pause.c.until_us
).where(_pause.c.kind == PauseKind.RUN)
_TOTAL = sa.select(sa.func.count()).select_from(_run)
_PAGE = sa.select(*RUN_COLUMNS)
_URGENCY = sa.case(
    {"failed": 0, "running": 1, "queued": 2, "cancelled": 3, "success": 5}, value=_run.c.state, else_=4
)
_NEWEST = (_run.c.run_after_us.desc(), _run.c.id.desc())
_OLDEST = (_run.c.run_after_us, _run.c.id)

Condition = sa.ColumnElement[bool]


class RunPages:
    """Pages of runs. Safe to share between threads."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._lock = threading.Lock()
        self._counts: OrderedDict[tuple[int, int], dict[str, int]] = OrderedDict()

    def read(self, connection: Connection, query: RunQuery, now_us: int) -> RunsPage:
        """Return one page of *query*, and how many runs there are on all of them."""
        wanted = self._conditions(connection, query)
        if query.others:
            each = (wanted, *(self._conditions(connection, other) for other in query.others))
            wanted = [sa.or_(*(sa.and_(sa.true(), *conditions) for conditions in each))]
        offset = max(query.offset, 0)
        page = _PAGE.where(*wanted).order_by(*_order(query, now_us)).limit(query.limit).offset(offset)
        rows = connection.execute(page).all()
        return RunsPage(
            runs=tuple(self.views(connection, rows)),
            total=connection.scalar(_TOTAL.where(*wanted)) or 0,
            offset=offset,
            zones=self._zones(connection, {row.dag_id for row in rows}),
        )

    def _zones(self, connection: Connection, dag_ids: set[str]) -> dict[str, str]:
        """Return the time zones of DAGs, by their current versions."""
        rows = connection.execute(_DAG_VERSIONS.where(_dag.c.dag_id.in_(dag_ids))).all() if dag_ids else []
        versions = self._versions.load(connection, {row.version_id for row in rows})
        return {row.dag_id: versions[row.version_id].spec.timezone for row in rows}

    def views(self, connection: Connection, rows: Sequence[AnyRow]) -> list[RunRow]:
        """Return the views of rows of `RUN_COLUMNS`, of whichever DAGs they are."""
        counts = self._counted(connection, rows)
        names = _version_names(connection, rows)
        held = _holds(connection)
        quarantined = reasons(connection)
        runs = [
            run_view(
                row,
                counts.get(row.id, {}),
                names.get(row.version_id, ""),
                held.get((row.dag_id, row.run_id)),
                quarantined.get(f"{row.dag_id}/{row.run_id}"),
            )
            for row in rows
        ]
        return with_questions(connection, runs)

    def _counted(self, connection: Connection, rows: Sequence[AnyRow]) -> dict[int, dict[str, int]]:
        """Return task instances by state, by run key; of what has ended, from memory where it is known."""
        with self._lock:
            found = {row.id: self._counts[row.id, row.version] for row in rows if self._knows(row)}
        fresh = task_counts(connection, [row.id for row in rows if row.id not in found])
        with self._lock:
            for row in rows:
                counts = fresh.get(row.id)
                if counts is not None and row.state in RUN_TERMINAL and counts.keys() <= TERMINAL:
                    self._counts[row.id, row.version] = counts
            while len(self._counts) > _KEPT:
                self._counts.popitem(last=False)
        return {**found, **fresh}

    def _knows(self, row: AnyRow) -> bool:
        return (row.id, row.version) in self._counts

    # -- conditions ------------------------------------------------------------------------------

    def _conditions(self, connection: Connection, query: RunQuery | RunTerms) -> list[Condition]:
        wanted = [self._condition(connection, term) for term in query.terms]
        if query.since is not None:
            wanted.append(_run.c.run_after_us >= aware_us(query.since))
        if query.until is not None:
            wanted.append(_run.c.run_after_us <= aware_us(query.until))
        return wanted

    def _condition(self, connection: Connection, term: Term) -> Condition:
        match term.field:
            case "owner" | "tag":
                fits: Condition = _run.c.dag_id.in_(self._dags_with(connection, term))
            case "text":
                columns = (_run.c.run_id, _run.c.dag_id, sa.func.coalesce(_run.c.reason, ""))
                fits = _any(
                    column.icontains(value, autoescape=True) for value in term.values for column in columns
                )
            case "state":
                fits = _any(_state(value, exact=term.exact) for value in term.values)
            case "dag":
                fits = _any(_begins(_run.c.dag_id, value, exact=term.exact) for value in term.values)
            case "type":
                fits = _any(_begins(_run.c.run_type, value, exact=term.exact) for value in term.values)
        return sa.not_(fits) if term.inverted else fits

    def _dags_with(self, connection: Connection, term: Term) -> list[str]:
        """Return the DAGs whose current version has such an owner or tag."""
        current = {row.dag_id: row.version_id for row in connection.execute(_DAG_VERSIONS)}
        versions = self._versions.load(connection, set(current.values()))
        values = [value.lower() for value in term.values]
        found = []
        for dag_id, key in current.items():
            spec = versions[key].spec
            names = spec.tags if term.field == "tag" else (spec.owner or "",)
            has = [name.lower() for name in names]
            if any(
                name == value if term.exact else name.startswith(value) for name in has for value in values
            ):
                found.append(dag_id)
        return found


def _any(conditions: Any) -> Condition:
    return sa.or_(sa.false(), *conditions)


def _begins(column: sa.Column[Any], value: str, *, exact: bool) -> Condition:
    if exact:
        return column == value
    return column.istartswith(value, autoescape=True)


def _state(value: str, *, exact: bool) -> Condition:
    """Return the condition of a run's state, or of one of the two words that stand in its place."""
    fits = [_begins(_run.c.state, value, exact=exact)]
    word = value.lower()
    if "held".startswith(word) and not exact:
        held = sa.select(_pause.c.run_id).where(
            sa.or_(_pause.c.kind == PauseKind.RUN, IS_REACHED),
            _pause.c.dag_id == _run.c.dag_id,
            _pause.c.run_id == _run.c.run_id,
        )
        fits.append(sa.exists(held))
    if "break".startswith(word) and not exact:
        fits.append(
            sa.exists(
                sa.select(_pause.c.run_id).where(
                    IS_REACHED, _pause.c.dag_id == _run.c.dag_id, _pause.c.run_id == _run.c.run_id
                )
            )
        )
    if "quarantined".startswith(word) and not exact:
        fits.append((_run.c.dag_id + "/" + _run.c.run_id).in_(sa.select(_quarantine.c.id)))
    return sa.or_(*fits)


def _order(query: RunQuery, now_us: int) -> list[Any]:
    """Return what the rows are ordered by; what has no value comes last, or with *reverse* first."""
    took = _run.c.worked_us + sa.func.coalesce(now_us - _run.c.turn_us, 0)
    by: dict[str, Any] = {
        "state": _URGENCY,
        "started": -_run.c.start_us,
        "took": sa.case((_run.c.start_us.is_(None), None), else_=-took),
        "type": _run.c.run_type,
        "dag": _run.c.dag_id,
    }
    if query.sort not in by:
        return list(_OLDEST if query.reverse else _NEWEST)
    column = by[query.sort]
    if query.reverse:
        return [column.desc().nulls_first(), *_OLDEST]
    return [column.asc().nulls_last(), *_NEWEST]


def _holds(connection: Connection) -> dict[tuple[str, str], PauseInfo]:
    found = stopped_runs(connection)
    for row in connection.execute(_HELD):
        try:
            found[row.dag_id, row.run_id] = pause_view(row.by, row.since_us, row.why, row.until_us)
        except (TypeError, OverflowError):
            continue  # written by hand: it is in quarantine, and shown there
    return found


def _version_names(connection: Connection, rows: Sequence[AnyRow]) -> dict[int, str]:
    """Return the names of the versions that runs are pinned to, without reading what those say."""
    ids = {row.version_id for row in rows if isinstance(row.version_id, int)}
    found = connection.execute(_NAMES.where(_version.c.id.in_(ids))) if ids else ()
    return {row.id: version_name(str(row.spec_hash), str(row.source_hash)) for row in found}
