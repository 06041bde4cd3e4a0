"""Connections. Secrets in them are references; a plain password is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from operator import attrgetter
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from penstock.errors import RefusedError
from penstock.http.answer import answer, empty, said
from penstock.http.bulk import BulkBody, Kind, carry_out
from penstock.http.desk import ADesk, Desk
from penstock.http.errors import ApiError, not_found
from penstock.http.login import Acting, Caller
from penstock.http.paging import OrderedPage, matches
from penstock.model.acts import DeleteConnection, SetConnection
from penstock.model.views.values import ConnectionRow
from penstock.values import COVER, reference_problem, sensitive

router = APIRouter(tags=["Connection"])
_PLAIN = ("conn_type", "host", "login", "schema", "port")


class ConnectionBody(BaseModel):
    """A connection as it is written. ``password`` is a reference to a secret."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    connection_id: str = Field(pattern=r"^[\w.-]+$", max_length=200)
    conn_type: str
    description: str | None = None
    host: str | None = None
    login: str | None = None
    schema_: str | None = Field(None, alias="schema")
    port: int | None = None
    password: str | None = None
    extra: str | None = None
    team_name: str | None = None


class ConnectionPage(OrderedPage):
    """What a list of connections may ask for."""

    connection_id_pattern: str | None = None
    connection_id_prefix_pattern: str | None = None


class Connection(msgspec.Struct, kw_only=True):
    """A connection; secrets are ``***``."""

    connection_id: str
    conn_type: str
    description: str | None
    host: str | None
    login: str | None
    schema: str | None
    port: int | None
    password: str | None
    extra: str | None
    team_name: str | None


class Connections(msgspec.Struct, kw_only=True):
    """A page of connections."""

    connections: list[Connection]
    total_entries: int


@router.get("/connections", responses=said(Connections))
def get_connections(desk: ADesk, asked: Annotated[ConnectionPage, Query()]) -> Response:
    """List connections of all sources: the environment, penstock.toml and the store."""
    prefix = asked.connection_id_prefix_pattern
    rows = [
        _shown(row)
        for row in _used(desk)
        if matches(asked.connection_id_pattern, row.conn_id)
        and (prefix is None or row.conn_id.startswith(prefix))
    ]
    names = ("connection_id", "conn_type", "description", "host", "port")
    keys: dict[str, Callable[[Connection], Any]] = {name: attrgetter(name) for name in names}
    keys |= {"id": keys["connection_id"], "conn_id": keys["connection_id"]}
    page = asked.cut(rows, keys, "connection_id")
    return answer(Connections(connections=page, total_entries=len(rows)))


@router.post("/connections/test", status_code=403)
def test_connection(caller: Acting) -> Response:  # noqa: ARG001 - who may not act is refused
    """Refuse: a connection is tried by a task."""
    raise ApiError(403, "connections are not tried from here: a task that uses one does it")


@router.get("/connections/{connection_id}", responses=said(Connection))
def get_connection(desk: ADesk, connection_id: str) -> Response:
    """Return one connection."""
    return answer(_shown(_known(desk, connection_id)))


@router.post("/connections", status_code=201, responses=said(Connection, 201))
def post_connection(desk: ADesk, caller: Acting, body: ConnectionBody) -> Response:
    """Make a connection."""
    if any(row.conn_id == body.connection_id for row in _used(desk)):
        raise ApiError(409, f"connection {body.connection_id!r} exists already")
    _set(desk, caller, body, None)
    return answer(_shown(_known(desk, body.connection_id)), 201)


@router.patch("/connections/{connection_id}", responses=said(Connection))
def patch_connection(
    desk: ADesk,
    caller: Acting,
    connection_id: str,
    body: ConnectionBody,
    update_mask: Annotated[list[str] | None, Query()] = None,
) -> Response:
    """Change a connection of the store."""
    if body.connection_id != connection_id:
        raise ApiError(400, f"the body is about {body.connection_id!r}, the path about {connection_id!r}")
    _known(desk, connection_id)
    _set(desk, caller, body, update_mask)
    return answer(_shown(_known(desk, connection_id)))


@router.patch("/connections")
def bulk_connections(desk: ADesk, caller: Acting, body: BulkBody[ConnectionBody]) -> Response:
    """Change many connections at once."""
    kind = Kind[ConnectionBody](
        "connection",
        lambda one: one.connection_id,
        lambda one, mask: _set(desk, caller, one, mask),
        lambda name: _delete(desk, caller, name),
    )
    return answer(carry_out(kind, body, [row.conn_id for row in _used(desk)]))


