"""Carries out plans as they were shown; if a list has changed since, somebody is asked once more."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from penstock.errors import EngineNotRunningError, PenstockError, PlanStaleError
from penstock.model.acts import AnyAct
from penstock.model.plan_change import PlanChange, change_of
from penstock.model.views.plans import Done, Plan
from penstock_tui.feed import Feed

_TRIES = 5
"""Times that a list which only became shorter is tried again before somebody is asked."""


@dataclass(slots=True)
class Answers:
    """What came of plans: the first error, and how lists changed that nobody has agreed to yet."""

    done: list[tuple[AnyAct, Done]] = field(default_factory=list)
    refused: PenstockError | None = None
    changes: list[PlanChange] = field(default_factory=list)


class _ChangedError(Exception):
    """The list is not as it was shown."""

    def __init__(self, change: PlanChange) -> None:
        super().__init__()
        self.change = change


class Committing:
    """Commits the plans of one dialog, each act at most once, however often it is asked."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._token = uuid.uuid4().hex
        self._asked_again: list[AnyAct] = []
        self.done: list[tuple[AnyAct, Done]] = []
        """All that was done so far."""
        self.note = ""
        """What comes after the name of who acts, in the event trail."""
        self.stops = False
        """Whether nothing more is done after one that is refused, or has changed."""

    async def carry_out(self, plans: Sequence[tuple[AnyAct, Plan]]) -> Answers:
        """Carry out every plan; one that is refused, or whose list has changed, does not stop the others.

        It does if this `stops`.
        """
        answers = Answers()
        for act, plan in plans:
            try:
                answers.done.append((act, await self._one(act, plan)))
            except _ChangedError as moved:
                answers.changes.append(moved.change)
                if self.stops:
                    break
            except PenstockError as error:
                answers.refused = answers.refused or error
                if self.stops or isinstance(error, EngineNotRunningError):
                    break
        self.done += answers.done
        return answers

    async def _one(self, act: AnyAct, shown: Plan) -> Done:
        """Commit what was shown.

        If the list has changed, it is asked about once; after that only if more would happen than what was
        agreed to. A list that reads the same (something beside it moved) is not asked about.
        """
        plan = shown
        for _ in range(_TRIES):
            act_id = f"{self._token}-{len(self.done)}-{plan.fingerprint}"
            try:
                return await self._feed.commit(act, expect=plan.fingerprint, act_id=act_id, note=self.note)
            except PlanStaleError:
                plan = await self._feed.plan(act)
                change = change_of(shown.items, plan.items)
                if change and (change.worse or act not in self._asked_again):
                    self._asked_again.append(act)
                    raise _ChangedError(change) from None
        raise _ChangedError(change)
