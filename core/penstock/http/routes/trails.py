"""Events, import errors, and what clients ask of the server itself: jobs, plugins, configuration."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AwareDatetime

from penstock.http.answer import answer, said
from penstock.http.answers.dags import BUNDLE
from penstock.http.answers.task_instances import HOST, USER
from penstock.http.desk import ADesk
from penstock.http.errors import ApiError, not_found
from penstock.http.paging import OrderedPage, Page, checked_order, matches
from penstock.http.stable import stable_number
from penstock.model.search import Bound, EventSearch
from penstock.model.views.events import EventRow
from penstock.model.views.status import ImportErrorRow

router = APIRouter(tags=["Server"])
_EVENT_ORDERS = (
    "id", "event_log_id", "when", "dttm", "dag_id", "task_id", "run_id", "map_index", "event", "owner",
    "extra",
)  # fmt: skip
_CLOSED = "the configuration is not shown here: it is in penstock.toml"


class EventFilters(OrderedPage):
    """What a list of events may ask for."""

    dag_id: str | None = None
    task_id: str | None = None
    run_id: str | None = None
    map_index: int | None = None
    owner: str | None = None
    event: str | None = None
    included_events: list[str] | None = None
    excluded_events: list[str] | None = None
    before: AwareDatetime | None = None
    after: AwareDatetime | None = None


class EventLog(msgspec.Struct, kw_only=True):
    """One event."""

    event_log_id: int
    when: datetime
    dag_id: str | None
    task_id: str | None
    run_id: str | None
    map_index: int | None
    try_number: int | None
    event: str
    logical_date: datetime | None
    owner: str | None
    extra: str | None
    dag_display_name: str | None
    task_display_name: str | None


class EventLogs(msgspec.Struct, kw_only=True):
    """A page of events."""

    event_logs: list[EventLog]
    total_entries: int


class LoadProblem(msgspec.Struct, kw_only=True):
    """A DAG file that cannot be loaded."""

    import_error_id: int
    timestamp: datetime
    filename: str
    bundle_name: str | None
    stack_trace: str


class ImportErrors(msgspec.Struct, kw_only=True):
    """The DAG files that cannot be loaded."""

    import_errors: list[LoadProblem]
    total_entries: int


@router.get("/eventLogs", responses=said(EventLogs))
def get_event_logs(desk: ADesk, asked: Annotated[EventFilters, Query()]) -> Response:
    """List the event trail."""
    spans = []
    if asked.before is not None:
        spans.append(Bound(field="when", comparison="lt", value=asked.before))
    if asked.after is not None:
        spans.append(Bound(field="when", comparison="gt", value=asked.after))
    kinds = asked.included_events if asked.event is None else [asked.event]
    page = desk.read.search_events(
        EventSearch(
            dag_id=asked.dag_id,
            run_id=asked.run_id,
            task_id=asked.task_id,
            map_index=asked.map_index,
            actor=asked.owner,
            kinds=None if kinds is None else tuple(kinds),
            not_kinds=tuple(asked.excluded_events or ()),
            bounds=tuple(spans),
            order=tuple(checked_order(asked.order_by, _EVENT_ORDERS)),
            limit=asked.rows,
            offset=asked.offset,
        )
    )
    return answer(EventLogs(event_logs=[_event(row) for row in page.rows], total_entries=page.total))


@router.get("/eventLogs/{event_log_id}", responses=said(EventLog))
def get_event_log(desk: ADesk, event_log_id: int) -> Response:
    """Return one event."""
    rows = desk.read.search_events(EventSearch(seq=event_log_id, limit=1)).rows
    if not rows:
        raise not_found(f"there is no event {event_log_id}")
    return answer(_event(rows[0]))


class ImportErrorPage(OrderedPage):
    """A page of import errors, of some files if wanted."""

    filename_pattern: str | None = None


@router.get("/importErrors", responses=said(ImportErrors))
def get_import_errors(desk: ADesk, asked: Annotated[ImportErrorPage, Query()]) -> Response:
    """List DAG files that cannot be loaded."""
    found = [_problem(row) for row in desk.read.import_errors() if matches(asked.filename_pattern, row.file)]
    names = ("id", "import_error_id", "timestamp", "filename", "bundle_name", "stacktrace")
    keys: dict[str, Any] = {
        name: (lambda row, name=name: getattr(row, name, row.import_error_id)) for name in names
    }
    page = asked.cut(found, keys, "filename")
    return answer(ImportErrors(import_errors=page, total_entries=len(found)))


@router.get("/importErrors/{import_error_id}", responses=said(LoadProblem))
def get_import_error(desk: ADesk, import_error_id: int) -> Response:
    """Return one DAG file that cannot be loaded."""
    for row in desk.read.import_errors():
        if _number(row) == import_error_id:
            return answer(_problem(row))
    raise not_found(f"there is no import error {import_error_id}")


class JobPage(Page):
    """A page of jobs, of one type and state if wanted."""

    job_type: str | None = None
    job_state: str | None = None


@router.get("/jobs")
def get_jobs(desk: ADesk, asked: Annotated[JobPage, Query()]) -> Response:
    """List the engine as the one job there is."""
    status = desk.status()
    alive = status.pid is not None
    job = {
        "id": 1,
        "dag_id": None,
        "state": "running" if alive else "success",
        "job_type": "SchedulerJob",
        "start_date": status.since or status.last_seen,
        "end_date": None if alive else status.last_seen,
        "latest_heartbeat": datetime.now(UTC) if alive else status.last_seen,
        "executor_class": None,
        "hostname": HOST,
        "unixname": USER,
        "dag_display_name": None,
    }
    fits = asked.job_type in (None, "SchedulerJob") and asked.job_state in (None, job["state"])
    jobs = [job] if fits else []
    return answer({"jobs": jobs[asked.offset : asked.offset + asked.rows], "total_entries": len(jobs)})


@router.get("/plugins")
def get_plugins() -> Response:
    """List plugins: there are none."""
    return answer({"plugins": [], "total_entries": 0})


@router.get("/plugins/importErrors")
def import_errors_of_plugins() -> Response:
    """List plugins that cannot be loaded: there are none."""
    return answer({"import_errors": [], "total_entries": 0})


@router.get("/providers")
def get_providers() -> Response:
    """List provider packages: there are none."""
    return answer({"providers": [], "total_entries": 0})


@router.get("/config")
def get_config() -> Response:
    """Refuse: the configuration is closed."""
    raise ApiError(403, _CLOSED)


@router.get("/config/section/{section}/option/{option}")
def get_config_value(section: str, option: str) -> Response:  # noqa: ARG001
    """Refuse: the configuration is closed."""
    raise ApiError(403, _CLOSED)


def _event(row: EventRow) -> EventLog:
    said = {name: getattr(row, name) for name in ("before", "after", "reason") if getattr(row, name)}
    return EventLog(
        event_log_id=row.seq,
        when=row.at,
        dag_id=row.dag_id,
        task_id=row.task_id,
        run_id=row.run_id,
        map_index=row.map_index if row.task_id else None,
        try_number=None,
        event=row.kind,
        logical_date=None,
        owner=row.actor,
        extra=msgspec.json.encode(said).decode() if said else None,
        dag_display_name=row.dag_id,
        task_display_name=row.task_id,
    )


def _number(row: ImportErrorRow) -> int:
    return stable_number("import error", row.file)


def _problem(row: ImportErrorRow) -> LoadProblem:
    place = row.file if row.line is None else f"{row.file}:{row.line}"
    return LoadProblem(
        import_error_id=_number(row),
        timestamp=row.since,
        filename=row.file,
        bundle_name=BUNDLE,
        stack_trace=f"{row.detail}\n{row.message}" if row.detail else f"{place}: {row.message}",
    )