@router.delete("/connections/{connection_id}", status_code=204)
def delete_connection(desk: ADesk, caller: Acting, connection_id: str) -> Response:
    """Remove a connection from the store."""
    _known(desk, connection_id)
    _delete(desk, caller, connection_id)
    return empty()


def _used(desk: Desk) -> list[ConnectionRow]:
    return [row for row in desk.read.connections() if row.used]


def _known(desk: Desk, name: str) -> ConnectionRow:
    found = next((row for row in _used(desk) if row.conn_id == name), None)
    if found is None:
        raise not_found(f"there is no connection {name!r}")
    return found


def _set(desk: Desk, caller: Caller, body: ConnectionBody, mask: list[str] | None) -> None:
    standing = next((row for row in _used(desk) if row.conn_id == body.connection_id), None)
    if standing is not None and standing.source != "store":
        raise ApiError(409, f"connection {body.connection_id!r} is set by the {standing.source}")
    given = body.model_dump(by_alias=True)
    before = {} if standing is None else dict(standing.fields)
    secrets = {} if standing is None else dict(standing.secrets)
    if mask is not None:
        given = {name: value for name, value in given.items() if name in mask}
    else:  # what is not given at all stays as it is: nobody can send back a secret that is covered
        given = {name: value for name, value in given.items() if value is not None or name in _PLAIN}
    entry = {name: value for name, value in before.items() if name in (*_PLAIN, "extra", "uri")}
    entry |= {name: given[name] for name in _PLAIN if name in given}
    if given.get("password") not in (None, "", COVER):
        problem = reference_problem(given["password"])
        if problem:
            raise _plain_secret(body.connection_id, "password")
        secrets["password"] = given["password"]
    if "extra" in given:
        entry["extra"], of_extra = _extra(body.connection_id, given["extra"])
        secrets = {field: ref for field, ref in secrets.items() if not field.startswith("extra.")} | of_extra
    entry = {name: value for name, value in entry.items() if value not in (None, "", {})}
    if secrets:
        entry["secrets"] = secrets
    act = SetConnection(conn_id=body.connection_id, entry=entry, description=given.get("description"))
    try:
        desk.act(act, caller)
    except RefusedError:
        raise _plain_secret(body.connection_id, "a field") from None


def _extra(name: str, text: str | None) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the plain part of ``extra`` and the references in it."""
    try:
        fields = json.loads(text) if text else {}
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise ApiError(422, f"extra of connection {name!r} is not a JSON object")
    secrets = {}
    plain = {}
    for key, value in fields.items():
        if isinstance(value, str) and reference_problem(value) is None:
            secrets[f"extra.{key}"] = value
        elif sensitive(key) and value not in (None, "", COVER):
            raise _plain_secret(name, f"extra.{key}")
        else:
            plain[key] = value
    return plain, secrets


def _plain_secret(name: str, field: str) -> ApiError:
    return ApiError(
        422,
        f"connection {name!r} would be stored with a plain-text secret ({field}): give a reference "
        "instead, such as env:NAME, file:PATH or cmd:COMMAND",
    )


def _delete(desk: Desk, caller: Caller, name: str) -> None:
    desk.act(DeleteConnection(conn_id=name), caller)


def _shown(row: ConnectionRow) -> Connection:
    fields = _parts(row.fields)
    extra = dict(fields.get("extra") or {})
    extra |= {name.removeprefix("extra."): COVER for name in row.secrets if name.startswith("extra.")}
    secret = "password" in row.secrets or bool(fields.get("password"))
    return Connection(
        connection_id=row.conn_id,
        conn_type=str(fields.get("conn_type") or "generic"),
        description=row.description,
        host=fields.get("host"),
        login=fields.get("login"),
        schema=fields.get("schema"),
        port=fields.get("port"),
        password=COVER if secret else None,
        extra=json.dumps(extra) if extra else None,
        team_name=None,
    )


def _parts(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a connection, those of its URL among them."""
    url = fields.get("uri")
    if not isinstance(url, str) or url.lstrip().startswith("{"):
        return fields
    parts = urlsplit(url)
    of_url = {
        "conn_type": parts.scheme,
        "host": parts.hostname,
        "login": None if parts.username is None else unquote(parts.username),
        "password": parts.password,
        "schema": parts.path.lstrip("/") or None,
        "port": parts.port,
    }
    return {**of_url, **{name: value for name, value in fields.items() if name != "uri"}}
