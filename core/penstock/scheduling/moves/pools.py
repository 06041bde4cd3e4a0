"""Writing pools."""

from __future__ import annotations

from penstock.scheduling.world.tick import Tick
from penstock.store.engine.records import PoolRecord
from penstock.store.engine.writes import DELETE_POOL, INSERT_POOL


def put_pool(tick: Tick, pool: PoolRecord) -> None:
    """Write a pool, new or changed."""
    tick.gate.also(DELETE_POOL, {"b_name": pool.name})
    tick.gate.also(INSERT_POOL, {name: getattr(pool, name) for name in PoolRecord.__slots__})
    tick.world.pools[pool.name] = pool
