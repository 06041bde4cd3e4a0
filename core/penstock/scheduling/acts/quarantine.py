"""Quarantine: take something back, or drop it, whether or not it can be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

from penstock.decoding import decoder
from penstock.errors import PenstockError, UnknownError
from penstock.model.acts import AnyAct, QuarantineDrop, QuarantineRetry
from penstock.model.subject import SubjectKind
from penstock.model.views.plans import Done, PlanItem
from penstock.scheduling.acts.planned import amount, make_plan
from penstock.scheduling.moves.loaded_files import take_file
from penstock.scheduling.moves.quarantine import release
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import World
from penstock.store.engine.records import QuarantineRecord
from penstock.store.engine.removal import Removal


def plan_quarantine(
    world: World, act: QuarantineRetry | QuarantineDrop, *, again: Callable[[World, AnyAct, int], Planned]
) -> Planned:
    """Plan to take something back in or to drop it, readable or not. *again* plans a failed act."""
    record = world.quarantine.get(act.subject)
    if record is None:
        there = ", ".join(list(world.quarantine)[:5]) or "nothing"
        raise UnknownError(f"{act.subject!r} is not in quarantine; what is: {there}")
    dropping = isinstance(act, QuarantineDrop)
    verb = "drop" if dropping else "retry"
    item = PlanItem(
        dag_id=record.dag_id or "",
        run_id=record.run_id,
        task_id=None,
        before="quarantined",
        after="dropped" if dropping else "taken back in",
        note=f"{record.kind} {record.id}: {record.reason}",
    )
    title = f"{'Drop' if dropping else 'Take back in'} {record.kind} {record.id}"
    notes = [_DROPS[record.kind]] if dropping else ["if it fails again, it goes back into quarantine"]
    plan = make_plan(
        f"quarantine_{verb}", title, [item], seen=[record], notes=notes, cli=["quarantine", verb, record.id]
    )

    def commit(tick: Tick) -> Done:
        tick.reread = True
        message = _drop(tick, record) if dropping else _retry(tick, record, again)
        return Done(act=plan.act, message=message, touched=1, run_id=record.run_id)

    return Planned(plan, commit)


_DROPS = {
    SubjectKind.RUN: "the run ends as failed, its unfinished tasks as cancelled; live attempts are stopped",
    SubjectKind.DAG: "its unfinished runs are ended, and its row and pauses removed; its history stays",
    SubjectKind.ORDER: "it is deleted and never carried out",
    SubjectKind.ROW: "the row is removed; the event trail keeps a copy of it",
}


# -- back in -------------------------------------------------------------------------------------


def _retry(tick: Tick, record: QuarantineRecord, again: Callable[[World, AnyAct, int], Planned]) -> str:
    release(tick.world, tick.gate, record.id, "taken back in")
    parked = tick.world.parked.pop(record.id, None)
    if parked is not None:
        take_file(tick, parked)
        return f"{record.kind} {record.id} is out of quarantine, as {parked.file} was loaded last"
    if record.act is not None:
        done = again(tick.world, _act_of(record.act), tick.now_us).commit(tick)
        return f"{record.id} is carried out now: {done.message}"
    if record.kind is SubjectKind.ROW and record.id.startswith("backfill:"):
        tick.gate.settle_points(record.id.partition(":")[2])
    return f"{record.kind} {record.id} is out of quarantine; if it fails again, it goes back into quarantine"


def _act_of(text: str) -> AnyAct:
    """Return the act in *text*, which failed before."""
    try:
        act: AnyAct = decoder(AnyAct).decode(text)  # type: ignore[arg-type]
    except msgspec.MsgspecError as error:
        raise PenstockError(f"the act cannot be read any more: {error}") from None
    return act


# -- gone for good -------------------------------------------------------------------------------


def _drop(tick: Tick, record: QuarantineRecord) -> str:
    release(tick.world, tick.gate, record.id, "dropped")
    tick.world.parked.pop(record.id, None)
    reason = f"dropped from quarantine by {tick.gate.actor}: {record.reason}"
    removal = tick.world.reads.removal(record, tick.now_us, reason)
    if record.kind is SubjectKind.DAG:
        for other in [one for one in tick.world.quarantine.values() if one.dag_id == record.id]:
            release(tick.world, tick.gate, other.id, f"dropped with DAG {record.id}")
    message = _carry_out(tick, record, removal)
    if removal.file:
        message += f". {removal.file} will make it again at its next load: fix or remove the file"
    return message


def _carry_out(tick: Tick, record: QuarantineRecord, removal: Removal) -> str:
    tick.gate.remove(removal)
    for event in removal.events:
        tick.gate.note(**event)
    for copy in removal.copies:
        tick.gate.note(
            "row_copy", dag_id=record.dag_id, run_id=record.run_id, reason=json.dumps(copy, default=_words)
        )
    for attempt_id in removal.live:
        tick.kills.append((attempt_id, "its run or DAG was dropped from quarantine"))
    message = "; ".join(removal.said)
    if removal.live:
        message += f"; {amount(len(removal.live), 'live attempt')} stopped"
    return message


def _words(value: Any) -> str:
    return repr(value)
