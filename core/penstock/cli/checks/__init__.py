"""The checks of `penstock doctor`. Each returns a verdict, a message and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check. ``todo`` says what to do, if something has to be done."""

    name: str
    verdict: Verdict
    text: str
    todo: str | None = None
