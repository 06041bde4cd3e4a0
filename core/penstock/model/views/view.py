"""The root of the frozen values that leave the store."""

from __future__ import annotations

import msgspec


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Root of all views."""
