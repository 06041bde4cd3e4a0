"""A spec that is in use is one object, and equal parts of it are too."""

from __future__ import annotations

import gc
from typing import Any

import msgspec
import pytest

from penstock.model import one_spec
from penstock.model.one_spec import kept, share, stored_spec
from penstock.model.spec import CommandSpec, DagSpec, TaskSpec, decode_spec, encode_spec
from penstock.model.structure import Structure


def spec(**more: Any) -> DagSpec:
    """Return a DAG of four tasks: three alike after one."""
    command = CommandSpec(argv=("bash", "-c", "true"), env={"A": "1"})
    first = TaskSpec(task_id="first", operator="B", launch="command", command=command)
    others = [
        TaskSpec(
            task_id=f"t{number}",
            operator="BashOperator",
            launch="command",
            owner="ann" * 40,
            doc="what it does",
            upstream=("first",),
            secrets={"TOKEN": "env:X"} if number == 2 else {},
            command=CommandSpec(argv=("bash", "-c", "make all")),
        )
        for number in range(3)
    ]
    return DagSpec(dag_id="d", file="/d.py", tasks=(first, *others), **more)


def decoded(data: bytes) -> DagSpec:
    """Return a spec as it comes out of the store: no two words of it are the same object."""
    return decode_spec(data)


def test_sharing_changes_nothing_that_is_written() -> None:
    data = encode_spec(spec())
    shared = share(decoded(data))
    assert shared == spec()
    assert encode_spec(shared) == data


@pytest.mark.parametrize("name", ["operator", "owner", "doc", "command", "secrets", "resources"])
def test_equal_parts_are_the_same_object(name: str) -> None:
    _, one, other, _ = share(decoded(encode_spec(spec()))).tasks
    assert getattr(one, name) is getattr(other, name)


def test_a_parent_is_named_by_its_own_id() -> None:
    first, one, _, last = share(decoded(encode_spec(spec()))).tasks
    assert one.upstream[0] is first.task_id
    assert last.secrets == {"TOKEN": "env:X"}
    assert first.command is not None
    assert first.command.env == {"A": "1"}


def test_a_stored_spec_is_one_object_while_somebody_holds_it() -> None:
    data = encode_spec(spec(description="one object"))
    held = stored_spec(data)
    assert stored_spec(data.decode()) is held
    assert kept(data, decoded(data)) is held
    assert stored_spec(encode_spec(spec(description="another"))) is not held
    before = len(one_spec._in_use)
    del held
    gc.collect()
    assert len(one_spec._in_use) < before


def test_structures_of_one_spec_share_what_follows_from_it() -> None:
    held = stored_spec(encode_spec(spec(description="shared")))
    checked = Structure(1, held, "x").checked()
    reader = Structure(2, held, "y")
    assert reader.graph is checked.graph
    assert reader.weights is checked.weights
    assert (reader.id, reader.source_hash) == (2, "y")


def test_what_is_no_spec_is_refused_and_not_kept() -> None:
    with pytest.raises(msgspec.ValidationError):
        stored_spec(b'{"dag_id": 1}')
