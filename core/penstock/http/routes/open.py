"""What needs no token: logging in, the version, health."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response

from penstock.errors import PenstockError
from penstock.http.answer import answer
from penstock.http.desk import ADesk, Desk
from penstock.http.errors import ApiError
from penstock.http.login import door
from penstock.version import __version__

login_router = APIRouter(tags=["Login"])
router = APIRouter(tags=["Server"])
VERSION = "3.3.2"
"""The version of the API that is spoken here; clients look at the number before the first dot."""
_FIELDS = ("username", "password")


@login_router.post("/auth/token", status_code=201)
@login_router.post("/auth/token/cli", status_code=201, name="create_token_cli")
async def create_token(request: Request) -> Response:
    """Log in with the name of a token and the token as password; the answer is the token again."""
    given = await _credentials(request)
    name, secret = str(given["username"]), str(given["password"])
    await door(request).check(request, secret, unknown=401, name=name)
    return answer({"access_token": secret}, 201)


@router.get("/version")
def get_version() -> Response:
    """Return the version of the API that is spoken here, and of this program."""
    return answer({"version": VERSION, "git_version": f"penstock {__version__}"})


@router.get("/monitor/health")
def get_health(desk: ADesk) -> Response:
    """Return how the parts are. Always 200: read the body."""
    return answer(health(desk))


def health(desk: Desk) -> dict[str, Any]:
    """Return the health of database, scheduler and DAG files; a part that does not exist has null."""
    database, alive, last = "healthy", False, None
    try:
        last = desk.read.status().last_seen
        alive = desk.status().pid is not None
    except PenstockError:
        database = "unhealthy"
    beat = datetime.now(UTC) if alive else last
    word, when = "healthy" if alive else "unhealthy", None if beat is None else beat.isoformat()
    return {
        "metadatabase": {"status": database},
        "scheduler": {"status": word, "latest_scheduler_heartbeat": when},
        "triggerer": {"status": None, "latest_triggerer_heartbeat": None},
        "dag_processor": {"status": word, "latest_dag_processor_heartbeat": when},
    }


async def _credentials(request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    body = await request.body()
    if kind == "application/json":
        try:
            given = msgspec.json.decode(body) if body else None
        except msgspec.DecodeError:
            raise ApiError(422, "the body is not JSON") from None
    elif kind == "application/x-www-form-urlencoded":
        given = {name: values[-1] for name, values in parse_qs(body.decode(errors="replace")).items()}
    else:
        raise ApiError(415, "the body must be application/json or application/x-www-form-urlencoded")
    if not isinstance(given, dict):
        raise ApiError(422, "username and password are missing")
    unknown = sorted(given.keys() - set(_FIELDS))
    missing = [name for name in _FIELDS if not isinstance(given.get(name), str)]
    if missing or unknown:
        words = [f"{name} is missing" for name in missing] + [f"{name} is not known" for name in unknown]
        raise ApiError(422, "; ".join(words))
    return given
