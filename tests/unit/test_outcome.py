"""An outcome in a few words."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.model.outcome import Outcome, OutcomeKind, describe

EXIT, SIGNAL, TIMEOUT, CANCELLED = (
    OutcomeKind.EXIT_CODE,
    OutcomeKind.SIGNAL,
    OutcomeKind.TIMEOUT,
    OutcomeKind.CANCELLED,
)


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        (EXIT, {"exit_code": 0}, "exit 0"),
        (EXIT, {"exit_code": 0, "survivors": 1}, "exit 0, 1 process left behind was killed"),
        (EXIT, {"exit_code": 3, "survivors": 4}, "exit 3, 4 processes left behind were killed"),
        (EXIT, {"exit_code": 1, "reason": "boom"}, "exit 1: boom"),
        (SIGNAL, {"signal": 11}, "killed by SIGSEGV (11)"),
        (SIGNAL, {"signal": 9, "sent_by": "ada"}, "killed by SIGKILL (9), sent by ada"),
        (SIGNAL, {"signal": 62}, "killed by signal (62)"),
        (TIMEOUT, {"signal": 15, "sent_by": "penstock"}, "out of time"),
        (TIMEOUT, {"exit_code": 9}, "out of time, ended itself with 9"),
        (TIMEOUT, {"signal": 9, "killed_after": 30.02}, "out of time, killed after 30 s"),
        (TIMEOUT, {"signal": 9, "killed_after": 0.01}, "out of time, killed at once"),
        (TIMEOUT, {"signal": 9}, "out of time, killed"),
        (TIMEOUT, {"signal": 6}, "out of time, ended by SIGABRT (6)"),
        (
            TIMEOUT,
            {"exit_code": 9, "reason": "ran longer than 5 s"},
            "out of time, ended itself with 9: ran longer than 5 s",
        ),
        (
            TIMEOUT,
            {"signal": 15, "survivors": 1, "killed_after": 30.0},
            "out of time, what it left killed after 30 s",
        ),
        (CANCELLED, {"signal": 15}, "cancelled"),
        (CANCELLED, {"exit_code": 0, "reason": "cancelled by ada"}, "cancelled by ada, ended itself with 0"),
        (
            CANCELLED,
            {"exit_code": 143, "survivors": 2, "killed_after": 60.0, "reason": "cancelled by ada"},
            "cancelled by ada, ended itself with 143, 2 processes that it left killed after 60 s",
        ),
        (CANCELLED, {"signal": 15, "reason": "a newer run"}, "cancelled: a newer run"),
        (OutcomeKind.LOST, {"reason": "vanished"}, "lost: vanished"),
    ],
)
def test_an_outcome_in_words(kind: OutcomeKind, fields: dict[str, Any], words: str) -> None:
    assert describe(Outcome(kind=kind, **fields)) == words
