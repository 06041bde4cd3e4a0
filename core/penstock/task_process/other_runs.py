"""Looks at runs of another DAG, or tasks in them, and says whether and how they have ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from penstock.task_process.engine_client import run_states

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt
    from typing import Any


class OtherRuns:
    """What to look at: the runs of *dag_id* at *dates*, their tasks *task_ids*, or those of a group.

    One in *failed* makes the whole failed, one in *skipped* skipped; all must be in *allowed* otherwise.
    """

    def __init__(
        self,
        dag_id: str,
        dates: Sequence[dt.datetime],
        *,
        task_ids: Sequence[str] | None = None,
        group_id: str | None = None,
        allowed: Sequence[str] = ("success",),
        skipped: Sequence[str] = (),
        failed: Sequence[str] = (),
        must_exist: bool = False,
    ) -> None:
        self.dag_id = dag_id
        self.dates = list(dates)
        self.task_ids = None if task_ids is None else list(task_ids)
        self.group_id = group_id
        self.allowed = list(allowed)
        self.skipped = list(skipped)
        self.failed = list(failed)
        self.must_exist = must_exist

    def look(self, socket: str | None, say: Callable[[str], object]) -> tuple[str | None, str]:
        """Ask the engine once for every date; return ``success``, ``failed``, ``skipped`` or None, and why.

        *say* gets what was found, in words.
        """
        found = []
        for date in self.dates:
            text, states, wrong = self._at(socket, date, say)
            if wrong:
                return "failed", text
            found.append((text, states))
        states = [state for _, each in found for state in each]
        reason = "; ".join(text for text, _ in found)
        if any(state in self.failed for state in states):
            return "failed", reason
        if any(state in self.skipped for state in states):
            return "skipped", reason
        done = all(each and set(each) <= set(self.allowed) for _, each in found)
        return ("success" if done else None), reason

    def _at(
        self, socket: str | None, date: dt.datetime, say: Callable[[str], object]
    ) -> tuple[str, list[str | None], bool]:
        """Return the result for one date: in words, the states (none if unknown), and if it fails."""
        more: dict[str, Any] = {"must_exist": True} if self.must_exist else {}
        if self.group_id is not None:
            more["group_id"] = self.group_id
        answer = run_states(socket, self.dag_id, date, self.task_ids, **more)
        if answer is None:
            say("the engine does not answer; asking again")
            return "", [], False
        if answer.problem is not None:
            if not self.must_exist:
                say(answer.problem)
            return answer.problem, [], self.must_exist
        task_ids = sorted(answer.tasks) if self.group_id is not None else self.task_ids
        states: list[str | None] = (
            [answer.run] if not task_ids else [answer.tasks.get(name) for name in task_ids]
        )
        what = self.dag_id if not task_ids else f"{self.dag_id}: {', '.join(task_ids)}"
        shown = ", ".join(str(state or "not there yet") for state in states)
        say(f"{what} at {date.isoformat()}: {shown}")
        return f"{what} ended as {shown}", states, False
