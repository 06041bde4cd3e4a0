"""Workers on other hosts: drain, and use again."""

from __future__ import annotations

from penstock.errors import RefusedError, UnknownError
from penstock.model.acts import DrainWorker, UndrainWorker, act_name
from penstock.model.views.plans import Done, PlanItem
from penstock.scheduling.acts.planned import make_plan
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import World


def plan_drain(world: World, act: DrainWorker | UndrainWorker) -> Planned:
    """Plan to start nothing more on a worker, or to use it again. What it runs goes on.

    Raises `UnknownError` for a worker that does not exist and `RefusedError` for one without contact.
    """
    workers = {each.name: each for each in world.places.workers_elsewhere()}
    worker = workers.get(act.name)
    if worker is None:
        known = f"; there are {', '.join(sorted(map(str, workers)))}" if workers else "; there is none"
        raise UnknownError(f"worker {act.name!r} does not exist{known}")
    if worker.state == "unreachable":
        raise RefusedError(f"there is no contact with worker {act.name}: it cannot be told")
    back = isinstance(act, UndrainWorker)
    before, after = worker.state, "ready" if back else "draining"
    items = []
    if before != after:
        items = [PlanItem(dag_id="", run_id=None, task_id=None, before=before, after=after, note=act.name)]
    word = "undrain" if back else "drain"
    name = act_name(act)
    title, cli = f"{word.capitalize()} worker {act.name}", ["workers", word, act.name]
    plan = make_plan(name, title, items, means=act, cli=cli)
    runs = len(worker.runs)
    left = (
        f"{runs} attempt{'' if runs == 1 else 's'} of this instance still run{'s' if runs == 1 else ''} there"
    )

    def commit(tick: Tick) -> Done:
        said = "is used again" if back else f"is draining: it gets nothing more; {left}"
        if items:
            tick.gate.note(name, before=before, after=after, reason=act.name)
        tick.drains.append((act.name, back))
        return Done(act=name, message=f"worker {act.name} {said}", touched=len(items))

    return Planned(plan, commit)
