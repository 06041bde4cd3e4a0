"""Writing pools."""

from __future__ import annotations

from penstock.scheduling.world.tick import Tick
from penstock.store.engine.records import PoolRecord


def put_pool(tick: Tick, pool: PoolRecord) -> None:
    """Write a pool, new or changed."""
    tick.gate.put(pool)
    tick.world.pools[pool.name] = pool


def drop_pool(tick: Tick, pool: PoolRecord) -> None:
    """Remove a pool."""
    tick.world.pools.pop(pool.name, None)
    tick.gate.drop(pool)
