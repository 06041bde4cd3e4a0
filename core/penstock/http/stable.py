"""Numbers and names that our rows lack and clients need: UUIDs and whole numbers that stay the same. Pure."""

from __future__ import annotations

import hashlib
from uuid import UUID, uuid5

_SPACE = UUID("8f9d6c2e-59d4-4a8e-9c53-7b1d2f0a6e11")


def stable_uuid(*parts: object) -> str:
    """Return the UUID of *parts*: the same for the same parts, at any time and on any machine."""
    return str(uuid5(_SPACE, "/".join(str(part) for part in parts)))


def stable_number(*parts: str) -> int:
    """Return a positive number of at most 48 bits for *parts*; JSON's numbers are exact up to 53."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return int.from_bytes(digest[:6], "big") or 1
