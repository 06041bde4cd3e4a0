"""Attempts that run but have no row: found in their directories when an engine starts.

A copy of the database knows every attempt from before it was made, so only attempts younger than its newest
one are checked; or all of them, if the database is not the one that was last used here.
"""

from __future__ import annotations

from contextlib import suppress

from penstock.execution.executor import Accepted, Claimed, Executor
from penstock.scheduling.world.orders import Stray
from penstock.store.database import Database
from penstock.store.upkeep.expire import newest_attempt, unknown_attempts

_CLOCK_BACK_MS = 2 * 3600 * 1000
"""How far the wall clock may have been set back in the meantime."""


def strays(database: Database, executor: Executor, *, known: bool) -> list[Stray]:
    """Return the attempts without a row that run, or are about to.

    *known* says that the database is the one that was last used here.
    """
    newest = newest_attempt(database) if known else None
    first = "" if newest is None else f"{max(int(newest[:12], 16) - _CLOCK_BACK_MS, 0):012x}"
    ids = sorted(executor.kept(since=first))
    return [_stray(executor, each) for each in unknown_attempts(database, ids) if _may_run(executor, each)]


def _may_run(executor: Executor, attempt_id: str) -> bool:
    """Whether a supervisor has it or may take it; an unclaimed one is revoked here."""
    seen = executor.observe([attempt_id])[attempt_id]
    if isinstance(seen, Accepted):
        seen = executor.revoke(attempt_id)
    return isinstance(seen, Claimed)


def _stray(executor: Executor, attempt_id: str) -> Stray:
    said = executor.order_of(attempt_id)

    def number(name: str, default: int) -> int:
        with suppress(ValueError):
            return int(said.get(f"PENSTOCK_CTX_{name}", default))
        return default

    return Stray(
        attempt_id,
        said.get("PENSTOCK_CTX_DAG_ID"),
        said.get("PENSTOCK_CTX_RUN_ID"),
        said.get("PENSTOCK_CTX_TASK_ID"),
        number("MAP_INDEX", -1),
        number("TRY_NUMBER", 1),
    )
