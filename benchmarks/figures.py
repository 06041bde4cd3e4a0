"""What a workload hands back: figures, floors, ratios, and whether budgets are met."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a workload is made: ``size`` of 1.0 is the real thing, ``rounds`` how often it is done."""

    rounds: int = 5
    size: float = 1.0

    def count(self, full: int, least: int = 1) -> int:
        """Return *full* things scaled, at least *least*."""
        return max(least, round(full * self.size))

    def seconds(self, full: float) -> float:
        """Return a span of watching scaled, at least half a second."""
        return max(0.5, full * self.size)


@dataclass(frozen=True, slots=True)
class Budget:
    """A figure with what it must be at most, and what we would like it to be."""

    name: str
    value: float
    must: float | None
    goal: float | None

    @property
    def met(self) -> str:
        """``goal``, ``must`` or ``no``; ``-`` when there is no budget."""
        if self.must is None:
            return "-"
        if self.goal is not None and self.value <= self.goal:
            return "goal"
        return "must" if self.value <= self.must else "no"

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "of": self.name,
            "value": rounded(self.value),
            "must": self.must,
            "goal": self.goal,
            "met": self.met,
        }


@dataclass(slots=True)
class Report:
    """One workload's line of JSON."""

    workload: str
    what: str
    figures: dict[str, Any] = field(default_factory=dict)
    floor: dict[str, Any] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)
    budgets: list[Budget] = field(default_factory=list)
    load_before: float = field(default_factory=lambda: os.getloadavg()[0])
    begun: float = field(default_factory=time.monotonic)

    def budget(self, name: str, value: float, must: float | None, goal: float | None) -> None:
        """Hold *value* to a budget."""
        self.budgets.append(Budget(name, value, must, goal))

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "workload": self.workload,
            "what": self.what,
            "figures": rounded(self.figures),
            "floor": rounded(self.floor),
            "ratios": rounded(self.ratios),
            "budgets": [each.document() for each in self.budgets],
            "load": [rounded(self.load_before), rounded(os.getloadavg()[0])],
            "took_s": rounded(time.monotonic() - self.begun),
        }


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return float(statistics.median(values))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that *share* (0..1) of *values* do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, best and worst."""
    return {"median": median(values), "best": min(values), "worst": max(values)}


def rounded(value: Any) -> Any:
    """Return *value* with every float in it cut to four significant digits."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    return value
