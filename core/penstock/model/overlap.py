"""What becomes of a due schedule point while other runs of its DAG are unfinished. Pure.

The engine and the forecast ask the same rule.
"""

from __future__ import annotations

from typing import Literal

from penstock.model.spec import DagSpec

QUEUE_AHEAD = 32
"""With catchup ``all``, the most runs in the queue: the rest stays in the schedule."""


def takes_more(spec: DagSpec, active: int) -> bool:
    """Whether due points are settled while *active* runs (without backfill runs) are unfinished."""
    return spec.catchup != "all" or active < max(QUEUE_AHEAD, spec.max_active_runs)


def on_overlap(spec: DagSpec, active: int) -> Literal["create", "skip", "replace"]:
    """Return what happens to a due point: a run, none, or one for which the active runs are cancelled."""
    if active < spec.max_active_runs or spec.overlap == "queue":
        return "create"
    return "skip" if spec.overlap == "skip" else "replace"


def fair_share(left: int, due: int) -> int:
    """Return how many points of each of *due* DAGs are settled at once when *left* runs may be created."""
    return max(1, left // max(1, due))
