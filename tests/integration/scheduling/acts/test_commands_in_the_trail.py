"""The event trail has the command of each act, so that it can be done again; but no value of a variable."""

from __future__ import annotations

import shlex

from data.builders import dag, task
from drive.loop import Bench
from penstock.cli.spoken import acts_of
from penstock.model import acts


async def test_each_act_is_there_as_a_command_that_means_the_same(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b", "a")))
    run = bench.trigger("d")
    done: list[acts.AnyAct] = [
        acts.Hold(dag_id="d", run_id=run, why="let me look"),
        acts.SetBreakpoint(dag_id="d", run_id=run, tasks=("b",), where="after"),
        acts.ClearBreakpoint(dag_id="d", run_id=run, tasks=("b",), where="after"),
        acts.Release(dag_id="d", run_id=run),
        acts.Freeze(dag_id="d"),
        acts.Mark(dag_id="d", run_id=run, tasks=("b",), state="skipped"),
        acts.Cancel(dag_id="d", run_id=run),
        acts.SetPool(name="p", slots=3),
    ]
    for act in done:
        bench.act(act)
    trail = [event for event in bench.engine.events(limit=200) if event.kind.startswith("act_")][::-1]
    said = [(event.after or "").split(" ", 1)[0] for event in trail]
    assert said == ["penstock"] * (len(done) + 1)
    again = [acts_of(bench.engine, shlex.split(str(event.after))[1:]) for event in trail[1:]]
    assert again == [[act] for act in done]


async def test_a_value_is_not_there(bench: Bench) -> None:
    bench.act(acts.SetVariable(name="x", value="hush"))
    bench.act(acts.DeleteVariable(name="x"))
    trail = [event for event in bench.engine.events(limit=50) if event.kind.startswith("act_variable")]
    assert [event.after for event in trail] == ["penstock variables delete x", None]
    assert not any("hush" in str(event) for event in trail)
