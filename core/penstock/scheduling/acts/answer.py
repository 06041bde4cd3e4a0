"""Answer: give a task what it asks a person for."""

from __future__ import annotations

import json

from penstock.errors import EndedError
from penstock.model.acts import Answer
from penstock.model.failures import person_of
from penstock.model.questions import assigned_words, chosen_of, filled_in, may_answer
from penstock.model.states import TaskState
from penstock.model.views.plans import Done
from penstock.scheduling.acts.planned import make_plan, task_item
from penstock.scheduling.acts.scope import instance
from penstock.scheduling.moves.questions import reply
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.questions import question_of, reply_of
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun, World
from penstock.store.engine.records import QuestionRecord, TaskRecord


def plan_answer(world: World, act: Answer) -> Planned:
    """Plan to answer a task.

    Raises `UsageError` for what is no answer to its question, `EndedError` if it does not wait for one. Who
    is not among the people that it asks is refused, unless ``anyway`` is set.
    """
    live = world.run(act.dag_id, act.run_id)
    task = instance(live, act.task_id)
    record = _open(world, live, task)
    question = question_of(record)
    chosen = chosen_of(question, act.chosen)
    params = filled_in(question, act.params)
    said = ", ".join(chosen)
    item = task_item(live, task, "goes on", f"{question.subject}: {said}")
    given = ["--params", json.dumps(act.params)] if act.params else []
    anyway = ["--anyway"] if act.anyway else []
    cli = ["answer", act.dag_id, act.run_id, act.task_id, *chosen, *given, *anyway]
    notes = [f"only {assigned_words(question)} should answer it"] if question.assigned else []
    title = f"Answer {task.key}: {said}"
    plan = make_plan("answer", title, [item], means=act, seen=[record.attempt_id], notes=notes, cli=cli)

    def refuses(actor: str) -> str | None:
        person = person_of(actor)
        if act.anyway or may_answer(question, person):
            return None
        return (
            f"{task.key} asks {assigned_words(question)}, and you are {person}: answer it all the same with "
            "--anyway (in the console: anyway); the event trail says who did"
        )

    def commit(tick: Tick) -> Done:
        reply(tick, live, task, record, chosen, params, by=tick.gate.actor)
        return Done(act="answer", message=f"{task.key} goes on with {said}", touched=1, run_id=act.run_id)

    return Planned(plan, commit, refuses=refuses)


def _open(world: World, live: LiveRun, task: TaskRecord) -> QuestionRecord:
    """Return the question that a task waits with; raise `EndedError` if it waits with none."""
    record = world.questions.get(task.attempt_id) if task.state is TaskState.DEFERRED else None
    if record is not None and record.reply is None:
        return record
    before = world.questions.get(task.resumes)
    earlier = None if before is None else reply_of(before)
    if earlier is not None:
        who = earlier.by or "nobody in time, so by default"
        raise EndedError(f"{task.key} was answered: {', '.join(earlier.chosen)}, by {who}")
    raise EndedError(f"{task.key} of {live.record.run_id} does not wait for an answer: it is {task.state}")
