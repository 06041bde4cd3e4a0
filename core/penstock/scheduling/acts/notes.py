"""Notes: what people write down about a run or a task instance. An event each; the newest counts."""

from __future__ import annotations

from penstock.errors import UsageError
from penstock.model.acts import SetNote
from penstock.model.views.plans import Done, PlanItem
from penstock.scheduling.acts.planned import make_plan
from penstock.scheduling.acts.scope import instance
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import World

LONGEST = 10_000
"""Characters of a note."""


def plan_note(world: World, act: SetNote) -> Planned:
    """Plan to write a note, or to take it away."""
    text = act.note or None
    if text is not None and len(text) > LONGEST:
        raise UsageError(f"a note has at most {LONGEST:,} characters, not {len(text):,}")
    live = world.run(act.dag_id, act.run_id)
    task = None if act.task_id is None else instance(live, act.task_id)
    task_id, map_index = (None, -1) if task is None else (task.task_id, task.map_index)
    after = "noted" if text else "without a note"
    item = PlanItem(
        dag_id=act.dag_id, run_id=act.run_id, task_id=task_id, map_index=map_index, before="", after=after,
        note=text,
    )  # fmt: skip
    cli = ["note", act.dag_id, act.run_id, *([act.task_id] if act.task_id else []), "--text", text or ""]
    title = f"{'Write' if text else 'Take away'} the note of {act.task_id or act.run_id}"
    plan = make_plan("note", title, [item], means=act, cli=cli)

    def commit(tick: Tick) -> Done:
        tick.gate.note(
            "note", dag_id=act.dag_id, run_id=act.run_id, task_id=task_id, map_index=map_index, after=text
        )
        message = f"{act.task_id or act.run_id} is {after}"
        return Done(act="note", message=message, touched=1, run_id=act.run_id)

    return Planned(plan, commit)
