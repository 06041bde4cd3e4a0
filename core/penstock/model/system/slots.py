"""The sections of what runs tasks: parallelism, pools, executors. Pure."""

from __future__ import annotations

from penstock.ids import instance_key
from penstock.model.system.parts import Item, Place, Section, Words, count
from penstock.model.views.pools import PoolRow, SlotUse
from penstock.model.views.system import ExecutorRow, SystemPage, WorkerRow


def parallelism(page: SystemPage, _words: Words) -> Section:
    """Return how many of all slots are taken."""
    facts = page.engine
    full = 0 < facts.parallelism <= facts.running and facts.queued > 0
    line = f"{facts.running:,} of {facts.parallelism:,} slots taken, {facts.queued:,} queued"
    if full:
        line += ": raise parallelism in penstock.toml"
    return Section("parallelism", "parallelism", "warn" if full else "ok", line, (), Place("now"))


def pools(page: SystemPage, _words: Words) -> Section:
    """Return the pools; each opens to who holds its slots and who waits."""
    full = [pool for pool in page.pools if _is_full(pool)]
    used, slots = sum(pool.used for pool in page.pools), sum(pool.slots for pool in page.pools)
    waiting = sum(pool.waiting for pool in page.pools)
    if full:
        named = ", ".join(f"{pool.name} {pool.used}/{pool.slots}, {pool.waiting:,} wait" for pool in full[:3])
        more = f" and {len(full) - 3} more" if len(full) > 3 else ""
        line = f"full: {named}{more}"
    else:
        wait = "none waits" if not waiting else f"{waiting:,} wait"
        line = f"{count(len(page.pools), 'pool')}, {used:,} of {slots:,} slots taken, {wait}"
    return Section("pools", "pools", "warn" if full else "ok", line, tuple(map(_pool, page.pools)))


def _is_full(pool: PoolRow) -> bool:
    return pool.waiting > 0 and pool.used >= pool.slots


def _pool(pool: PoolRow) -> Item:
    text = f"{pool.used:,} of {pool.slots:,} slots taken, {pool.waiting:,} wait"
    if pool.include_deferred:
        text += "; deferred tasks keep theirs"
    if pool.description:
        text += f"; {pool.description}"
    below = [_use(pool, use, "holds") for use in pool.held] + [
        _use(pool, use, "waits") for use in pool.wanted
    ]
    if pool.waiting > len(pool.wanted):
        more = pool.waiting - len(pool.wanted)
        below.append(Item(f"pools/{pool.name}/more", "", f"and {more:,} more wait", place=Place("now")))
    return Item(
        f"pools/{pool.name}",
        pool.name,
        text,
        "warn" if _is_full(pool) else "ok",
        Place("pool", pool=pool.name),
        tuple(below),
    )


def _use(pool: PoolRow, use: SlotUse, verb: str) -> Item:
    key = instance_key(use.task_id, use.map_index)
    slots = f" ({count(use.slots, 'slot')})" if use.slots != 1 else ""
    place = Place("run", use.dag_id, use.run_id, use.task_id, use.map_index, pool=pool.name)
    name = f"pools/{pool.name}/{verb}/{use.dag_id}/{use.run_id}/{key}"
    return Item(name, verb, f"{use.dag_id} {use.run_id} {key}{slots}", place=place)


def executors(page: SystemPage, words: Words) -> Section:
    """Return the processes that run attempts."""
    silent = [row for row in page.executors if row.state in {"silent", "unreachable"} or row.note]
    attempts = sum(row.attempts for row in page.executors)
    names = sorted({row.executor for row in page.executors})
    line = f"{', '.join(names)}: {count(len(page.executors), 'worker')}, {count(attempts, 'attempt')}"
    if not page.executors:
        line = "none: no engine runs" if page.engine.pid is None else "no worker yet"
    if silent:
        line = f"{len(silent)} need a look: {line}"
    items = tuple(
        _worker(row, row.worker, words)
        if row.worker is not None
        else Item(
            f"executors/{row.executor}/{row.pid}",
            f"{row.executor} {row.pid or '-'}",
            f"{row.state}, {count(row.attempts, 'attempt')}, {words.size(row.rss)}"
            + (f": {row.note}" if row.note else ""),
            "warn" if row in silent else "ok",
            Place("now"),
        )
        for row in page.executors
    )
    return Section("executors", "executors", "warn" if silent else "ok", line, items)


def _worker(row: ExecutorRow, worker: WorkerRow, words: Words) -> Item:
    """Return a worker: its host, slots, queues and load, and the tasks that it runs below."""
    pieces: list[str] = [worker.state]
    if worker.state != "ready" and worker.since is not None:
        pieces[0] += f" since {words.past(worker.since)}"
    pieces.append(
        f"{worker.used} of {count(worker.slots, 'slot')}, {max(0, worker.slots - worker.used)} free"
    )
    pieces.append(f"queue{'' if len(worker.queues) == 1 else 's'} {', '.join(worker.queues) or '-'}")
    pieces += [f"{name} {amount:g}" for name, amount in sorted(worker.resources.items())]
    if worker.load is not None:
        pieces.append(f"load {worker.load:.1f}")
    if worker.host:
        pieces.append(f"host {worker.host}")
    if worker.contact is not None:
        pieces.append(f"last contact {words.past(worker.contact)}")
    above = f"executors/{worker.executor}/{worker.name}"
    return Item(
        above,
        f"{worker.executor} {worker.name}",
        ", ".join(pieces) + (f": {worker.note}" if worker.note else ""),
        "warn" if worker.state == "unreachable" or row.note else "ok",
        Place("now"),
        tuple(
            Item(
                f"{above}/{use.dag_id}/{use.run_id}/{instance_key(use.task_id, use.map_index)}",
                "runs",
                f"{use.dag_id} {use.run_id} {instance_key(use.task_id, use.map_index)}",
                place=Place("run", use.dag_id, use.run_id, use.task_id, use.map_index),
            )
            for use in worker.runs
        ),
    )
