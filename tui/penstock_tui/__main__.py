"""Start the console: ``python -m penstock_tui [--home DIR] [--read-only] [--ascii]``."""

from __future__ import annotations
