"""The base class of sensors: they check a condition again and again until it is true."""

from __future__ import annotations

import time
from abc import ABCMeta
from collections.abc import Mapping

from penstock.authoring import scope
from penstock.authoring.checks import one_of, optional_seconds, seconds, truth
from penstock.authoring.exceptions import (
    FailException,
    PokeReturnValue,
    Rescheduled,
    SensorTimeout,
    SkipException,
    TaskDeferralError,
    TaskDeferralTimeout,
    Terminated,
)
from penstock.authoring.operator import Operator
from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, Unpack

    from penstock.authoring.arguments import Duration, TaskArgs
    from penstock.authoring.checked import Check
    from penstock.authoring.context import Context
    from penstock.authoring.triggers import Trigger

    class SensorArgs(TaskArgs, total=False):
        """What any sensor accepts besides its own arguments. Durations: a timedelta or seconds."""

        poke_interval: Duration
        timeout: Duration | None
        mode: Literal["poke", "reschedule"]
        exponential_backoff: bool
        max_wait: Duration | None
        soft_fail: bool
        silent_fail: bool
        never_fail: bool
        deferrable: bool


WEEK = 7 * 24 * 3600.0


class Sensor(Operator):
    """Waits until `poke` returns true, calling it every *poke_interval* seconds for at most *timeout*.

    ``mode="poke"`` keeps its process and slot; ``"reschedule"`` gives both back between two checks.
    *timeout* counts from the first check, over reschedules and retries, and is not retried.
    *soft_fail* turns a timeout or a failure into a skip; *silent_fail* treats an error in poke as
    "not yet"; *never_fail* turns any error into a skip. *exponential_backoff* doubles the interval
    each time, up to *max_wait*. With *deferrable* a sensor that has a trigger looks once and then leaves the
    waiting to that: it has no process then, and holds no slot.
    """

    checks: Mapping[str, Check] = {
        **Operator.checks,
        "poke_interval": seconds,
        "timeout": lambda value, name: WEEK if value is None else seconds(value, name),
        "mode": one_of("poke", "reschedule"),
        "exponential_backoff": lambda value, name: truth(bool(value), name),
        "max_wait": optional_seconds,
        **dict.fromkeys(["soft_fail", "silent_fail", "never_fail"], truth),
    }

    def __init__(
        self,
        *,
        poke_interval: Duration = 60.0,
        timeout: Duration | None = None,
        mode: Literal["poke", "reschedule"] = "poke",
        exponential_backoff: bool = False,
        max_wait: Duration | None = None,
        soft_fail: bool = False,
        silent_fail: bool = False,
        never_fail: bool = False,
        deferrable: bool = False,
        task_id: str,
        **task: Unpack[TaskArgs],
    ) -> None:
        super().__init__(task_id=task_id, **task)
        self.poke_interval: float = poke_interval  # type: ignore[assignment]  # made seconds when it is set
        self.timeout: float = timeout  # type: ignore[assignment]
        self.mode: Literal["poke", "reschedule"] = mode
        self.exponential_backoff = exponential_backoff
        self.max_wait: float | None = max_wait  # type: ignore[assignment]
        self.soft_fail = soft_fail
        self.silent_fail = silent_fail
        self.never_fail = never_fail
        if soft_fail and never_fail:
            refuse("soft_fail and never_fail cannot be used together")
        self.deferrable = deferrable
        kind = type(self)
        if (
            deferrable
            and self.dag is not None
            and kind.__module__.startswith("penstock.")
            and kind.trigger_for is Sensor.trigger_for
        ):
            self.dag.warn(
                f"argument deferrable of {kind.__name__} is ignored: use mode='reschedule', which holds no "
                "slot either"
            )

    def trigger_for(self, context: Context) -> Trigger | None:  # noqa: ARG002 - for subclasses
        """Return what to wait for with ``deferrable=True``; None if that cannot be left to a trigger."""
        return None

    @classmethod
    def shared_facts(cls, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of waiting that all instances of a mapped sensor share."""
        names = Sensor.__init__.__kwdefaults__ or {}
        with scope.closed():
            plain = ABCMeta.__call__(
                Sensor, task_id="sensor", **{name: kwargs[name] for name in names if name in kwargs}
            )
        return {
            name: getattr(plain, name)
            for name in ("poke_interval", "timeout", "mode", "exponential_backoff", "max_wait", "soft_fail")
        }

    def poke(self, context: Context) -> bool | PokeReturnValue:
        """Return whether the condition is true."""
        raise NotImplementedError(f"{type(self).__name__} has no poke()")

    def execute(self, context: Context) -> Any:
        """Call `poke` until it returns true; return the value in `PokeReturnValue`.

        Raises `Rescheduled` to wait without a process, and `SensorTimeout` or `SkipException` when the time
        is up.
        """
        pokes = context.poking.pokes
        waited = max(0.0, time.time() - context.poking.first_poke_at)
        start = time.monotonic() - waited
        while True:
            answer = self._answer(context)
            if answer:
                return answer.xcom_value if isinstance(answer, PokeReturnValue) else None
            left = self.timeout - (time.monotonic() - start)
            if left <= 0:
                self._give_up(time.monotonic() - start)
            if self.deferrable and (trigger := self.trigger_for(context)) is not None:
                self.defer(trigger=trigger, method_name="execute_complete", timeout=left)
            pause = min(self.pause(pokes), left)
            pokes += 1
            if self.mode == "reschedule":
                raise Rescheduled(time.time() + pause)
            time.sleep(pause)

    def execute_complete(self, context: Context, event: Any = None) -> Any:  # noqa: ARG002
        """Go on once the trigger has fired: the condition is true."""
        return None

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Go on after a trigger.

        Raises `SensorTimeout` when it did not fire in time, `SkipException` if that or a failure is to skip.
        """
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except TaskDeferralError as error:
            if self.soft_fail or self.never_fail:
                raise SkipException(str(error)) from error
            if isinstance(error, TaskDeferralTimeout):
                raise SensorTimeout(str(error)) from error
            raise

    def pause(self, pokes: int) -> float:
        """Return the seconds to wait after check number *pokes* (from 0)."""
        wait = self.poke_interval
        if self.exponential_backoff:
            wait *= 2.0 ** min(pokes, 60)
        return wait if self.max_wait is None else min(wait, self.max_wait)

    def _answer(self, context: Context) -> bool | PokeReturnValue:
        try:
            return self.poke(context)
        except (SkipException, Terminated):
            raise
        except FailException as error:
            if self.soft_fail or self.never_fail:
                raise SkipException(f"poke failed: {error}") from error
            raise
        except Exception as error:
            if self.never_fail:
                raise SkipException(f"poke failed: {error}") from error
            if not self.silent_fail:
                raise
            print(f"poke failed, asking again: {type(error).__name__}: {error}")  # noqa: T201 - to the task's log
            return False

    def _give_up(self, waited: float) -> None:
        message = f"waited {waited:.0f} s of at most {self.timeout:.0f} s"
        if self.soft_fail or self.never_fail:
            raise SkipException(message)
        raise SensorTimeout(message)


BaseSensorOperator = Sensor
