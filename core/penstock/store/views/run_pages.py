"""Reading runs of all DAGs a page at a time: SQLite filters, orders and counts; a page is what is shown."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from penstock.model.queries import RunQuery, RunTerms, Term
from penstock.model.states import RUN_TERMINAL, TERMINAL
from penstock.model.views.pauses import PauseInfo
from penstock.model.views.runs import RunRow, RunsPage
from penstock.store.query import Values, all_of, any_of, literally
from penstock.store.sql.views import run_pages as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.breakpoints import stopped_runs
from penstock.store.views.quarantine import reasons
from penstock.store.views.questions import with_questions
from penstock.store.views.runs import AnyRow, aware_us, pause_view, run_view, task_counts
from penstock.store.views.versions import Versions, version_name

_KEPT = 5000
"""Ended runs whose counts are kept: nothing that they count can change without the run's version."""
_IN_PLACE = {"held": sql.IS_HELD, "break": sql.IS_STOPPED, "quarantined": sql.IS_QUARANTINED}
"""Words that may be said in place of a state."""


class RunPages:
    """Pages of runs. Safe to share between threads."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._lock = threading.Lock()
        self._counts: OrderedDict[tuple[int, int], dict[str, int]] = OrderedDict()

    def read(self, connection: Connection, query: RunQuery, now_us: int) -> RunsPage:
        """Return one page of *query*, and how many runs there are on all of them."""
        values = Values(limit=query.limit, offset=max(query.offset, 0), now_us=now_us)
        each: list[RunQuery | RunTerms] = [query, *query.others]
        wanted = any_of(all_of(self._conditions(connection, terms, values)) for terms in each)
        rows = connection.execute(sql.PAGE.where(wanted).order(*_order(query)), values).all()
        return RunsPage(
            runs=tuple(self.views(connection, rows)),
            total=connection.scalar(sql.TOTAL.where(wanted), values) or 0,
            offset=values["offset"],
            zones=self._zones(connection, {row.dag_id for row in rows}),
        )

    def _zones(self, connection: Connection, dag_ids: set[str]) -> dict[str, str]:
        """Return the time zones of DAGs, by their current versions."""
        rows = connection.execute(sql.SOME_DAG_VERSIONS, {"dags": list(dag_ids)}).all() if dag_ids else []
        versions = self._versions.load(connection, {row.version_id for row in rows})
        return {row.dag_id: versions[row.version_id].spec.timezone for row in rows}

    def views(self, connection: Connection, rows: Sequence[AnyRow]) -> list[RunRow]:
        """Return the views of rows of a page, of whichever DAGs they are."""
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

    def _conditions(self, connection: Connection, query: RunQuery | RunTerms, values: Values) -> list[str]:
        wanted = [self._condition(connection, term, values) for term in query.terms]
        if query.since is not None:
            wanted.append(f"{sql.DUE} >= {values.one(aware_us(query.since))}")
        if query.until is not None:
            wanted.append(f"{sql.DUE} <= {values.one(aware_us(query.until))}")
        return wanted

    def _condition(self, connection: Connection, term: Term, values: Values) -> str:
        match term.field:
            case "owner" | "tag":
                fits = f"{sql.DAG_ID} IN {values.each(self._dags_with(connection, term))}"
            case "text":
                fits = any_of(
                    _contains(column, value, values) for value in term.values for column in sql.TEXTS
                )
            case "state":
                fits = any_of(_state(value, values, exact=term.exact) for value in term.values)
            case "dag":
                fits = any_of(_begins(sql.DAG_ID, value, values, exact=term.exact) for value in term.values)
            case "type":
                fits = any_of(_begins(sql.RUN_TYPE, value, values, exact=term.exact) for value in term.values)
        return f"NOT {fits}" if term.inverted else fits

    def _dags_with(self, connection: Connection, term: Term) -> list[str]:
        """Return the DAGs whose current version has such an owner or tag."""
        current = {row.dag_id: row.version_id for row in connection.execute(sql.DAG_VERSIONS)}
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


def _contains(column: str, value: str, values: Values) -> str:
    return f"lower({column}) LIKE '%' || lower({values.one(literally(value))}) || '%' ESCAPE '/'"


def _begins(column: str, value: str, values: Values, *, exact: bool) -> str:
    if exact:
        return f"{column} = {values.one(value)}"
    return f"lower({column}) LIKE lower({values.one(literally(value))}) || '%' ESCAPE '/'"


def _state(value: str, values: Values, *, exact: bool) -> str:
    """Return the condition of a run's state, or of one of the words that stand in its place."""
    fits = [_begins(sql.STATE, value, values, exact=exact)]
    word = value.lower()
    if not exact:
        fits += [fit for name, fit in _IN_PLACE.items() if name.startswith(word)]
    return any_of(fits)


def _order(query: RunQuery) -> tuple[str, ...]:
    """Return what the rows are ordered by."""
    last = sql.OLDEST_FIRST if query.reverse else sql.NEWEST_FIRST
    if query.sort not in sql.UPWARD:
        return last
    return ((sql.DOWNWARD if query.reverse else sql.UPWARD)[query.sort], *last)


def _holds(connection: Connection) -> dict[tuple[str, str], PauseInfo]:
    found = stopped_runs(connection)
    for row in connection.execute(sql.HELD):
        try:
            found[row.dag_id, row.run_id] = pause_view(row.by, row.since_us, row.why, row.until_us)
        except (TypeError, OverflowError):
            continue  # written by hand: it is in quarantine, and shown there
    return found


def _version_names(connection: Connection, rows: Sequence[AnyRow]) -> dict[int, str]:
    """Return the names of the versions that runs are pinned to, without reading what those say."""
    ids = {row.version_id for row in rows if isinstance(row.version_id, int)}
    found = connection.execute(sql.VERSION_NAMES, {"keys": list(ids)}) if ids else ()
    return {row.id: version_name(str(row.spec_hash), str(row.source_hash)) for row in found}
