"""Logs of tries: as JSON, as a stream of JSON lines, as plain text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response, StreamingResponse

from penstock.http.answer import answer
from penstock.http.desk import ADesk, Desk
from penstock.http.errors import ApiError, not_found
from penstock.http.login import Door, door
from penstock.http.logs import (
    Part,
    Place,
    Record,
    gathered,
    lines,
    parts_of,
    read_token,
    write_token,
)
from penstock.http.routes.dags import wanted_type
from penstock.http.routes.task_instances import instances
from penstock.ids import instance_key
from penstock.model.states import TaskState
from penstock.model.views.found import TaskFacts

router = APIRouter(tags=["Task Instance"])
ADoor = Annotated[Door, Depends(door)]
_TYPES = ("application/json", "application/x-ndjson", "text/plain")
_encoder = msgspec.json.Encoder()


@router.get("/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/logs/{try_number}")
def get_log(
    desk: ADesk,
    at: ADoor,
    request: Request,
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    try_number: Annotated[int, Path(ge=0)],
    map_index: int = -1,
    full_content: bool = False,
    token: str | None = None,
) -> Response:
    """Return the log of a try. Of a mapped task without an index, those of all its instances.

    Accept ``application/json`` for one answer with a token to go on, ``application/x-ndjson`` for the
    whole of it as a stream, ``text/plain`` for what the task printed.
    """
    kind = wanted_type(request.headers.getlist("accept"), _TYPES)
    if kind is None:
        raise ApiError(406, f"a log is {', '.join(_TYPES)}")
    start = None if token is None else read_token(at.tokens, token)
    rows = _rows(desk, dag_id, dag_run_id, task_id, map_index)
    if try_number == 0:
        return _never_ran(rows, kind)
    parts = _parts(desk, rows, try_number, start if kind == "application/json" else None)
    if not parts:
        raise not_found(f"task {task_id!r} of run {dag_run_id!r} has no try {try_number}")
    if kind == "application/json":
        return _whole(desk, at, rows, parts, tail=full_content)
    headers = {}
    last = parts[-1]
    if not last.whole and len(rows) == 1:
        headers["airflow-continuation-token"] = write_token(
            at.tokens, Place(last.attempt.attempt_id, last.end)
        )
    stream = _ndjson(desk, rows, parts) if kind == "application/x-ndjson" else _plain(desk, parts)
    return StreamingResponse(stream, media_type=kind, headers=headers)


@router.get("/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/externalLogUrl/{try_number}")
def get_external_log_url(dag_id: str, dag_run_id: str, task_id: str, try_number: int) -> Response:  # noqa: ARG001
    """Refuse: logs are here."""
    raise ApiError(400, "logs are kept here, not on another server")


def _rows(desk: Desk, dag_id: str, run_id: str, task_id: str, map_index: int) -> list[TaskFacts]:
    rows = instances(desk, dag_id, run_id, task_id)
    if map_index < 0:
        return rows
    found = [row for row in rows if row.map_index == map_index]
    if not found:
        raise not_found(f"task {task_id!r} of run {run_id!r} has no map index {map_index}")
    return found


def _parts(desk: Desk, rows: list[TaskFacts], number: int, start: Place | None) -> list[Part]:
    found: list[Part] = []
    for row in rows:
        attempts = desk.read.attempts(row.dag_id, row.run_id, row.task_id, row.map_index)
        found += parts_of(desk.read, [each for each in attempts if each.try_number == number], start)
    return found


def _never_ran(rows: list[TaskFacts], kind: str) -> Response:
    if any(row.attempts for row in rows):
        raise not_found("tries are counted from 1")
    first = rows[0]
    because = {
        TaskState.UPSTREAM_FAILED: "It did not run: a task before it failed.",
        TaskState.SKIPPED: "It was skipped.",
    }.get(first.state, f"It has not started: it is {first.state}.")
    record = Record(timestamp=first.end, event=first.reason or because)
    if kind == "text/plain":
        return Response(f"{record.event}\n", media_type=kind)
    if kind == "application/x-ndjson":
        return Response(_line(record), media_type=kind)
    return answer({"content": [record], "continuation_token": None})


def _whole(desk: Desk, at: Door, rows: list[TaskFacts], parts: list[Part], *, tail: bool) -> Response:
    if len(rows) == 1:
        records, place = gathered(desk.read, parts, tail=tail)
        follows = None if place is None else write_token(at.tokens, place)
        return answer({"content": records, "continuation_token": follows})
    content: list[Record] = []
    for part in parts:
        found, _ = gathered(desk.read, [part], tail=True)
        content += [_group(part), *found, Record(event="::endgroup::")]
    return answer({"content": content, "continuation_token": None})


def _ndjson(desk: Desk, rows: list[TaskFacts], parts: list[Part]) -> Iterator[bytes]:
    for part in parts:
        if len(rows) > 1:
            yield _line(_group(part))
        pending: list[bytes] = []
        for record, _ in lines(desk.read, part):
            pending.append(_line(record))
            if len(pending) >= 500:
                yield b"".join(pending)
                pending.clear()
        if len(rows) > 1:
            pending.append(_line(Record(event="::endgroup::")))
        yield b"".join(pending)


def _plain(desk: Desk, parts: list[Part]) -> Iterator[bytes]:
    for part in parts:
        at = part.start
        while at < part.end:
            chunk = desk.read.read_log(part.attempt.attempt_id, at, min(256 << 10, part.end - at))
            if not chunk.data:
                break
            yield chunk.data
            at = chunk.next_offset


def _group(part: Part) -> Record:
    return Record(event=f"::group::{instance_key(part.attempt.task_id, part.attempt.map_index)}")


def _line(record: Record) -> bytes:
    fields: dict[str, Any] = {"timestamp": record.timestamp, "event": record.event}
    if record.level is not None:
        fields["level"] = record.level
    return _encoder.encode(fields) + b"\n"
