"""Verbs: one file for each thing that can be done and is not a screen's own; the table of actions names it.

A verb is a coroutine that is called with the shell and the targets; it opens a dialog or asks the engine.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from typing import TypeAlias, cast

from penstock_tui.actions import Action
from penstock_tui.shell import Shell
from penstock_tui.target import Target

Verb: TypeAlias = Callable[[Shell, Sequence[Target]], Awaitable[None]]


def verb_of(action: Action) -> Verb:
    """Return the coroutine of *action*'s verb; its file is loaded when it is first needed."""
    file, _, name = action.verb.partition(".")
    return cast("Verb", getattr(import_module(f"{__name__}.{file}"), name or file))


async def carry_out(shell: Shell, action: Action, targets: Sequence[Target]) -> None:
    """Do *action* to *targets*; say which of them it cannot be done to, and leave those out."""
    if not shell.offers(action):
        return
    reasons = [action.why_disabled(target) for target in targets]
    able = [target for target, reason in zip(targets, reasons, strict=True) if reason is None]
    refusals = [reason for reason in reasons if reason is not None]
    if refusals and not able:
        shell.say(f"{action.label}: {refusals[0]}", "warning")
        return
    if refusals:
        left = f"{len(refusals)} of {len(targets)} marked are left out"
        shell.say(f"{action.label}: {left}: {refusals[0]}", "warning")
    if shell.places and (action.acts or action.id == "start_engine"):
        from penstock_tui.verbs.production import agreed

        if not await agreed(shell, able):
            return
    await verb_of(action)(shell, able)
