"""Variables and connections of the store: set, delete. Plans and events never have their values."""

from __future__ import annotations

import json
from typing import Any

from penstock.errors import RefusedError, UnknownError, UsageError
from penstock.model.acts import DeleteConnection, DeleteVariable, SetConnection, SetVariable
from penstock.model.views.plans import Done, PlanItem
from penstock.scheduling.acts.planned import make_plan
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import World
from penstock.store.engine.records import ValueRecord
from penstock.values import clear_secrets, connection_problem, sensitive, variable_problem

_LONGEST_NAME = 250
_MOST_BYTES = 256 << 10


def plan_value(world: World, act: SetVariable | SetConnection | DeleteVariable | DeleteConnection) -> Planned:
    """Plan any act on a variable or a connection.

    Raises `UsageError` for a bad name or value, `UnknownError` for one that does not exist, and
    `RefusedError` for a plain-text secret.
    """
    match act:
        case SetVariable():
            return _set_variable(world, act)
        case SetConnection():
            return _set_connection(world, act)
        case _:
            return _delete(world, act)


def _set_variable(world: World, act: SetVariable) -> Planned:
    """Plan to write a variable; refuse both or neither of a value and a reference."""
    if (act.value is None) == (act.secret is None):
        raise UsageError("give a value, or a reference to a secret")
    entry: Any = act.value if act.secret is None else {"secret": act.secret}
    problem = variable_problem(entry)
    if problem:
        raise UsageError(f"variable {act.name}: {problem}")
    cli = ["variables", "set", act.name]
    if act.secret is not None:
        cli += ["--secret", act.secret]
    else:
        cli.append("***" if sensitive(act.name) else str(act.value))
    return _plan_set(world, "variable", act.name, entry, act.description, cli)


def _set_connection(world: World, act: SetConnection) -> Planned:
    """Plan to write a connection; refuse plain-text secrets unless the act allows them."""
    problem = connection_problem(act.entry)
    if problem:
        raise UsageError(f"connection {act.conn_id}: {problem}")
    if clear_secrets(act.entry) and not act.clear_secrets:
        raise RefusedError(
            f"connection {act.conn_id} would be stored with a plain-text secret; give a reference "
            "instead, such as --secret password=env:NAME"
        )
    return _plan_set(
        world, "connection", act.conn_id, act.entry, act.description, ["connections", "set", act.conn_id]
    )


def _delete(world: World, act: DeleteVariable | DeleteConnection) -> Planned:
    """Plan to remove a variable or a connection from the store."""
    kind = "variable" if isinstance(act, DeleteVariable) else "connection"
    name = act.name if isinstance(act, DeleteVariable) else act.conn_id
    standing = world.values.get(kind, name)
    if standing is None:
        raise UnknownError(f"the store has no {kind} {name!r}; those of penstock.toml are changed there")
    plan = make_plan(
        f"{kind}_delete",
        f"Delete {kind} {name}",
        [_item(name, "set", "missing")],
        seen=[standing.updated_us],
        cli=[f"{kind}s", "delete", name],
    )

    def commit(tick: Tick) -> Done:
        tick.world.values.put(kind, name, None)
        tick.gate.drop(standing)
        tick.gate.note(f"{kind}_delete", before="set", after="missing", reason=name)
        return Done(act=f"{kind}_delete", message=f"{kind} {name} is deleted", touched=1)

    return Planned(plan, commit)


def _plan_set(
    world: World, kind: str, name: str, entry: Any, description: str | None, cli: list[str]
) -> Planned:
    _check_name(kind, name)
    text = json.dumps(entry)
    if len(text) > _MOST_BYTES:
        raise UsageError(f"{kind} {name}: larger than {_MOST_BYTES} bytes")
    standing = world.values.get(kind, name)
    before = "missing" if standing is None else "set"
    after = "set" if standing is None or standing.entry != text else "the same"
    plan = make_plan(
        f"{kind}_set",
        f"{'Set' if standing is None else 'Change'} {kind} {name}",
        [_item(name, before, after)],
        seen=[None if standing is None else standing.updated_us],
        cli=cli,
    )

    def commit(tick: Tick) -> Done:
        kept = standing.description if standing is not None and description is None else description
        record = ValueRecord(kind, name, text, kept, tick.now_us, tick.gate.actor)
        tick.world.values.put(kind, name, record)
        tick.gate.put(record)
        tick.gate.note(f"{kind}_set", before=before, after=after, reason=name)
        return Done(act=f"{kind}_set", message=f"{kind} {name} is set", touched=1)

    return Planned(plan, commit)


def _check_name(kind: str, name: str) -> None:
    if not name or len(name) > _LONGEST_NAME or not name.isprintable() or name != name.strip():
        raise UsageError(f"{kind} {name!r}: a name is 1 to {_LONGEST_NAME} printable characters")


def _item(name: str, before: str, after: str) -> PlanItem:
    return PlanItem(dag_id="", run_id=None, task_id=None, before=before, after=after, note=name)
