"""What an author may raise or return besides a plain result or an error."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class AirflowException(Exception):  # noqa: N818 - the name authors know
    """Whatever goes wrong in a task, for files that catch it: Airflow's base of what tasks raise."""

    status_code = 500


class SkipException(AirflowException):
    """Raise it in a task: the task ends as skipped, without using a retry."""


class FailException(AirflowException):
    """Raise it in a task: the task fails at once, whatever retries it has left."""


class SensorTimeout(FailException):
    """A sensor has waited for as long as it may."""


class TaskError(Exception):
    """A mistake in a task that its message explains: the log needs no traceback of Penstock."""


class TemplateLimitError(TaskError):
    """A template used more characters, memory or time than it may."""


class TaskDeferralError(TaskError, AirflowException):
    """A trigger failed: the task that waited for it goes on with this."""


class TaskDeferralTimeout(TaskDeferralError):  # noqa: N818 - the name authors know
    """A trigger did not fire in time."""


class HITLTriggerEventError(TaskError, AirflowException):
    """A task that asked a person got no answer that it can go on with."""


class HITLTimeoutError(HITLTriggerEventError):
    """Nobody answered in time."""


class HITLRejectException(TaskError, AirflowException):  # noqa: N818 - the name authors know
    """What had to be approved was rejected."""


AirflowSkipException = SkipException
AirflowFailException = FailException
AirflowSensorTimeout = SensorTimeout


class Rescheduled(AirflowException):
    """A sensor in mode ``reschedule`` is not done; ``next_poke_at`` is seconds since 1970 UTC."""

    def __init__(self, next_poke_at: float) -> None:
        super().__init__("nothing yet")
        self.next_poke_at = next_poke_at


class Terminated(BaseException):
    """The task must stop (SIGTERM). Do not catch it, so that clean-up runs and the process ends."""


class PokeReturnValue:
    """What a sensor's poke may return instead of True or False: also a value for downstream tasks."""

    def __init__(self, is_done: bool, xcom_value: Any = None) -> None:
        self.is_done = is_done
        self.xcom_value = xcom_value

    def __bool__(self) -> bool:
        return self.is_done
