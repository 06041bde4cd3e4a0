"""Asks a task's retry policy what an error means."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.abstract_operator import AbstractOperator
    from penstock.authoring.context import Context


def decide(task: AbstractOperator, context: Context, error: BaseException) -> tuple[bool, float | None]:
    """Return whether another try is worth it, and after how many seconds (None: as the task says).

    The policy's ``evaluate`` returns a decision with ``action`` ("retry", "fail" or "default"),
    ``retry_delay`` and ``reason``. One that fails itself decides nothing.
    """
    ti = context["ti"]
    try:
        decision = task.retry_policy.evaluate(error, ti.try_number, ti.max_tries, context)
        action = str(getattr(decision.action, "value", decision.action))
        delay = decision.retry_delay
        seconds = None if delay is None else float(getattr(delay, "total_seconds", lambda: delay)())
    except Exception as broken:  # noqa: BLE001 - it is the author's code
        print(f"the retry policy failed: {type(broken).__name__}: {broken}")  # noqa: T201 - to the task's log
        return True, None
    if action != "default":
        _say(action, seconds, decision)
    return action != "fail", seconds if action == "retry" else None


def _say(action: str, seconds: float | None, decision: Any) -> None:
    why = f": {decision.reason}" if decision.reason else ""
    wait = f" after {seconds:g} s" if action == "retry" and seconds is not None else ""
    print(f"the retry policy says {action}{wait}{why}")  # noqa: T201 - to the task's log
