"""Setup and teardown in DAG files: marks, blocks, groups, refusals."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.errors import DagFileError
from penstock.model.spec import DagSpec


def edges(spec: DagSpec) -> set[str]:
    return {f"{up}>{task.task_id}" for task in spec.tasks for up in task.upstream}


PRELUDE = """
s, w, w2, t = (EmptyOperator(task_id=name) for name in ("s", "w", "w2", "t"))
"""
MADE = """
@setup
def make(): pass
@teardown
def undo(): pass
@task
def work(): pass
"""


T_OF_S = "with t.as_teardown(setups=s)"
CASES = {
    "s.as_setup() >> w >> t.as_teardown()": "s>w w>t",
    "s >> w >> t.as_teardown(setups=s)": "s>w w>t s>t",
    "w >> t.as_teardown(setups=[s, w2])": "w>t s>t w2>t",
    "with s.as_setup(): EmptyOperator(task_id='x')": "s>x",
    "with t.as_teardown(): EmptyOperator(task_id='x')": "x>t",
    "with s.as_setup() >> t.as_teardown(): EmptyOperator(task_id='x')": "s>t s>x x>t",
    "with [s.as_setup(), w.as_setup()] >> t.as_teardown(): EmptyOperator(task_id='x')": (
        "s>t w>t s>x w>x x>t"
    ),
    f"{T_OF_S}: pass": "s>t",
    f"{T_OF_S}: w >> w2": "s>t w>w2",
    f"{T_OF_S} as block: block.add_task(w); block.add_task(w2); w >> w2": "s>t s>w w>w2 w2>t",
    f"{T_OF_S}: x = EmptyOperator(task_id='x'); w >> x": "s>t w>x s>x x>t",
    f"{T_OF_S}: EmptyOperator(task_id='x') >> [EmptyOperator(task_id='y'), EmptyOperator(task_id='z')]": (
        "s>t s>x x>y x>z y>t z>t"
    ),
    f"{T_OF_S}:\n with TaskGroup('g'): EmptyOperator(task_id='x') >> EmptyOperator(task_id='y')": (
        "s>t s>g.x g.x>g.y g.y>t"
    ),
    f"""{T_OF_S}:
        EmptyOperator(task_id='x')
        with w2.as_teardown(setups=w): EmptyOperator(task_id='y')
        EmptyOperator(task_id='z')
    """: "s>t s>x x>t w>w2 w>y y>w2 s>w w2>t s>z z>t",
    f"""u, v = EmptyOperator(task_id='u'), EmptyOperator(task_id='v')
    {T_OF_S}:
        EmptyOperator(task_id='x')
        with w2.as_teardown(setups=w):
            EmptyOperator(task_id='y')
            with v.as_teardown(setups=u): EmptyOperator(task_id='z')
    """.replace("\n    ", "\n"): "s>t s>x x>t s>w w2>t w>w2 w>y y>w2 w>u v>w2 u>v u>z z>v",
}


@pytest.mark.parametrize("code", CASES)
def test_edges(code: str, load: Any) -> None:
    assert edges(load.one(PRELUDE + code)) == set(CASES[code].split())


def test_a_task_with_a_parent_elsewhere_counts_as_first_when_there_is_no_other(load: Any) -> None:
    spec = load.one(
        PRELUDE
        + "with t.as_teardown(setups=s):\n"
        + "  x, y = EmptyOperator(task_id='x'), EmptyOperator(task_id='y'); w >> x"
    )
    assert edges(spec) == {"s>t", "w>x", "s>y", "x>t", "y>t"}


def test_decorated_functions(load: Any) -> None:
    spec = load.one(MADE + "with make() >> undo():\n  work()")
    assert edges(spec) == {"make>undo", "make>work", "work>undo"}
    marks = {task.task_id: (task.is_setup, task.is_teardown, task.trigger_rule) for task in spec.tasks}
    assert marks == {
        "make": (True, False, "all_success"),
        "undo": (False, True, "all_done_setup_success"),
        "work": (False, False, "all_success"),
    }


def test_decorators_over_other_decorators_and_values_handed_on(load: Any) -> None:
    spec = load.one(
        """
