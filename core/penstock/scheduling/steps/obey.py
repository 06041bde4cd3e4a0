"""Obey: carries out the orders of people and the loader since the last tick."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from penstock.decoding import decoder
from penstock.errors import EndedError, PenstockError, PlanStaleError, RefusedError, StoreError, UnknownError
from penstock.model.acts import AnyAct, SetConnection, SetVariable, act_name
from penstock.model.lasting import Lasting
from penstock.model.subject import blame
from penstock.model.views.plans import Done
from penstock.scheduling.moves.loaded_files import drop_file, take_file
from penstock.scheduling.steps.unknown_attempts import settle_strays
from penstock.scheduling.world.orders import (
    ActOrder,
    EngineMoved,
    FileGone,
    FileLoaded,
    Order,
    TakeIn,
    about_order,
)
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import World
from penstock.store.engine.gate import ENGINE
from penstock.store.engine.records import ActRecord

PlanOf = Callable[[World, AnyAct, int], Planned]
"""Makes the plan of an act at a time (microseconds since 1970 UTC), or raises a `PenstockError`."""


def obey(tick: Tick, orders: list[Order], plan_of: PlanOf) -> list[tuple[ActOrder, Done]]:
    """Carry out orders; return the answers to give after the commit.

    *plan_of* makes an act's plan. An act that is refused is answered at once and changes nothing: only a
    plan can be refused. If a commit fails, part of it may have been done, so the whole tick is void.
    """
    answers: list[tuple[ActOrder, Done]] = []
    for order in orders:
        match order:
            case ActOrder():
                try:
                    done = _carry_out(tick, order, plan_of)
                except Exception as error:  # the order is at fault, and not what it is about
                    blame(error, about_order(order))
                    raise
                if done is not None:
                    answers.append((order, done))
            case FileLoaded(parsed):
                with about_order(order):
                    take_file(tick, parsed)
            case FileGone(file):
                with about_order(order):
                    drop_file(tick, file)
            case TakeIn(strays):
                with about_order(order):
                    settle_strays(tick, strays)
            case EngineMoved(kind, reason):
                with about_order(order):
                    tick.gate.note(kind, reason=reason)
    return answers


def _carry_out(tick: Tick, order: ActOrder, plan_of: PlanOf) -> Done | None:
    """Return the answer to give after the commit, None if the act was refused or has to wait."""
    try:
        planned = _planned(tick, order, plan_of)
    except PenstockError as error:
        if isinstance(error, StoreError):
            raise
        if not order.answer.done():
            order.answer.set_exception(error)
        return None
    if isinstance(planned, Done):
        return planned
    if planned.creates is not None and not tick.world.making.ready(planned.creates):
        tick.later.append(order)
        return None
    return _act(tick, order, planned)


def _only(values: Iterable[str | None]) -> str | None:
    """Return what all of *values* are, or None if they differ."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _planned(tick: Tick, order: ActOrder, plan_of: PlanOf) -> Planned | Done:
    """Return the plan, or the earlier answer to the same act."""
    if order.act_id is not None:
        earlier = tick.recent_answers.get(order.act_id) or tick.world.reads.answer(order.act_id)
        if earlier is not None:
            return decoder(Done).decode(earlier)
    try:
        planned = plan_of(tick.world, order.act, tick.now_us)
    except (EndedError, UnknownError) as error:
        if order.expect is None or not isinstance(order.act, Lasting):
            raise
        # Somebody saw its plan, so it was there: that it is over by now is what was wanted.
        run_id = getattr(order.act, "run_id", None)
        return Done(
            act=act_name(order.act), message=f"nothing left to do: {error.message}", touched=0, run_id=run_id
        )
    refused = None if planned.refuses is None else planned.refuses(order.actor or "operator")
    if refused is not None:
        raise RefusedError(refused)
    if order.expect is not None and order.expect != planned.plan.fingerprint:
        if planned.settled is not None:
            return planned.settled
        change = tick.world.shown.change(order.expect, planned.plan)
        raise PlanStaleError(f"something has changed since this was shown: {change}")
    return planned


def _command(act: AnyAct, planned: Planned) -> str | None:
    """Return the command that does the same, for the trail; None for what may hold a secret."""
    if isinstance(act, SetVariable | SetConnection):
        return None
    return planned.plan.cli or None


def _act(tick: Tick, order: ActOrder, planned: Planned) -> Done:
    items = planned.plan.items
    tick.gate.actor = order.actor or "operator"
    if not planned.silent:
        tick.gate.note(
            f"act_{act_name(order.act)}",
            dag_id=getattr(order.act, "dag_id", None) or _only(item.dag_id or None for item in items),
            run_id=getattr(order.act, "run_id", None) or _only(item.run_id for item in items),
            task_id=getattr(order.act, "task_id", None),
            after=_command(order.act, planned),
            reason=planned.plan.title,
        )
    try:
        done = planned.commit(tick)
    finally:
        tick.gate.actor = ENGINE
    if order.act_id is not None:
        answer = msgspec.json.encode(done).decode()
        tick.recent_answers[order.act_id] = answer
        tick.gate.add(ActRecord(order.act_id, tick.now_us, answer))
    return done
