"""Acts without a dialog: they need no question because the same key undoes them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from penstock.errors import PenstockError
from penstock.model.acts import AnyAct
from penstock.model.views.plans import Done
from penstock_tui.acted import say_done
from penstock_tui.clean import label
from penstock_tui.shell import Shell


async def commit_at_once(shell: Shell, chosen: Sequence[AnyAct]) -> None:
    """Plan and commit each act, and say what was done; the first that is refused ends it."""
    answers: list[tuple[AnyAct, Done]] = []
    for act in chosen:
        try:
            plan = await shell.feed.plan(act)
            done = await shell.feed.commit(act, expect=plan.fingerprint, act_id=uuid.uuid4().hex)
        except PenstockError as error:
            if answers:
                say_done(shell, answers)
            shell.say(error.message, "error")
            return
        answers.append((act, done))
        twin = f"   $ {label(plan.cli)}" if plan.cli and len(chosen) == 1 else ""
    say_done(shell, answers, twin)
