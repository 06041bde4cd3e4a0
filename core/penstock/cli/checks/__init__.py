"""What `penstock doctor` looks at. Each check returns a verdict, a message and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. ``todo`` is what to do about it, when there is something to do."""

    name: str
    verdict: Verdict
    text: str
    todo: str | None = None
