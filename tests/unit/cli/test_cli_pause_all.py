"""`penstock pause --all` and `resume --all`: every DAG that is not paused, and exactly those again."""

from __future__ import annotations

from drive.commands import Say
from fakes.engine import FakeEngine
from penstock.model import acts


def paused(engine: FakeEngine) -> set[str]:
    return {name for name, detail in engine.world.dags.items() if detail.dag.paused}


def test_all_are_paused_and_resumed_as_they_were(say: Say, engine: FakeEngine) -> None:
    before = paused(engine)
    assert say("pause", "--all", "--why", "move").code == 0
    assert engine.acts == [acts.PauseAll(why="move")]
    assert paused(engine) == set(engine.world.dags)
    preview = say("resume", "--all", "--dry-run")
    assert "hello" in preview.out
    assert paused(engine) == set(engine.world.dags)
    assert say("resume", "--all", "--json").document["act"] == "resume_all"
    assert paused(engine) == before


def test_who_is_meant_must_be_said(say: Say) -> None:
    assert say("pause").code == 2
    assert say("pause", "--all", "hello").code == 2
    assert "penstock unpause DAG" in say("resume").err
