"""Which worker gets an attempt, and what the others wait for."""

from __future__ import annotations

import pytest

from penstock.execution.dask.placement import Seat, choose

GIB = 2.0**30


def seat(name: str, free: int = 1, **more: object) -> Seat:
    return Seat(name, free, 2, **more)  # type: ignore[arg-type]


PLAIN, BUSY = seat("a"), seat("b", 0)
DRAINED, SILENT = seat("c", closed="is draining"), seat("d", closed="does not answer")
GPU = seat("g", queues=("gpu",), total={"GPU": 2, "MEM": 8 * GIB}, left={"GPU": 1, "MEM": GIB})


@pytest.mark.parametrize(
    ("queue", "needs", "seats", "found"),
    [
        (None, {}, [], "no worker is connected"),
        (None, {}, [PLAIN], "a"),
        (None, {}, [PLAIN, seat("z", 2)], "z"),
        (None, {}, [BUSY, PLAIN], "a"),
        ("default", {}, [GPU, PLAIN], "a"),
        (None, {}, [GPU], "no worker serves queue 'default'"),
        ("gpu", {}, [PLAIN, GPU], "g"),
        ("tpu", {}, [PLAIN, GPU], "no worker serves queue 'tpu'"),
        (None, {}, [BUSY], "all 2 slots of b are taken"),
        (None, {}, [BUSY, seat("e", -1)], "all 4 slots of b, e are taken"),
        (None, {}, [BUSY, DRAINED], "all 2 slots of b are taken"),
        (None, {}, [DRAINED], "worker c is draining"),
        (None, {}, [DRAINED, SILENT], "worker c is draining; worker d does not answer"),
        ("gpu", {"GPU": 1}, [GPU, PLAIN], "g"),
        ("gpu", {"GPU": 2}, [GPU], "GPU 2 is not free on g"),
        ("gpu", {"GPU": 3}, [GPU], "no worker of queue 'gpu' has GPU 3"),
        ("gpu", {"MEM": 2 * GIB, "GPU": 1}, [GPU], "GPU 1 and MEM 2 GiB is not free on g"),
        (None, {"MEM": 1}, [PLAIN], "no worker has MEM 1"),
        (None, {}, [seat(name, 0) for name in "abcd"], "all 8 slots of 4 workers are taken"),
    ],
)
def test_the_choice(queue: str | None, needs: dict[str, float], seats: list[Seat], found: str) -> None:
    chosen = choose(queue, needs, seats)
    assert (chosen.name if isinstance(chosen, Seat) else chosen) == found
