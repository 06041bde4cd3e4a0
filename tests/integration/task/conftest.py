"""Each test of a task makes its DAGs in a scope of its own."""

from __future__ import annotations

from drive.tasks import own_scope

__all__ = ["own_scope"]
