"""How a queued run or a waiting task goes before the others."""

from __future__ import annotations

from enum import StrEnum


class Rush(StrEnum):
    """What ``run-next`` or ``run-now`` asked for, until the launch."""

    NEXT = "next"
    """It goes first as soon as there is a place."""
    NOW = "now"
    """It does not wait for a place: it ignores limits, but not dependencies and pauses."""


MEANS = {
    Rush.NEXT: "goes before the others as soon as there is a slot",
    Rush.NOW: "does not wait for a slot: it ignores limits, but not dependencies and pauses",
}
"""What each means, for the plan of the act and for the answer to why something waits."""
