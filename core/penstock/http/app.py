"""The application: the API that clients know, our own beside it, metrics."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute

from penstock.http import metrics
from penstock.http.answer import answer
from penstock.http.answers import dags as dag_answers
from penstock.http.answers import questions as question_answers
from penstock.http.answers import runs as run_answers
from penstock.http.answers import task_instances as task_answers
from penstock.http.desk import ADesk, Desk
from penstock.http.errors import handle_errors
from penstock.http.login import Door, reader, scraper
from penstock.http.openapi import answers_of, document
from penstock.http.own import operations
from penstock.http.own.page import page
from penstock.http.routes import (
    assets,
    backfills,
    connections,
    dags,
    hitl,
    logs,
    pools,
    run_acts,
    runs,
    task_acts,
    task_instances,
    trails,
    variables,
    xcoms,
)
from penstock.http.routes import open as open_routes
from penstock.model.views import plans, status, why
from penstock.version import __version__

PREFIX = "/api/v2"
_ROUTES = (
    dags, run_acts, runs, logs, xcoms, task_instances, task_acts, variables, connections, pools, backfills,
    assets, hitl, trails,
)  # fmt: skip
_OWN = "What has no counterpart in /api/v2: holds, freezes, why, resources, undo, quarantine, the ledger."


def make_app(desk: Desk, door: Door) -> FastAPI:
    """Return the application over *desk*, into which *door* lets."""
    app = _bare("Penstock", "The API that clients of Airflow 3 speak, over a Penstock engine.")
    app.include_router(open_routes.login_router)
    app.include_router(open_routes.router, prefix=PREFIX)
    guarded = APIRouter(prefix=PREFIX, dependencies=[Depends(reader)])
    for module in _ROUTES:
        guarded.include_router(module.router)
    app.include_router(guarded)
    known = answers_of([dag_answers, run_answers, task_answers, question_answers, *_ROUTES])
    made: dict[str, Any] = {}

    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> Response:
        if not made:
            made.update(document(app, known))
        return answer(made)

    @app.get("/metrics", include_in_schema=False, dependencies=[Depends(scraper)])
    def get_metrics(desk: ADesk) -> Response:
        return Response(metrics.exposition(desk), media_type=metrics.TYPE)

    own = _own_app()
    for each in (app, own):
        each.state.desk, each.state.door = desk, door
    app.mount("/penstock/v1", own)
    return app


def _own_app() -> FastAPI:
    own = _bare("Penstock v1", _OWN)
    for router in (operations.reading, operations.acting):
        own.include_router(router, dependencies=[Depends(reader)])
    known = answers_of([operations, plans, status, why])
    made: dict[str, Any] = {}

    def described() -> dict[str, Any]:
        if not made:
            made.update(document(own, known))
            made["servers"] = [{"url": "/penstock/v1"}]
        return made

    @own.get("/openapi.json", include_in_schema=False)
    def openapi() -> Response:
        return answer(described())

    @own.get("/docs", include_in_schema=False)
    def docs() -> Response:
        return HTMLResponse(page(described()))

    return own


def _bare(title: str, description: str) -> FastAPI:
    app = FastAPI(
        title=title,
        description=description,
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    handle_errors(app)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
