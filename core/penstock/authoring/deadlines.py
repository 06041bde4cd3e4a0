"""Deadlines of runs: by when a run should have ended, or started, and who is told when it has not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from penstock.authoring.arguments import callbacks, seconds
from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.arguments import Callbacks, Duration


class DeadlineReference:
    """What a deadline counts from. Take one of the constants, or ``FIXED_DATETIME(moment)``.

    ``RUN_DUE`` is when the run was due; ``RUN_STARTED`` counts from there too, and asks that the run
    has *started* by the deadline, whenever it ends.
    """

    DAGRUN_QUEUED_AT: DeadlineReference
    DAGRUN_LOGICAL_DATE: DeadlineReference
    RUN_DUE: DeadlineReference
    RUN_STARTED: DeadlineReference

    def __init__(self, word: str, at: datetime | None = None) -> None:
        self.word = word
        self.at = at

    @staticmethod
    def FIXED_DATETIME(moment: datetime) -> DeadlineReference:  # noqa: N802 - the reference's name
        """Count from *moment*, the same for every run."""
        if not isinstance(moment, datetime):
            refuse(f"FIXED_DATETIME takes a datetime, not {moment!r}")
        return DeadlineReference("fixed", moment)


DeadlineReference.DAGRUN_QUEUED_AT = DeadlineReference("queued")
DeadlineReference.DAGRUN_LOGICAL_DATE = DeadlineReference("logical_date")
DeadlineReference.RUN_DUE = DeadlineReference("due")
DeadlineReference.RUN_STARTED = DeadlineReference("started")


class DeadlineAlert:
    """Tells *callback* when a run has not ended *interval* after *reference*.

    *callback* is a function, a notifier, or several; *interval* is a timedelta or seconds. Called once a
    run, with the run's context and ``context["deadline"]``: which deadline passed, in words.
    """

    def __init__(
        self, reference: DeadlineReference, interval: Duration, callback: Callbacks, name: str | None = None
    ) -> None:
        if not isinstance(reference, DeadlineReference):
            refuse(f"a deadline counts from a DeadlineReference, not {reference!r}")
        self.reference = reference
        self.interval = seconds(interval, "interval")
        self.callback: Sequence[Callable[..., Any]] = callbacks(callback, "callback")
        if not self.callback:
            refuse("a deadline needs a callback: who is to be told?")
        self.name = name


def deadlines(given: Any) -> tuple[DeadlineAlert, ...]:
    """Return the deadlines of a DAG: one, several or none."""
    found = () if given is None else tuple(given) if isinstance(given, list | tuple) else (given,)
    for one in found:
        if not isinstance(one, DeadlineAlert):
            refuse(f"deadline must be a DeadlineAlert or a list of them, not {one!r}")
    return found
