"""Which setups a task stands on, whose end decides a run, what runs again together."""

from __future__ import annotations

import pytest

from data.builders import task
from penstock.model.graph import Graph
from penstock.model.setups import Setups
from penstock.model.spec import TaskSpec


def setups(*tasks: TaskSpec) -> Setups:
    return Setups(tasks, Graph.of(tasks))


def make(task_id: str, *upstream: str) -> TaskSpec:
    return task(task_id, *upstream, is_setup=True)


def undo(task_id: str, *upstream: str, fail: bool = False) -> TaskSpec:
    return task(task_id, *upstream, is_teardown=True, on_failure_fail_dagrun=fail)


def test_without_any_the_last_tasks_decide() -> None:
    found = setups(task("a"), task("b", "a"), task("c", "a"))
    assert (found.needed, found.needing, found.leaves) == ({}, {}, ("b", "c"))
    assert found.belonging(["a", "b"]) == set()


def test_what_stands_between_needs_the_setup_and_what_comes_after_does_not() -> None:
    found = setups(make("s"), task("w", "s"), task("w2", "w"), undo("t", "s", "w2"), task("after", "t"))
    assert found.needing == {"s": ("w", "w2", "t")}
    assert found.needed == {"w": ("s",), "w2": ("s",), "t": ("s",)}


def test_a_setup_without_a_teardown_is_needed_by_everything_after_it() -> None:
    found = setups(make("s"), task("w", "s"), undo("other", "w"), task("after", "other"))
    assert found.needing == {"s": ("w", "after")}


def test_a_branch_beside_the_teardown_does_not_need_the_setup() -> None:
    found = setups(make("s"), task("w", "s"), undo("t", "s", "w"), task("beside", "s"))
    assert found.needing == {"s": ("w", "t")}


def test_setups_inside_one_another() -> None:
    found = setups(
        make("outer"),
        make("inner", "outer"),
        task("w", "inner"),
        undo("in_end", "inner", "w"),
        undo("out_end", "outer", "in_end"),
    )
    assert found.needed["w"] == ("outer", "inner")
    assert found.needed["inner"] == ("outer",)
    assert found.needed["in_end"] == ("inner",)
    assert found.belonging(["w"]) == {"outer", "inner", "in_end", "out_end"}


@pytest.mark.parametrize(
    ("tasks", "leaves"),
    [
        ([make("s"), task("w", "s"), undo("t", "s", "w")], ("w",)),
        ([make("s"), task("w", "s"), undo("t", "s", "w", fail=True)], ("t",)),
        ([make("s"), task("w", "s"), undo("t", "s", "w"), task("after", "t")], ("w", "after")),
        ([make("s"), undo("t", "s")], ("s",)),
        ([undo("t1"), undo("t2", "t1")], ("t2",)),
        ([task("a"), undo("t", "a"), undo("t2", "a", fail=True)], ("t2",)),
    ],
)
def test_whose_end_decides(tasks: list[TaskSpec], leaves: tuple[str, ...]) -> None:
    assert setups(*tasks).leaves == leaves


def test_what_runs_again_together() -> None:
    found = setups(make("s"), task("w", "s"), task("w2", "s"), undo("t", "s", "w", "w2"), task("far", "t"))
    assert found.belonging(["w"]) == {"s", "t"}
    assert found.belonging(["s"]) == {"t"}
    assert found.belonging(["t"]) == set()
    assert found.belonging(["far"]) == set()
    assert found.belonging(["s", "w", "t"]) == set()
