"""Does a runbook: a preview of every step, then one after the other, until one is refused."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.acting import actor, plan_text
from penstock.cli.output import print_json, say, tell
from penstock.cli.spoken import acts_of
from penstock.errors import PenstockError, RefusedError, UsageError
from penstock.model import runbooks

if TYPE_CHECKING:
    from penstock.api.engine import Engine
    from penstock.model.acts import AnyAct
    from penstock.model.views.plans import Done, Plan
    from penstock.model.views.runbooks import RunbookRow

_ALL, _ONE, _NONE = "all", "step", "no"


class Replay:
    """One run of a runbook. Raises `UsageError` for a runbook or parameters that are wrong."""

    def __init__(self, engine: Engine, row: RunbookRow, given: Sequence[str], *, as_json: bool) -> None:
        if row.problem is not None:
            raise UsageError(f"{row.path}: {row.problem}")
        if row.recording is not None:
            raise UsageError(f"{row.name} is being recorded: penstock runbook record {row.name} --stop")
        self._engine = engine
        self._row = row
        self._book = runbooks.parse(row.text)
        self._as_json = as_json
        self._values = _asked(self._book, _pairs(given), may_ask=not as_json)
        runbooks.check_values(self._book, self._values)
        self._steps: list[dict[str, Any]] = [
            {"line": step.line, "command": "penstock " + " ".join(step.filled(self._values)),
             "state": "not done", "plans": [], "message": None}
            for step in self._book.steps
        ]  # fmt: skip

    def run(self, *, dry_run: bool, ask: bool, steps: bool) -> int:
        """Show, ask, and do it; return the exit code: 1 if a step was refused."""
        terminal = sys.stdin.isatty() and sys.stderr.isatty() and not self._as_json
        if not (dry_run or terminal) and ask:
            raise UsageError("give --yes to do it without being asked, or --dry-run to look")
        if dry_run or terminal:
            self._preview()
        way = _ONE if steps else _ALL
        if dry_run:
            say("nothing was changed")
        elif not self._book.steps:
            say("the runbook has no commands")
        elif ask and not steps:
            way = str(click.prompt("Do it?", type=click.Choice([_ALL, _ONE, _NONE]), default=_NONE, err=True))
        code = 0 if dry_run or way == _NONE else self._do(one_by_one=way == _ONE and ask)
        if self._as_json:
            print_json({"runbook": self._row.name, "parameters": self._values, "steps": self._steps})
        return code

    def _preview(self) -> None:
        """Plan every step as things are now, and show the plans."""
        for shown, step in zip(self._steps, self._book.steps, strict=True):
            try:
                plans = [plan for _, plan in self._planned(step)]
            except PenstockError as error:
                shown["message"] = error.message
                self._tell(shown, f"as things are now it is refused: {error.message}")
            else:
                shown.update(state="planned", plans=plans)
                self._tell(shown, "\n".join(plan_text(plan) for plan in plans))

    def _do(self, *, one_by_one: bool) -> int:
        for place, (shown, step) in enumerate(zip(self._steps, self._book.steps, strict=True)):
            try:
                planned = self._planned(step)
                shown["plans"] = [plan for _, plan in planned]
                if one_by_one:
                    self._tell(shown, "\n".join(plan_text(plan) for _, plan in planned))
                    if not click.confirm(f"Do step {place + 1} of {len(self._steps)}?", err=True):
                        return self._stop(place, "stopped here")
                done = [self._commit(act, plan) for act, plan in planned]
                self._wait(step, done)
            except PenstockError as error:
                shown.update(state="refused", message=error.message)
                return self._stop(place, f"line {step.line} was refused: {error.message}")
            shown.update(state="done", message="; ".join(each.message for each in done))
            if not self._as_json:
                tell(f"{place + 1}/{len(self._steps)} {shown['message']}")
        return 0

    def _planned(self, step: runbooks.Step) -> list[tuple[AnyAct, Plan]]:
        return [(act, self._engine.plan(act)) for act in acts_of(self._engine, step.filled(self._values))]

    def _commit(self, act: AnyAct, plan: Plan) -> Done:
        who = f"{actor()} runbook {self._row.name}"
        return self._engine.commit(act, expect=plan.fingerprint, actor=who, act_id=os.urandom(8).hex())

    def _wait(self, step: runbooks.Step, done: list[Done]) -> None:
        """Wait for the run that a step with ``--wait`` has made; raise `RefusedError` if it failed."""
        from penstock.cli.waiting import succeeded, wait_for_run

        run_id = done[-1].run_id if done else None
        if "--wait" not in step.words or run_id is None:
            return
        detail = wait_for_run(self._engine, step.filled(self._values)[1], run_id, say)
        if not succeeded(detail.run.state):
            raise RefusedError(f"{run_id} ended as {detail.run.state}")

    def _stop(self, done: int, why: str) -> int:
        left = len(self._steps) - done
        say(f"{why}; {done} of {len(self._steps)} steps done, {left} not done:")
        for shown in self._steps[done:]:
            say(f"  line {shown['line']}: {shown['command']}")
        return 1

    def _tell(self, shown: dict[str, Any], text: str) -> None:
        if not self._as_json:
            tell(f"$ {shown['command']}\n{text}\n")


def _pairs(given: Sequence[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for each in given:
        name, sign, value = each.partition("=")
        if not sign:
            raise UsageError(f"{each!r} is not PARAM=VALUE, such as dag=first_dag")
        values[name] = value
    return values


def _asked(book: runbooks.Runbook, values: dict[str, str], *, may_ask: bool) -> dict[str, str]:
    """Return the values with those that a person at the terminal was asked for."""
    if not (may_ask and sys.stdin.isatty() and sys.stderr.isatty()):
        return values
    asked = {name: click.prompt(name, err=True) for name in book.params if not values.get(name)}
    return {**values, **asked}
