"""Many creations, updates and deletions of one kind in one request, as imports send them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from penstock.errors import PenstockError
from penstock.http.errors import ApiError, status_of

Body = TypeVar("Body", bound=BaseModel)


class BulkAction(BaseModel, Generic[Body]):
    """One kind of change for several things; a deletion may name them only."""

    model_config = ConfigDict(extra="forbid")
    action: Literal["create", "update", "delete"]
    entities: Sequence[Body | str]
    action_on_existence: Literal["fail", "skip", "overwrite"] = "fail"
    action_on_non_existence: Literal["fail", "skip"] = "fail"
    update_mask: list[str] | None = None


class BulkBody(BaseModel, Generic[Body]):
    """Changes in their order."""

    model_config = ConfigDict(extra="forbid")
    actions: list[BulkAction[Body]]


class Kind(Generic[Body]):
    """What can be changed in bulk: how a thing is called, set and deleted."""

    def __init__(
        self,
        noun: str,
        name: Callable[[Body], str],
        set_one: Callable[[Body, list[str] | None], None],
        delete: Callable[[str], None],
    ) -> None:
        self.noun = noun
        self.name = name
        self.set = set_one
        self.delete = delete


def carry_out(kind: Kind[Body], body: BulkBody[Body], existing: Collection[str]) -> dict[str, Any]:
    """Carry out every action, and return what was done and what was not, by kind of action."""
    known = set(existing)
    results: dict[str, Any] = {"create": None, "update": None, "delete": None}
    for action in body.actions:
        result = results[action.action] or {"success": [], "errors": []}
        results[action.action] = result
        for entity in action.entities:
            name = entity if isinstance(entity, str) else kind.name(entity)
            try:
                if _do(kind, action, entity, name, known):
                    result["success"].append(name)
            except ApiError as error:
                result["errors"].append({"error": error.detail, "status_code": error.status})
            except PenstockError as error:
                result["errors"].append({"error": error.message, "status_code": status_of(error)})
    return results


def _do(kind: Kind[Body], action: BulkAction[Body], entity: Body | str, name: str, known: set[str]) -> bool:
    """Carry out one change; return whether anything was done."""
    there = name in known
    if action.action == "create" and there and action.action_on_existence != "overwrite":
        if action.action_on_existence == "skip":
            return False
        raise ApiError(409, f"{kind.noun} {name!r} exists already")
    if action.action != "create" and not there:
        if action.action_on_non_existence == "skip":
            return False
        raise ApiError(404, f"there is no {kind.noun} {name!r}")
    if action.action == "delete":
        kind.delete(name)
        known.discard(name)
        return True
    if isinstance(entity, str):
        raise ApiError(422, f"{kind.noun} {name!r}: its fields are missing")
    kind.set(entity, action.update_mask)
    known.add(name)
    return True
