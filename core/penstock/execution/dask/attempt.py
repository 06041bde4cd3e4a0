"""What Dask is given for each attempt: a call to the worker that was chosen, with an order as data.

Dask may run it again, elsewhere or later; the start fence refuses that. It holds its place in Dask until the
attempt has ended, and its result says nothing.
"""

from __future__ import annotations

from penstock.execution.dask.messages import unpack
from penstock.execution.dask.station import Station
from penstock.execution.remote.protocol import Order

_here: list[Station] = []


def serve(station: Station) -> None:
    """Let attempts that Dask brings to this process run at *station*."""
    _here[:] = [station]


async def attempt(instance: str, order: bytes) -> None:
    """Run the attempt of *order*, an `Order` as MessagePack, for *instance*."""
    if not _here:
        raise RuntimeError("this Dask worker was not started by `penstock worker`")
    await _here[0].run(instance, unpack(order, Order))
