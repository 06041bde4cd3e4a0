"""How long the engine sleeps at most, and how often it looks at all that runs."""

from __future__ import annotations

LONGEST_SLEEP = 30.0
"""Seconds of the longest sleep: the wall clock may be set meanwhile."""
SWEEP_EVERY = 5.0
"""Seconds between observations of all live attempts without a hint."""
