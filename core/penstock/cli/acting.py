"""How every act runs: plan, ask if it is dangerous, commit the plan, say what was done."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

import click

from penstock.cli.lookup import suggesting
from penstock.cli.output import print_json, say, tell
from penstock.cli.text import moment, table

if TYPE_CHECKING:
    from penstock.api.engine import Engine
    from penstock.cli.session import Session
    from penstock.model.acts import AnyAct
    from penstock.model.views.plans import Done, Plan, PlanItem

ASK_ABOVE = 25
"""Number of task instances or runs above which a person at a terminal is asked first."""
_SHOWN = 40
_TRIES = 5
"""Times that a list which only became shorter is tried again."""


def perform(
    session: Session,
    act: AnyAct,
    *,
    dry_run: bool = False,
    yes: bool = False,
    as_json: bool = False,
) -> int:
    """Carry out *act*, or with *dry_run* only show its plan; return the exit code."""
    if dry_run:
        show_plan(preview(session, act), as_json=as_json)
        return 0
    show_done(commit(session, act, ask=not (yes or as_json)), as_json=as_json)
    return 0


def perform_all(session: Session, todo: Sequence[AnyAct], *, as_json: bool = False) -> int:
    """Carry out several acts, or none if one of them cannot be planned; return the exit code.

    With *as_json*, print one document: the answer, or a list of several answers.
    """
    collect(session, todo)
    engine = session.engine()
    for act in todo:
        with _naming(engine, act):
            engine.plan(act)
    done = [commit(session, act, ask=False) for act in todo]
    if as_json:
        print_json(done[0] if len(done) == 1 else done)
    else:
        for each in done:
            show_done(each, as_json=False)
    return 0


class Collected(Exception):  # noqa: N818 - no error: what was asked is known, and nothing more is to be done
    """Ends a command that is only read, once its acts are known."""


def collect(session: Session, acts: Sequence[AnyAct]) -> None:
    """End here with `Collected`, and note *acts*, if the command is only read."""
    if session.collected is not None:
        session.collected += acts
        raise Collected


def preview(session: Session, act: AnyAct) -> Plan:
    """Return the plan of *act*; uses the database if no engine runs."""
    engine = session.reader()
    with _naming(engine, act):
        return engine.plan(act)


def commit(session: Session, act: AnyAct, *, ask: bool = True) -> Done:
    """Commit *act*; asks a person at a terminal if it touches a lot."""
    collect(session, [act])
    engine = session.engine()
    with _naming(engine, act):
        if ask and sys.stdin.isatty() and sys.stderr.isatty():
            plan = engine.plan(act)
            if len(plan.items) > ASK_ABOVE:
                say(plan_text(plan))
                click.confirm(f"{plan.title}?", abort=True, err=True)
            return _commit_shown(engine, act, plan)
        return engine.commit(act, expect=None, actor=actor(), act_id=os.urandom(8).hex())


def _commit_shown(engine: Engine, act: AnyAct, shown: Plan) -> Done:
    """Commit what was agreed to; if more would happen by now, or less for the first time, ask once more.

    What is too little to ask about is committed as it is then, unless it has become much.
    """
    from penstock.errors import PlanStaleError
    from penstock.model.plan_change import change_of

    plan, asked = shown, False
    for _ in range(_TRIES):
        try:
            return engine.commit(act, expect=plan.fingerprint, actor=actor(), act_id=os.urandom(8).hex())
        except PlanStaleError:
            plan = engine.plan(act)
            change = change_of(shown.items, plan.items)
            if max(len(shown.items), len(plan.items)) <= ASK_ABOVE:
                continue
            if change and (change.worse or not asked):
                say(f"changed since this was shown: {change.words()}")
                click.confirm(f"{plan.title}?", abort=True, err=True)
                shown, asked = plan, True
    raise PlanStaleError("it changes faster than it can be agreed to: --yes does it as it is then")


def show_plan(plan: Plan, *, as_json: bool, zone: tzinfo = UTC) -> None:
    """Print a plan; its dates are shown in *zone*."""
    if as_json:
        print_json(plan)
    else:
        tell(plan_text(plan, zone))
        say("nothing was changed")


def show_done(done: Done, *, as_json: bool) -> None:
    """Print what was done."""
    if as_json:
        print_json(done)
    else:
        from penstock.terminal_text import clean

        tell(clean(done.message))
        if done.undo_id is not None:
            until = "" if done.act.startswith("pool_") else " until something in it starts"
            say(f"to undo this{until}: penstock undo {done.undo_id}")


def plan_text(plan: Plan, zone: tzinfo = UTC) -> str:
    """Return a plan as text for people; a long list is cut."""
    from penstock.terminal_text import clean

    lines = [clean(plan.title)]
    shown = plan.items[:_SHOWN]
    if any(item.task_id for item in shown):
        rows = [(item.run_id, _task(item), item.before, item.after, item.note or "") for item in shown]
        lines.append(table(("RUN", "TASK", "NOW", "THEN", ""), rows))
    elif shown and not any(item.run_id or item.logical_date for item in shown):
        about = [(item.dag_id, item.before, item.after, item.note or "") for item in shown]
        lines.append(table(("DAG", "NOW", "THEN", ""), about))
    elif shown:
        rows = [
            (item.run_id, moment(item.logical_date, zone), item.before, item.after, item.note or "")
            for item in shown
        ]
        lines.append(table(("RUN", f"LOGICAL DATE ({zone})", "NOW", "THEN", ""), rows))
    if len(plan.items) > _SHOWN:
        lines.append(f"... and {len(plan.items) - _SHOWN} more (--json lists all)")
    lines += [clean(note) for note in plan.notes]
    return "\n".join(lines)


def _task(item: PlanItem) -> str:
    from penstock.ids import instance_key

    return instance_key(item.task_id, item.map_index) if item.task_id else ""


def _naming(engine: Engine, act: AnyAct) -> AbstractContextManager[None]:
    dag_id = getattr(act, "dag_id", None)
    if dag_id is None:
        from contextlib import nullcontext

        return nullcontext()
    task_id = getattr(act, "task_id", None)
    tasks = getattr(act, "tasks", ()) or ((task_id,) if task_id else ())
    run_id = None if act.__struct_config__.tag == "trigger" else getattr(act, "run_id", None)
    return suggesting(engine, dag_id, run_id, tasks)


def actor() -> str:
    """Return who acts, for the event trail: ``user@terminal``."""
    import pwd

    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = str(os.getuid())
    try:
        terminal = os.ttyname(sys.stdin.fileno()).removeprefix("/dev/")
    except (OSError, ValueError):
        terminal = "cli"
    return f"{user}@{terminal}"
