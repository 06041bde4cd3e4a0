"""`penstock breakpoint`: what it asks of the engine, and what its list says."""

from __future__ import annotations

import pytest

from drive.commands import Say
from fakes.engine import FakeEngine
from penstock.model import acts

DAG = "orders_daily"
RUN = "scheduled__2026-08-21T06:00:00+00:00"
ASKED: list[tuple[tuple[str, ...], acts.AnyAct]] = [
    (("set", DAG, "load"), acts.SetBreakpoint(dag_id=DAG, tasks=("load",))),
    (("set", DAG, "latest", "join"), acts.SetBreakpoint(dag_id=DAG, run_id=RUN, tasks=("join",))),
    (
        ("set", DAG, "2026-08-21", "join", "fx", "--after", "--why", "look"),
        acts.SetBreakpoint(dag_id=DAG, run_id=RUN, tasks=("join", "fx"), where="after", why="look"),
    ),
    (("set", DAG, "next", "join", "fx"), acts.SetBreakpoint(dag_id=DAG, tasks=("join", "fx"))),
    (
        ("clear", DAG, RUN, "join", "--before"),
        acts.ClearBreakpoint(dag_id=DAG, run_id=RUN, tasks=("join",), where="before"),
    ),
    (("clear", DAG, "join"), acts.ClearBreakpoint(dag_id=DAG, tasks=("join",))),
    (("clear", DAG, "latest", "--all"), acts.ClearBreakpoint(dag_id=DAG, run_id=RUN)),
    (("clear", DAG, "--all"), acts.ClearBreakpoint(dag_id=DAG)),
]


@pytest.mark.parametrize(("words", "act"), ASKED, ids=[" ".join(words) for words, _ in ASKED])
def test_what_is_asked(say: Say, engine: FakeEngine, words: tuple[str, ...], act: acts.AnyAct) -> None:
    answer = say("breakpoint", *words)
    assert (answer.code, answer.err) == (0, "")
    assert engine.acts == [act]


def test_it_is_listed_and_cleared_without_naming_its_only_run(say: Say, engine: FakeEngine) -> None:
    assert say("breakpoint", "set", DAG, "latest", "join", "--after", "--why", "look").code == 0
    assert say("breakpoint", "set", DAG, "fx").code == 0
    shown = say("breakpoint", "list").out
    assert RUN in shown
    assert "next" in shown
    rows = say("breakpoint", "list", DAG, "latest", "--json").document["breakpoints"]
    assert [(row["run_id"], row["task_id"], row["where"], row["why"], row["reached"]) for row in rows] == [
        (RUN, "join", "after", "look", None)
    ]
    assert say("breakpoint", "clear", DAG, "join").code == 0
    assert engine.acts[-1] == acts.ClearBreakpoint(dag_id=DAG, run_id=RUN, tasks=("join",))


@pytest.mark.parametrize("words", [("set", DAG), ("clear", DAG), ("clear", DAG, RUN, "join", "--all")])
def test_what_is_meant_must_be_said(say: Say, engine: FakeEngine, words: tuple[str, ...]) -> None:
    assert say("breakpoint", *words).code == 2
    assert engine.acts == []


def test_a_preview_changes_nothing(say: Say, engine: FakeEngine) -> None:
    assert "Stop before join" in say("breakpoint", "set", DAG, "join", "--dry-run").out
    assert engine.acts == []