@setup
@task(retries=3)
def make(): return "id"
@teardown(on_failure_fail_dagrun=True)
@task.bash
def undo(name): return "true"
@task
def work(name): pass
made = make()
with undo(made) as block:
    work(made)
quiet = undo.override(task_id="quiet", on_failure_fail_dagrun=False)(made)
"""
    )
    assert edges(spec) == {"make>undo", "make>work", "work>undo", "make>quiet"}
    tasks = {task.task_id: task for task in spec.tasks}
    assert (tasks["make"].retries, tasks["make"].is_setup) == (3, True)
    assert (tasks["undo"].is_teardown, tasks["undo"].on_failure_fail_dagrun) == (True, True)
    assert (tasks["quiet"].is_teardown, tasks["quiet"].on_failure_fail_dagrun) == (True, False)


def test_marking_an_output_marks_its_task(load: Any) -> None:
    spec = load.one("@task\ndef f(): pass\na = f().as_setup()\nb = f()\nb.as_teardown(setups=a)\nwith b: f()")
    assert edges(spec) == {"f>f__1", "f>f__2", "f__2>f__1"}


@pytest.mark.parametrize(
    ("inside", "wanted"),
    [
        ("s.as_setup() >> w >> t.as_teardown(setups=s)", {"g.w>end", "g.w2>end"}),
        ("s.as_setup() >> w >> t.as_teardown(setups=s) >> w2", {"g.w2>end"}),
        ("[w, w2] >> t.as_teardown()", {"g.w>end", "g.w2>end", "g.s>end"}),
        ("w >> w2; w >> t.as_teardown()", {"g.w2>end", "g.s>end"}),
        ("s >> w >> t.as_teardown() >> w2.as_teardown()", {"g.w>end"}),
    ],
)
def test_an_edge_from_a_group_leaves_its_teardowns_out(inside: str, wanted: set[str], load: Any) -> None:
    body = "\n".join(
        ["with TaskGroup('g') as g:", *(f"  {line}" for line in (PRELUDE + inside).splitlines())]
    )
    spec = load.one(body + "\ng >> EmptyOperator(task_id='end')")
    assert {edge for edge in edges(spec) if edge.endswith(">end")} == wanted


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("s.as_setup().as_teardown()", "is a setup, so it cannot be a teardown"),
        ("t.as_teardown(); t.as_setup()", "is a teardown, so it cannot be a setup"),
        ("t.as_teardown(setups=w.as_teardown())", "is a teardown, so it cannot be a setup"),
        ("with w: pass", "neither"),
        ("t.as_teardown(on_failure_fail_dagrun='yes')", "must be True or False"),
        ("t.as_teardown(setups='s')", "must be a task"),
        ("@setup\n@task_group\ndef g(): pass", "mark the tasks inside"),
        ("@teardown\n@task(trigger_rule='always')\ndef g(): pass\ng()", "its own trigger rule"),
    ],
)
def test_refusals(code: str, message: str, load: Any) -> None:
    with pytest.raises(DagFileError, match=message) as caught:
        load.one(PRELUDE + code)
    assert caught.value.line is not None


def test_fail_fast_allows_plain_rules_only(load: Any) -> None:
    with pytest.raises(DagFileError, match=r"fail_fast.*'x'.*'all_done'") as caught:
        load.one(PRELUDE + "EmptyOperator(task_id='x', trigger_rule='all_done')", "fail_fast=True")
    assert caught.value.line == 3


def test_fail_fast_allows_teardowns(load: Any) -> None:
    assert load.one(PRELUDE + "s >> w >> t.as_teardown(setups=s)", "fail_fast=True").fail_fast


def test_an_error_inside_a_block_wires_nothing(load: Any) -> None:
    spec = load.one(
        PRELUDE
        + """
try:
    with t.as_teardown(setups=s):
        x = EmptyOperator(task_id="x")
        raise ValueError
except ValueError:
    EmptyOperator(task_id="y")
"""
    )
    assert edges(spec) == {"s>t"}
