"""Variables."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from penstock.http.answer import answer, empty, said
from penstock.http.bulk import BulkBody, Kind, carry_out
from penstock.http.desk import ADesk, Desk
from penstock.http.errors import ApiError, not_found
from penstock.http.login import Acting, Caller
from penstock.http.paging import OrderedPage, matches
from penstock.model.acts import DeleteVariable, SetVariable
from penstock.model.views.values import VariableRow
from penstock.values import COVER, reference_problem, sensitive

router = APIRouter(tags=["Variable"])


class VariableBody(BaseModel):
    """A variable as it is written. A reference to a secret is written as its value."""

    model_config = ConfigDict(extra="forbid")
    key: str = Field(max_length=250)
    value: Any = None
    description: str | None = None
    team_name: str | None = None


class VariablePage(OrderedPage):
    """What a list of variables may ask for."""

    variable_key_pattern: str | None = None
    variable_key_prefix_pattern: str | None = None


class Variable(msgspec.Struct, kw_only=True):
    """A variable. What looks like a secret is ``***``."""

    key: str
    value: str
    description: str | None
    is_encrypted: bool
    team_name: str | None


class Variables(msgspec.Struct, kw_only=True):
    """A page of variables."""

    variables: list[Variable]
    total_entries: int


@router.get("/variables", responses=said(Variables))
def get_variables(desk: ADesk, asked: Annotated[VariablePage, Query()]) -> Response:
    """List variables of all sources: the environment, penstock.toml and the store."""
    prefix = asked.variable_key_prefix_pattern
    rows = [
        row
        for row in _used(desk)
        if matches(asked.variable_key_pattern, row.name) and (prefix is None or row.name.startswith(prefix))
    ]
    keys = {
        "id": lambda row: row.name,
        "key": lambda row: row.name,
        "_val": lambda row: row.value,
        "description": lambda row: row.description,
        "is_encrypted": lambda row: row.secret is not None,
    }
    page = asked.cut(rows, keys, "key")
    return answer(Variables(variables=[_shown(row) for row in page], total_entries=len(rows)))


@router.get("/variables/{variable_key:path}", responses=said(Variable))
def get_variable(desk: ADesk, variable_key: str) -> Response:
    """Return one variable."""
    return answer(_shown(_known(desk, variable_key)))


@router.post("/variables", status_code=201, responses=said(Variable, 201))
def post_variable(desk: ADesk, caller: Acting, body: VariableBody) -> Response:
    """Make a variable."""
    if any(row.name == body.key for row in _used(desk)):
        raise ApiError(409, f"variable {body.key!r} exists already")
    _set(desk, caller, body, None)
    return answer(_shown(_known(desk, body.key)), 201)


@router.patch("/variables/{variable_key:path}", responses=said(Variable))
def patch_variable(
    desk: ADesk,
    caller: Acting,
    variable_key: str,
    body: VariableBody,
    update_mask: Annotated[list[str] | None, Query()] = None,
) -> Response:
    """Change a variable of the store."""
    if body.key != variable_key:
        raise ApiError(400, f"the body is about variable {body.key!r}, the path about {variable_key!r}")
    _known(desk, variable_key)
    _set(desk, caller, body, update_mask)
    return answer(_shown(_known(desk, variable_key)))


@router.patch("/variables")
def bulk_variables(desk: ADesk, caller: Acting, body: BulkBody[VariableBody]) -> Response:
    """Change many variables at once."""
    kind = Kind[VariableBody](
        "variable",
        lambda one: one.key,
        lambda one, mask: _set(desk, caller, one, mask),
        lambda name: _delete(desk, caller, name),
    )
    return answer(carry_out(kind, body, [row.name for row in _used(desk)]))


@router.delete("/variables/{variable_key:path}", status_code=204)
def delete_variable(desk: ADesk, caller: Acting, variable_key: str) -> Response:
    """Remove a variable from the store."""
    _known(desk, variable_key)
    _delete(desk, caller, variable_key)
    return empty()


def _used(desk: Desk) -> list[VariableRow]:
    return [row for row in desk.read.variables() if row.used]


def _known(desk: Desk, name: str) -> VariableRow:
    found = next((row for row in _used(desk) if row.name == name), None)
    if found is None:
        raise not_found(f"there is no variable {name!r}")
    return found


def _set(desk: Desk, caller: Caller, body: VariableBody, mask: list[str] | None) -> None:
    standing = next((row for row in _used(desk) if row.name == body.key), None)
    if standing is not None and standing.source != "store":
        raise ApiError(409, f"variable {body.key!r} is set by the {standing.source}: change it there")
    value = body.value
    if mask is not None and "value" not in mask:
        value = None if standing is None else standing.value
    if value == COVER:
        raise ApiError(422, f"the value of {body.key!r} would be the cover of a secret, {COVER}")
    description = body.description if mask is None or "description" in mask else None
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if reference_problem(text) is None:
        act = SetVariable(name=body.key, secret=text, description=description)
    elif sensitive(body.key):
        raise ApiError(
            422,
            f"variable {body.key!r} looks like a secret, which is never stored: give a reference as its "
            "value, such as env:NAME, file:PATH or cmd:COMMAND",
        )
    else:
        act = SetVariable(name=body.key, value=text, description=description)
    desk.act(act, caller)


def _delete(desk: Desk, caller: Caller, name: str) -> None:
    desk.act(DeleteVariable(name=name), caller)


def _shown(row: VariableRow) -> Variable:
    return Variable(
        key=row.name,
        value=COVER if row.value is None else row.value,
        description=row.description,
        is_encrypted=row.secret is not None,
        team_name=None,
    )
