"""When the next try after a failure is due. Pure."""

from __future__ import annotations

import hashlib
import math

from penstock.model.spec import TaskSpec

LONGEST = 24 * 3600.0
"""Seconds that a wait may grow to. A longer retry_delay of the author is kept."""


def retry_wait(spec: TaskSpec, *, dag_id: str, logical_us: int | None, try_number: int, nth: int) -> float:
    """Return the seconds between the end of a try and the next.

    *nth* counts tries within the current budget, from 1; *try_number* goes on over clears and only
    seeds the jitter. Constant delays have no jitter. With a multiplier m the base is
    ceil(delay * m^(nth-1)), at least 1 s, and a stable hash of DAG, task, logical date and try adds up
    to that much again, so that many tasks that failed together do not retry together. A grown wait is
    capped at a day, or at the retry_delay if that is longer.
    """
    if not spec.retry_exponential_backoff:
        wait = spec.retry_delay
    else:
        most = max(LONGEST, spec.retry_delay)
        try:
            grown = spec.retry_delay * spec.retry_exponential_backoff ** (nth - 1)
        except OverflowError:
            grown = most
        base = max(1, math.ceil(min(grown, most)))
        seed = f"{dag_id}#{spec.task_id}#{logical_us}#{try_number}".encode()
        wait = min(base + int.from_bytes(hashlib.sha256(seed).digest()[:8]) % base, most)
    return wait if spec.max_retry_delay is None else min(wait, spec.max_retry_delay)
