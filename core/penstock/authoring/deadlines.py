"""Deadlines of runs: by when a run should have ended, or started, and which callbacks are called if not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from penstock.authoring.checked import Checked
from penstock.authoring.checks import callbacks, optional_text, seconds, shown
from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.arguments import Callbacks, Duration
    from penstock.authoring.checked import Check


class DeadlineReference:
    """What a deadline counts from. Take one of the constants, or ``FIXED_DATETIME(moment)``.

    ``RUN_DUE`` is when the run was due; ``RUN_STARTED`` counts from the same time, but is about the *start*
    of the run, whenever it ends.
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
        """Count from *moment*, the same for every run.

        Raises `DagFileError` for anything but a datetime.
        """
        if not isinstance(moment, datetime):
            refuse(f"FIXED_DATETIME takes a datetime, not {moment!r}")
        return DeadlineReference("fixed", moment)


DeadlineReference.DAGRUN_QUEUED_AT = DeadlineReference("queued")
DeadlineReference.DAGRUN_LOGICAL_DATE = DeadlineReference("logical_date")
DeadlineReference.RUN_DUE = DeadlineReference("due")
DeadlineReference.RUN_STARTED = DeadlineReference("started")


def _reference(value: Any, name: str) -> DeadlineReference:  # noqa: ARG001 - the signature of all checks
    if not isinstance(value, DeadlineReference):
        refuse(f"a deadline must count from a DeadlineReference, not {shown(value)}")
    return value


def _callback(value: Any, name: str) -> Sequence[Callable[..., Any]]:
    found = callbacks(value, name)
    if not found:
        refuse("a deadline needs a callback")
    return found


class DeadlineAlert(Checked):
    """Calls *callback* when a run has not ended *interval* after *reference*.

    *callback* is a function, a notifier, or several; *interval* is a timedelta or seconds. It is called once
    per run, with the run's context and ``context["deadline"]``: which deadline passed, in words.
    """

    checks: Mapping[str, Check] = {
        "reference": _reference,
        "interval": seconds,
        "callback": _callback,
        "name": optional_text,
    }

    def __init__(
        self, reference: DeadlineReference, interval: Duration, callback: Callbacks, name: str | None = None
    ) -> None:
        self.reference = reference
        self.interval: float = interval  # type: ignore[assignment]  # made seconds when it is set
        self.callback: Sequence[Callable[..., Any]] = callback  # type: ignore[assignment]
        self.name = name


def deadlines(given: Any, name: str = "deadline") -> tuple[DeadlineAlert, ...]:
    """Return the deadlines of a DAG: one, several or none.

    Raises `DagFileError` for anything else.
    """
    found = () if given is None else tuple(given) if isinstance(given, list | tuple) else (given,)
    for one in found:
        if not isinstance(one, DeadlineAlert):
            refuse(f"{name} must be a DeadlineAlert or a list of them, not {shown(one)}")
    return found
