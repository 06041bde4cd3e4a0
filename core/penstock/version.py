"""The version of this program, for code that needs nothing else of `penstock`."""

from __future__ import annotations

__version__ = "0.1.0"
