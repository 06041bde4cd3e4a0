"""Names of several hosts: an instance's answers get its host before each name, its questions lose it.

Numbers that name something (a backfill, an act to undo) get a million for each host before theirs. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from penstock.model.acts import AnyAct, Undo
from penstock.model.places import SLASH, on, place_of
from penstock.model.views.assets import AssetEventRow, AssetRow, Branch
from penstock.model.views.events import Change
from penstock.model.views.failures import FailureGroup
from penstock.model.views.plans import Plan
from penstock.model.views.pools import PoolRow
from penstock.model.views.quarantine import QuarantineRow
from penstock.model.views.runbooks import RunbookRow
from penstock.model.views.runs import RunsPage
from penstock.model.views.status import ImportErrorRow
from penstock.model.views.system import WorkerRow
from penstock.model.views.values import ConnectionRow, VariableRow

STEP = 1_000_000
"""How far the numbers of two hosts are apart."""

Renamed = Callable[[Any], Any]

_NAMES = frozenset({"dag_id", "source_dag_id", "attempt_id"})
"""Fields that name something of an instance, in whichever view."""
_NUMBERS = frozenset({"backfill_id", "undo_id"})
_LISTS = frozenset({"dag_ids", "dags"})
_OF_ONE: dict[type[msgspec.Struct], frozenset[str]] = {
    AssetEventRow: frozenset({"name"}),
    AssetRow: frozenset({"name"}),
    Branch: frozenset({"name"}),
    ConnectionRow: frozenset({"conn_id"}),
    FailureGroup: frozenset({"fingerprint"}),
    ImportErrorRow: frozenset({"file"}),
    PoolRow: frozenset({"name"}),
    QuarantineRow: frozenset({"id"}),
    RunbookRow: frozenset({"name"}),
    VariableRow: frozenset({"name"}),
    WorkerRow: frozenset({"name"}),
}
"""Fields that do so in one view only."""
_PAIRS: dict[type[msgspec.Struct], str] = {AssetEventRow: "runs", Change: "runs"}
"""Fields with (dag_id, run_id)."""
_ACTS_ON = frozenset({"dag_id", "fingerprint", "subject", "conn_id"})
_BY_NAME = ("Pool", "Variable", "EmitAsset", "Worker")
"""How the names of acts begin or end whose ``name`` names something."""


class Namer:
    """Puts the name of one host before names, and takes it away; *index* is its place among the hosts."""

    def __init__(self, place: str, index: int) -> None:
        self.place = place
        self._offset = index * STEP

    def on(self, value: Any) -> Any:
        """Return a view, or a list or dict of views, with the host before each name."""
        if isinstance(value, msgspec.Struct):
            return self._view(value)
        if isinstance(value, list):
            return [self.on(each) for each in value]
        if isinstance(value, tuple):
            return tuple(self.on(each) for each in value)
        if isinstance(value, dict):
            return {key: self.on(each) for key, each in value.items()}
        return value

    def name(self, name: str) -> str:
        """Return *name* with the host before it."""
        return on(self.place, name)

    def off(self, value: Any, field: str = "") -> Any:
        """Return the argument *field* as the host knows it."""
        if isinstance(value, str):
            return value.removeprefix(self.place + SLASH)
        if isinstance(value, int) and not isinstance(value, bool) and field in _NUMBERS:
            return value % STEP
        return value

    def act_off(self, act: AnyAct) -> AnyAct:
        """Return *act* with names as the host knows them."""
        changed = {
            field: self.off(value, field)
            for field in type(act).__struct_fields__
            if (value := getattr(act, field)) is not None and (field in _addressed(act) or field in _NUMBERS)
        }
        return msgspec.structs.replace(act, **changed)

    def _view(self, view: msgspec.Struct) -> msgspec.Struct:
        kind = type(view)
        own = _OF_ONE.get(kind, frozenset())
        changed: dict[str, Any] = {}
        for field in kind.__struct_fields__:
            value = getattr(view, field)
            if not value and value != 0:
                continue
            renamed = self._field(kind, field, value, own=field in own)
            if renamed is not value:
                changed[field] = renamed
        if isinstance(view, Plan) and view.cli and "--host" not in view.cli:
            changed["cli"] = view.cli.replace("penstock ", f"penstock --host {self.place} ", 1)
        if isinstance(view, RunsPage):
            changed["zones"] = {self.name(dag_id): zone for dag_id, zone in view.zones.items()}
        return msgspec.structs.replace(view, **changed) if changed else view

    def _field(self, kind: type[msgspec.Struct], field: str, value: Any, *, own: bool) -> Any:
        if isinstance(value, str):
            return self.name(value) if field in _NAMES or own else value
        if isinstance(value, bool):
            return value
        if isinstance(value, int):
            return value + self._offset if field in _NUMBERS and self._offset else value
        if isinstance(value, tuple):
            if _PAIRS.get(kind) == field:
                return tuple((self.name(dag_id), run_id) for dag_id, run_id in value)
            if field in _LISTS and isinstance(value[0], str):
                return tuple(map(self.name, value))
        return self.on(value) if isinstance(value, msgspec.Struct | tuple | list | dict) else value


def place_of_act(act: AnyAct) -> str | int | None:
    """Return the host that *act* names, or its place among the hosts; None if it names none."""
    for field in type(act).__struct_fields__:
        value = getattr(act, field)
        if isinstance(value, str) and field in _addressed(act) and SLASH in value:
            return place_of(value)
    for field in type(act).__struct_fields__:
        value = getattr(act, field)
        if isinstance(value, int) and field in _NUMBERS:
            return value // STEP
    return None


def _addressed(act: AnyAct) -> frozenset[str]:
    name = type(act).__name__
    if isinstance(act, Undo):
        return frozenset({"dag_id"})
    return _ACTS_ON | {"name"} if name.endswith(_BY_NAME) or name.startswith(_BY_NAME) else _ACTS_ON
