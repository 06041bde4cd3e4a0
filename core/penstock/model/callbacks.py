"""The states of a delivery of callbacks, and the allowed changes."""

from __future__ import annotations

from enum import StrEnum

from penstock.model.looks import LOOKS
from penstock.model.vocabulary import Term, Vocabulary


class CallbackState(StrEnum):
    """The state of one delivery."""

    WAITING = "waiting"
    """It waits for a process: the first, or another one after a loss."""
    RUNNING = "running"
    """A process calls the author's callbacks."""
    DONE = "done"
    """All callbacks were called, and none failed."""
    FAILED = "failed"
    """Something failed. It is not called again."""


CALLBACKS = Vocabulary(
    CallbackState,
    "callback",
    {
        CallbackState.WAITING: Term(
            "waiting", LOOKS["waiting"], frozenset({CallbackState.RUNNING, CallbackState.FAILED})
        ),
        CallbackState.RUNNING: Term(
            "running",
            LOOKS["running"],
            frozenset({CallbackState.WAITING, CallbackState.DONE, CallbackState.FAILED}),
        ),
        CallbackState.DONE: Term("done", LOOKS["success"]),
        CallbackState.FAILED: Term("failed", LOOKS["failed"]),
    },
)
