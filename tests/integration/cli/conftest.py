"""Commands in this process, on an engine in memory or on none."""

from __future__ import annotations

from drive.commands import alone, engine, home, say

__all__ = ["alone", "engine", "home", "say"]
