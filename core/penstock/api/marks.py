"""What a question is marked with: how it is asked again, and where it is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Call = TypeVar("Call", bound=Callable[..., object])


def acting(call: Call) -> Call:
    """Mark a question that changes something: a client never repeats it without being told to."""
    vars(call)["acting"] = True
    return call


def aside(call: Call) -> Call:
    """Mark a question that takes longer than reading a few rows: the engine answers it beside its ticks."""
    vars(call)["aside"] = True
    return call
