"""The standard triggers: a time, a file, runs of another DAG."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from penstock.authoring.triggers import TaskSuccessEvent, Trigger, TriggerEvent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any

_HOME = __name__
_LONGEST_SLEEP = 60.0
"""Seconds between two looks at the wall clock, which may be set meanwhile."""


class DateTimeTrigger(Trigger):
    """Fires at *moment*. With *end_from_trigger* the task has succeeded then."""

    def __init__(self, moment: dt.datetime, *, end_from_trigger: bool = False) -> None:
        super().__init__()
        if not isinstance(moment, dt.datetime):
            raise TypeError(f"moment must be a datetime, not {type(moment).__name__}")
        if moment.tzinfo is None:
            raise ValueError("moment must have a time zone")
        self.moment = moment
        self.end_from_trigger = end_from_trigger

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class and its arguments."""
        return f"{_HOME}.DateTimeTrigger", {
            "moment": self.moment.astimezone(dt.UTC),
            "end_from_trigger": self.end_from_trigger,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait for the time."""
        import asyncio

        while (left := (self.moment - dt.datetime.now(dt.UTC)).total_seconds()) > 0:  # noqa: ASYNC110 - the clock
            await asyncio.sleep(min(left, _LONGEST_SLEEP))
        yield TaskSuccessEvent() if self.end_from_trigger else TriggerEvent(self.moment)


class TimeDeltaTrigger(DateTimeTrigger):
    """Fires *delta* after it was made."""

    def __init__(self, delta: dt.timedelta, *, end_from_trigger: bool = False) -> None:
        super().__init__(moment=dt.datetime.now(dt.UTC) + delta, end_from_trigger=end_from_trigger)


class FileTrigger(Trigger):
    """Fires once a file fits *filepath*, a path or a pattern; looks every *poke_interval* seconds."""

    def __init__(
        self, filepath: str, recursive: bool = False, poke_interval: float = 5.0, **more: Any
    ) -> None:
        super().__init__()
        del more
        self.filepath = filepath
        self.recursive = recursive
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class and its arguments."""
        return f"{_HOME}.{type(self).__name__}", {
            "filepath": self.filepath,
            "recursive": self.recursive,
            "poke_interval": self.poke_interval,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look until it is there."""
        await self._found()
        yield TriggerEvent(payload=True)

    async def _found(self) -> str:
        import asyncio

        from penstock.task_process.globbing import found

        while True:
            name = await asyncio.to_thread(found, self.filepath, recursive=self.recursive)
            if name is not None:
                self.log.info("found %s", name)
                return name
            await asyncio.sleep(self.poke_interval)


class FileDeleteTrigger(FileTrigger):
    """Fires once a file fits *filepath*, and deletes it."""

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look until it is there, and delete it."""
        import os

        os.unlink(await self._found())  # noqa: PTH108
        yield TriggerEvent(payload=True)


class WorkflowTrigger(Trigger):
    """Fires once runs of another DAG, or tasks in them, have ended; looks every *poke_interval* seconds.

    The event is ``{"status": "success" | "failed" | "skipped", "reason": ...}``.
    """

    def __init__(
        self,
        external_dag_id: str,
        logical_dates: Sequence[dt.datetime] | None = None,
        external_task_ids: Sequence[str] | None = None,
        external_task_group_id: str | None = None,
        allowed_states: Sequence[str] | None = None,
        skipped_states: Sequence[str] | None = None,
        failed_states: Sequence[str] | None = None,
        poke_interval: float = 2.0,
        must_exist: bool = False,
        execution_dates: Sequence[dt.datetime] | None = None,
        **more: Any,
    ) -> None:
        super().__init__()
        del more
        self.external_dag_id = external_dag_id
        self.logical_dates = list(logical_dates or execution_dates or ())
        self.external_task_ids = None if external_task_ids is None else list(external_task_ids)
        self.external_task_group_id = external_task_group_id
        self.allowed_states = list(allowed_states or ["success"])
        self.skipped_states = list(skipped_states or ())
        self.failed_states = list(failed_states or ())
        self.poke_interval = poke_interval
        self.must_exist = must_exist

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class and its arguments."""
        names = (
            "external_dag_id", "logical_dates", "external_task_ids", "external_task_group_id",
            "allowed_states", "skipped_states", "failed_states", "poke_interval", "must_exist",
        )  # fmt: skip
        return f"{_HOME}.WorkflowTrigger", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Ask the engine until they have ended."""
        import asyncio

        from penstock.task_process.other_runs import OtherRuns

        runs = OtherRuns(
            self.external_dag_id,
            self.logical_dates,
            task_ids=self.external_task_ids,
            group_id=self.external_task_group_id,
            allowed=self.allowed_states,
            skipped=self.skipped_states,
            failed=self.failed_states,
            must_exist=self.must_exist,
        )
        said: list[str] = []
        while True:
            seen: list[str] = []
            how, reason = await asyncio.to_thread(runs.look, self.socket, seen.append)
            if seen != said:
                self.log.info("%s", "; ".join(seen))
                said = seen
            if how is not None:
                yield TriggerEvent({"status": how, "reason": reason})
                return
            await asyncio.sleep(self.poke_interval)


class DagStateTrigger(Trigger):
    """Fires once run *run_id* of *dag_id* is in one of *states*, or has ended or gone.

    The event is ``{"run_id": ..., "state": ...}``; no state: there is no such run.
    """

    def __init__(
        self,
        dag_id: str,
        states: Sequence[str],
        run_ids: Sequence[str] = (),
        poll_interval: float = 5.0,
        **more: Any,
    ) -> None:
        super().__init__()
        del more
        self.dag_id = dag_id
        self.states = list(states)
        self.run_ids = list(run_ids)
        self.poll_interval = poll_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class and its arguments."""
        names = ("dag_id", "states", "run_ids", "poll_interval")
        return f"{_HOME}.DagStateTrigger", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Ask the engine until each run has ended."""
        import asyncio

        from penstock.model.states import RUN_TERMINAL
        from penstock.task_process.engine_client import NoEngineError, ask_at

        found: dict[str, str | None] = {}
        while len(found) < len(self.run_ids):
            for run_id in self.run_ids:
                try:
                    answer = await asyncio.to_thread(
                        ask_at, self.socket, "run_states", dag_id=self.dag_id, run_id=run_id
                    )
                except NoEngineError:
                    continue
                state = answer.get("run")
                if state is None or state in self.states or state in RUN_TERMINAL:
                    found[run_id] = state
            await asyncio.sleep(self.poll_interval if len(found) < len(self.run_ids) else 0)
        first = self.run_ids[0]
        yield TriggerEvent({"run_id": first, "state": found[first], "states": found})


class SuccessTrigger(Trigger):
    """Fires at once."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class; it has no arguments."""
        return f"{_HOME}.SuccessTrigger", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Fire."""
        yield TriggerEvent(payload=True)


class FailureTrigger(Trigger):
    """Fails at once."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class; it has no arguments."""
        return f"{_HOME}.FailureTrigger", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Raise ValueError."""
        nothing: tuple[TriggerEvent, ...] = ()
        for event in nothing:
            yield event
        raise ValueError("it is made to fail")
