"""How soon after one tick the next one comes. Pure."""

from __future__ import annotations

LONGEST_SLEEP = 30.0
"""Seconds of the longest sleep: the wall clock may be set meanwhile."""
SWEEP_EVERY = 5.0
"""Seconds between observations of all live attempts without a hint."""
GATHER = 0.002
"""Seconds from the end of one tick to the next, at least, while the ends of short tasks follow one another:
a tick costs as much for one end as for several, and a write to the disk."""


def gather(since: float, *, hinted: int, live: int, asked: bool) -> float:
    """Return for how many seconds the next tick waits for more hints, *since* seconds after the last one.

    It waits only if others may end meanwhile: *live* attempts are more than those *hinted* at. So the next
    task of a chain, which is alone or comes later than that, never waits; nor does a person who *asked*.
    """
    if asked or not 0 < hinted < live:
        return 0.0
    return max(0.0, GATHER - since)
