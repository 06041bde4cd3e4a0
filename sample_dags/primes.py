"""Two executors: primes are counted on the workers of a cluster, and added up at home.

After `penstock cluster start` the counts run on its workers. Without a cluster they wait, and `penstock why
primes latest count` says for what. `penstock test` runs all of it here.
"""

from __future__ import annotations

from math import isqrt

from penstock import DAG, task

LIMIT = 100_000
PARTS = 8

with DAG(
    "primes",
    description="Primes below 100,000, counted on a cluster",
    schedule=None,
    tags=["sample"],
):

    @task
    def ranges() -> list[list[int]]:
        """Return the parts, as pairs of a first number and the one after the last."""
        size = LIMIT // PARTS
        return [[first, first + size] for first in range(0, LIMIT, size)]

    @task(executor="cluster")
    def count(part: list[int]) -> int:
        """Count the primes of one part."""
        first, end = part
        found = sum(
            all(number % low for low in range(2, isqrt(number) + 1)) for number in range(max(first, 2), end)
        )
        print(f"{found} primes from {first} to {end - 1}")
        return found

    @task
    def total(counts: list[int]) -> int:
        """Add them up."""
        found = sum(counts)
        print(f"{found} primes below {LIMIT}")
        return found

    total(count.expand(part=ranges()))
