"""What the end of a process means: pure rules that read no files and no clock."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Collection
    from typing import Any


def conclude(
    status: int,
    *,
    ordered: str | None = None,
    reason: str | None = None,
    verdict: dict[str, Any] | None = None,
    skip_codes: Collection[int] = (),
) -> dict[str, Any]:
    """Return the ``kind``, ``exit_code``, ``signal``, ``sent_by`` and ``reason`` of a result.

    *status* is wait(2)'s. *ordered* is ``timeout`` or ``cancelled`` when the supervisor ordered the end,
    with its *reason*. A task child's *verdict* refines a clean exit and explains a failed one; it cannot
    make a success of a non-zero exit or of a signal.
    """
    code = os.waitstatus_to_exitcode(status)
    ended: dict[str, Any] = {"exit_code": code} if code >= 0 else {"signal": -code}
    if ordered is not None:
        if code < 0:
            ended["sent_by"] = "penstock"
        return {"kind": ordered, **ended, "reason": reason}
    if code < 0:
        return {"kind": "signal", **ended, "reason": reason}
    # A process that becomes a command leaves its label, but cannot say how the command will end.
    if verdict is not None and verdict.get("kind") is not None:
        return _with_verdict(code, verdict)
    if code in skip_codes:
        return {"kind": "skipped", **ended, "reason": f"exit code {code} means skip"}
    return {"kind": "exit_code", **ended, "reason": reason}


def _with_verdict(code: int, verdict: dict[str, Any]) -> dict[str, Any]:
    kind = verdict.get("kind")
    reason = verdict.get("reason")
    if code == 0 and kind in {"skipped", "rescheduled", "deferred"}:
        return {"kind": kind, "exit_code": code, "reason": reason}
    if code == 0 and kind in {"failed", "fail_without_retry"}:
        code = 1  # it reported a failure and then exited with 0: the report counts
    return {"kind": "exit_code", "exit_code": code, "reason": reason}


def begun(start: float, end: float, worked: float) -> float:
    """Return when what ended at *end* began, by the clock as it is set at the end.

    *start* is what the clock showed then, *worked* the seconds that passed: they differ if it was set.
    """
    return start if abs(end - worked - start) < 1 else end - worked
