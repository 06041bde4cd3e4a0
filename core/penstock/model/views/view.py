"""The base class of the frozen values that leave the store."""

from __future__ import annotations

import msgspec


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Base class of all views."""
