"""Waiting for a condition with a limit: the two ways in which tests wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from penstock.errors import PenstockError

PATIENCE = 30.0
"""Seconds after which a condition that did not come true fails the test."""


async def eventually(condition: Callable[[], Any], what: str) -> Any:
    """Wait until *condition* returns something true, and return it; the event loop goes on meanwhile."""
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < deadline, f"never happened: {what}"
        await asyncio.sleep(0.01)
    return value


def wait_for(condition: Callable[[], object], limit: float, message: str) -> None:
    """Wait until *condition* holds, an engine that does not answer included; fail after *limit* seconds."""
    deadline = time.monotonic() + limit
    while True:
        try:
            if condition():
                return
        except PenstockError as error:
            message = f"{message} ({error})"
        if time.monotonic() > deadline:
            raise AssertionError(message)
        time.sleep(0.02)
