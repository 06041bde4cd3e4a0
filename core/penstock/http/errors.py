"""Errors as answers: always a JSON object, in the shapes that clients know."""

from __future__ import annotations

import logging
import re
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from penstock.errors import (
    EngineError,
    PenstockError,
    RefusedError,
    StoreError,
    UnknownError,
    UsageError,
)

log = logging.getLogger("penstock.http")

_NO_COUNTERPART = re.compile(
    r"^/api/v2(/.*)?(/favorite|/unfavorite|/parseDagFile/|/clearDagRuns|/taskGroupInstances|/partition"
    r"|/connections/defaults|/dagParsing|/stateStore)"
)
"""Operations of the reference that clients may know and Penstock has nothing for."""
Detail = str | list[dict[str, Any]] | dict[str, Any]


class ApiError(Exception):
    """An answer other than the one asked for: a status, and ``detail`` for people."""

    def __init__(self, status: int, detail: Detail, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers


def not_found(detail: str) -> ApiError:
    """Return the error for something that does not exist."""
    return ApiError(404, detail)


def wrong(kind: str, place: tuple[str | int, ...], message: str, given: object, **context: Any) -> ApiError:
    """Return a 422 in the form of a list, as for a body or query that does not fit."""
    item: dict[str, Any] = {"type": kind, "loc": list(place), "msg": message, "input": given}
    if context:
        item["ctx"] = context
    return ApiError(422, [jsonable_encoder(item)])


def status_of(error: PenstockError) -> int:
    """Return the status with which an error of ours is answered."""
    match error:
        case UnknownError():
            return 404
        case UsageError():
            return 400
        case RefusedError():
            return 409
        case EngineError() | StoreError():
            return 503
    return 500


def handle_errors(app: FastAPI) -> None:
    """Answer every kind of error of *app* as JSON."""

    @app.exception_handler(ApiError)
    async def api_error(_: Request, error: ApiError) -> Response:
        return JSONResponse({"detail": error.detail}, error.status, error.headers)

    @app.exception_handler(PenstockError)
    async def our_error(_: Request, error: PenstockError) -> Response:
        return JSONResponse({"detail": error.message}, status_of(error))

    @app.exception_handler(RequestValidationError)
    async def does_not_fit(_: Request, error: RequestValidationError) -> Response:
        return JSONResponse({"detail": jsonable_encoder([_said(each) for each in error.errors()])}, 422)

    @app.exception_handler(HTTPException)
    async def of_the_router(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            path = request.url.path
            if _NO_COUNTERPART.search(path):
                return JSONResponse({"detail": "this has no counterpart in Penstock"}, 404)
            return JSONResponse({"error": _no_route(path)}, 404)
        return JSONResponse({"detail": error.detail}, error.status_code, error.headers)

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return JSONResponse({"detail": f"this failed in the server: {type(error).__name__}"}, 500)


def _said(error: dict[str, Any]) -> dict[str, Any]:
    """Return an error of a body or query; a body of null is one that is missing."""
    if error["type"] == "model_attributes_type" and error["loc"] == ("body",) and error["input"] is None:
        return {"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}
    return error


def _no_route(path: str) -> str:
    if path.startswith("/api/v1"):
        return "this server does not speak /api/v1; use a client for /api/v2"
    if path in ("/health", "/api/v2/health"):
        return "health is at /api/v2/monitor/health"
    return "API route not found"
