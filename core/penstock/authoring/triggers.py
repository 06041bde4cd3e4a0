"""What a deferred task waits for: a trigger, which runs beside many others in one asyncio process."""

from __future__ import annotations

from penstock.authoring.exceptions import TaskDeferralError, TaskDeferralTimeout

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from collections.abc import AsyncIterator
    from typing import Any

FAIL = "__fail__"
"""Airflow's name of the method with which a task goes on whose trigger brought nothing."""


def raise_failure(kwargs: dict[str, Any]) -> None:
    """Raise why a trigger brought nothing: what goes on with `FAIL` gets it in *kwargs*."""
    error = str(kwargs.get("error") or "the trigger failed")
    raise TaskDeferralTimeout(error) if kwargs.get("timed_out") else TaskDeferralError(error)


class TriggerEvent:
    """What a trigger reports; *payload* reaches the task, so it must be a value that an XCom can hold."""

    def __init__(self, payload: Any, **more: Any) -> None:
        del more
        self.payload = payload

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TriggerEvent) and other.payload == self.payload

    __hash__ = None  # type: ignore[assignment]  # a payload may be a dict

    def __repr__(self) -> str:
        return f"{type(self).__name__}<{self.payload!r}>"


class TaskEndEvent(TriggerEvent):
    """Ends the task at once, with *xcoms* pushed for it, without calling a method of it."""

    end = ""
    """How the task ends: ``success``, ``failed`` or ``skipped``."""

    def __init__(self, *, xcoms: dict[str, Any] | None = None, **more: Any) -> None:
        super().__init__(self.end, **more)
        self.xcoms = xcoms or {}


class TaskSuccessEvent(TaskEndEvent):
    """The task has succeeded."""

    end = "success"


class TaskFailedEvent(TaskEndEvent):
    """The task has failed."""

    end = "failed"


class TaskSkippedEvent(TaskEndEvent):
    """The task is skipped."""

    end = "skipped"


class Trigger:
    """The base of an author's trigger: something to wait for without a process of one's own.

    `serialize` says how to make it again: in another process, perhaps more than once. `run` is an
    asynchronous generator; its first `TriggerEvent` lets the task go on. It shares one thread with all other
    triggers, so nothing in it may block.
    """

    def __init__(self, **kwargs: Any) -> None:
        del kwargs
        self.task_instance: Any = None
        """Whom it is for, while it runs: ``dag_id``, ``run_id``, ``task_id``, ``map_index`` and so on."""
        self.trigger_id: Any = None
        self.socket: str | None = None
        """The engine's, while it runs."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class, as ``module.Class``, and the arguments that make an equal trigger.

        The arguments must be values that an XCom can hold.
        """
        raise NotImplementedError(f"{type(self).__name__} has no serialize()")

    def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, and yield what happened."""
        raise NotImplementedError(f"{type(self).__name__} has no run()")

    async def cleanup(self) -> None:
        """Clean up: it has fired, or nobody waits for it any more."""

    @property
    def log(self) -> logging.Logger:
        """A logger whose lines the task prints when it goes on."""
        import logging

        return logging.getLogger("penstock.task")

    def __repr__(self) -> str:
        try:
            name, kwargs = self.serialize()
        except Exception:  # noqa: BLE001 - it is the author's
            return f"<{type(self).__name__}>"
        return f"<{name} {', '.join(f'{key}={value!r}' for key, value in kwargs.items())}>"


BaseTrigger = Trigger
BaseEventTrigger = Trigger
BaseTaskEndEvent = TaskEndEvent


class StartTriggerArgs:
    """What a task with ``start_from_trigger`` begins with, instead of `execute`."""

    def __init__(
        self,
        trigger_cls: str,
        next_method: str,
        trigger_kwargs: dict[str, Any] | None = None,
        next_kwargs: dict[str, Any] | None = None,
        timeout: Any = None,
    ) -> None:
        self.trigger_cls = trigger_cls
        self.next_method = next_method
        self.trigger_kwargs = trigger_kwargs
        self.next_kwargs = next_kwargs
        self.timeout = timeout


class NamedTrigger(Trigger):
    """A trigger that is known by the name of its class and its arguments alone."""

    def __init__(self, name: str, kwargs: dict[str, Any]) -> None:
        super().__init__()
        self._made_of = (name, kwargs)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what was given."""
        return self._made_of


class TaskDeferred(BaseException):
    """Raised by `defer`: the task goes on in *method_name* once *trigger* has fired.

    The method gets the context, *kwargs*, and the event's payload as ``event``. After *timeout* (seconds or a
    timedelta) the task goes on with `TaskDeferralTimeout` instead.
    """

    def __init__(
        self,
        *,
        trigger: Trigger,
        method_name: str,
        kwargs: dict[str, Any] | None = None,
        timeout: Any = None,
    ) -> None:
        super().__init__()
        if not callable(getattr(trigger, "serialize", None)):
            raise TypeError(f"defer() needs a trigger, not {type(trigger).__name__}")
        self.trigger = trigger
        self.method_name = method_name
        self.kwargs = kwargs
        self.timeout = timeout

    def __repr__(self) -> str:
        return f"<TaskDeferred trigger={self.trigger!r} method={self.method_name}>"
