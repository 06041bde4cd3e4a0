"""An error in one attempt ends that attempt, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.supervisor.attempt import Attempt

STEPS: dict[str, tuple[Any, ...]] = {
    "begin": (0.0,),
    "forked": (5,),
    "feed": (b"x",),
    "obey_stop": (0.0,),
    "tick": (0.0,),
    "reaped": (0, None, 0.0),
    "settle": (0.0,),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_breaks_its_own_attempt_off(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken: list[Exception] = []
    monkeypatch.setattr(Attempt, "break_off", lambda attempt, error: broken.append(error))
    attempt = Attempt.__new__(Attempt)  # nothing is set: whatever the step does first fails
    more: dict[str, Any] = {"strays": []} if step == "settle" else {}
    assert getattr(attempt, step)(*STEPS[step], **more) is None
    assert [type(error) for error in broken] == [AttributeError]
