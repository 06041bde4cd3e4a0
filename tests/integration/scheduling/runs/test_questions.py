"""Tasks that ask people: they wait without a slot or a trigger, and go on with an answer or without one."""

from __future__ import annotations

from typing import Any

import pytest

from data.builders import dag, task
from drive.loop import Bench
from penstock.errors import EndedError, RefusedError, UsageError
from penstock.model.acts import Answer, Cancel, Clear, Freeze, Mark, Undo, Unfreeze
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import RunState
from penstock.model.states import TaskState as S
from penstock.model.views.plans import Done
from penstock.model.views.questions import QuestionRow

APPROVE = {"subject": "Go?", "options": ["Approve", "Reject"]}
DEFAULT = {**APPROVE, "defaults": ["Reject"], "params": {"n": {"default": 3}}}
FOR_ADA = {**APPROVE, "assigned": [{"id": "1", "name": "ada"}]}


def asking(bench: Bench, question: dict[str, Any] = APPROVE, *, limit: float | None = None) -> str:
    """Let task ``ask`` of a run ask; return the run."""
    bench.load(dag("d", task("ask", launch="python", retries=1), task("after", "ask")))
    run = bench.trigger("d")
    bench.tick()
    by = None if limit is None else bench.clock.time.timestamp() + limit
    bench.end("ask", Outcome(
        kind=OutcomeKind.DEFERRED, exit_code=0, trigger="an answer: Go?", question=question, resume_by=by,
    ))  # fmt: skip
    assert bench.states("d", run)["ask"] is S.DEFERRED
    return run


def answer(run: str, *chosen: str, **more: Any) -> Answer:
    """Return the act that answers."""
    return Answer(dag_id="d", run_id=run, task_id="ask", chosen=chosen, **more)


def by(bench: Bench, act: Answer, actor: str = "ada") -> Done:
    """Carry out an answer of somebody."""
    return bench.loop.commit(act, expect=None, actor=actor, act_id=None)


def later(bench: Bench, seconds: float) -> None:
    """Let time pass."""
    bench.clock.forward(seconds)
    bench.tick()
    bench.tick()


def only(bench: Bench, **query: Any) -> QuestionRow:
    """Return the only question."""
    [row] = bench.engine.questions(**query)
    return row


def order_of(bench: Bench, run: str) -> dict[str, Any]:
    """Return what the attempt of ``ask`` that runs was told."""
    return bench.executor.specs[bench.live()[f"{run}/ask"]].context


async def test_it_waits_without_a_slot_and_without_a_trigger(bench: Bench) -> None:
    run = asking(bench)
    assert bench.loop.world.triggers.triggerer is None
    assert bench.live() == {}
    row = only(bench)
    assert (row.run_id, row.task_id, row.question.options, row.open) == (
        run,
        "ask",
        ("Approve", "Reject"),
        True,
    )
    assert bench.engine.status().questions == 1
    assert [each.asks for each in bench.engine.dags()] == [1]
    assert [each.asks for each in bench.engine.runs("d")] == [1]
    assert bench.engine.run("d", run).tasks[0].outcome.asks == "Go?"  # type: ignore[union-attr]
    [barrier] = bench.engine.why("d", run, "ask").barriers
    assert barrier.kind == "answer"
    assert f"penstock answer d {run} ask OPTION" in barrier.text


async def test_an_answer_lets_it_go_on_in_the_same_try(bench: Bench) -> None:
    run = asking(bench)
    done = by(bench, answer(run, "approve"), "ada@pts/3")
    assert done.message == "ask goes on with Approve"
    bench.tick()
    row = bench.run("d", run).tasks[0]
    assert (row.state, row.try_number, row.attempts) == (S.RUNNING, 1, 2)
    order = order_of(bench, run)
    assert (order["reply"]["chosen"], order["reply"]["by"]) == (["Approve"], "ada")
    assert order["resumes"]
    assert bench.engine.questions() == []
    asked = only(bench, everything=True)
    assert asked.reply is not None
    assert (asked.reply.chosen, asked.reply.by, asked.open) == (("Approve",), "ada", False)
    events = bench.engine.events(dag_id="d", run_id=run, task_id="ask")
    assert any(each.reason == "ada answered: Approve" for each in events)
    assert any(each.kind == "act_answer" and each.actor == "ada@pts/3" for each in bench.engine.events())
    bench.end("ask")
    bench.end("after")
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_an_answer_survives_an_engine_that_dies_before_it_is_used(bench: Bench) -> None:
    run = asking(bench)
    await bench.restart()
    assert only(bench).run_id == run
    bench.act(Freeze(dag_id="d"))
    by(bench, answer(run, "Reject"), "ada")
    bench.tick()
    assert bench.states("d", run)["ask"] is S.SCHEDULED
    await bench.restart()
    bench.act(Unfreeze(dag_id="d"))
    bench.tick()
    assert order_of(bench, run)["reply"]["chosen"] == ["Reject"]


