"""Memory is given back a while after much work, once."""

from __future__ import annotations

import asyncio

import pytest

from drive.waiting import eventually
from penstock.service import allocator


async def test_much_work_in_a_row_gives_memory_back_once(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[bool] = []
    monkeypatch.setattr(allocator, "_WHILE", 0.01)
    monkeypatch.setattr(allocator, "give_back", lambda: given.append(True))
    for _ in range(5):
        allocator.give_back_soon()
    await eventually(lambda: bool(given), "memory is given back")
    await asyncio.sleep(0)
    assert given == [True]
    allocator.give_back_soon()
    await eventually(lambda: len(given) == 2, "it is given back once more")
