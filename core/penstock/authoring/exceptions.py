"""What an author raises or returns to say more than "done" or "broken"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class SkipException(Exception):  # noqa: N818 - the name authors know
    """Raise it in a task: the task ends as skipped, without using a retry."""


class FailException(Exception):  # noqa: N818 - the name authors know
    """Raise it in a task: the task fails at once, whatever retries it has left."""


class SensorTimeout(FailException):
    """A sensor waited for as long as it may."""


AirflowSkipException = SkipException
AirflowFailException = FailException
AirflowSensorTimeout = SensorTimeout


class Rescheduled(Exception):  # noqa: N818 - not an error: a sensor lets go of its process
    """A sensor in mode ``reschedule`` found nothing; ``next_poke_at`` is seconds since 1970 UTC."""

    def __init__(self, next_poke_at: float) -> None:
        super().__init__("nothing yet")
        self.next_poke_at = next_poke_at


class Terminated(BaseException):
    """The task was told to stop (SIGTERM). Let it pass, so that clean-up runs and the process ends."""


@dataclass(frozen=True, slots=True)
class PokeReturnValue:
    """What a sensor's poke may return instead of True or False: also a value for those downstream."""

    is_done: bool
    xcom_value: Any = None

    def __bool__(self) -> bool:
        return self.is_done