async def test_defaults_count_when_the_time_is_up(bench: Bench) -> None:
    run = asking(bench, DEFAULT, limit=60)
    assert only(bench).until is not None
    later(bench, 61)
    reply = order_of(bench, run)["reply"]
    assert (reply["chosen"], reply["params"], reply.get("by")) == (["Reject"], {"n": 3}, None)
    events = bench.engine.events(dag_id="d", run_id=run, task_id="ask")
    assert any(each.reason == "Reject by default: nobody has answered in time" for each in events)


async def test_without_defaults_it_goes_on_without_an_answer(bench: Bench) -> None:
    run = asking(bench, APPROVE, limit=60)
    later(bench, 61)
    order = order_of(bench, run)
    assert "reply" not in order
    assert order["resumes"]
    with pytest.raises(EndedError, match="does not wait for an answer: it is running"):
        bench.act(answer(run, "Approve"))


async def test_the_time_stands_still_while_the_dag_is_frozen(bench: Bench) -> None:
    run = asking(bench, DEFAULT, limit=60)
    bench.act(Freeze(dag_id="d"))
    later(bench, 100)
    assert bench.states("d", run)["ask"] is S.DEFERRED
    bench.act(Unfreeze(dag_id="d"))
    later(bench, 50)
    assert bench.states("d", run)["ask"] is S.DEFERRED
    later(bench, 20)
    assert bench.states("d", run)["ask"] is S.RUNNING


async def test_only_the_first_answer_counts(bench: Bench) -> None:
    run = asking(bench)
    by(bench, answer(run, "Approve"), "ada")
    with pytest.raises(EndedError, match="was answered: Approve, by ada"):
        by(bench, answer(run, "Reject"), "bob")


async def test_others_than_those_who_are_asked_must_mean_it(bench: Bench) -> None:
    run = asking(bench, FOR_ADA)
    plan = bench.loop.plan(answer(run, "Approve"))
    assert plan.notes == ("only ada should answer it",)
    with pytest.raises(RefusedError, match="asks ada, and you are bob"):
        by(bench, answer(run, "Approve"), "bob@pts/1")
    assert only(bench).open
    by(bench, answer(run, "Approve", anyway=True), "bob@pts/1")
    assert only(bench, everything=True).reply.by == "bob"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"chosen": ("Maybe",)}, "not one of the options"),
        ({"chosen": ()}, "choose one of"),
        ({"chosen": ("Approve",), "params": {"x": 1}}, "has no param 'x'"),
    ],
)
async def test_what_is_no_answer_is_refused(bench: Bench, more: dict[str, Any], words: str) -> None:
    run = asking(bench)
    with pytest.raises(UsageError, match=words):
        bench.act(Answer(dag_id="d", run_id=run, task_id="ask", **more))


async def test_what_was_ended_or_cleared_asks_no_more(bench: Bench) -> None:
    run = asking(bench)
    bench.act(Mark(dag_id="d", run_id=run, tasks=("ask",), state="failed"))
    assert bench.engine.questions() == []
    assert not only(bench, everything=True).open
    bench.act(Undo(dag_id="d"))
    assert only(bench).open  # as before the mark
    bench.act(Clear(dag_id="d", run_id=run, tasks=("ask",)))
    bench.tick()
    assert bench.engine.questions() == []
    bench.act(Cancel(dag_id="d", run_id=run))
    with pytest.raises(EndedError):
        bench.act(answer(run, "Approve"))


async def test_a_question_goes_with_its_run(bench: Bench) -> None:
    asking(bench)
    assert bench.engine.questions(everything=True)
    with bench.loop.gate.database.write() as connection:
        connection.execute("DELETE FROM run")
    assert bench.engine.questions(everything=True) == []
