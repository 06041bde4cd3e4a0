"""The line in a log that was too long, between what is kept of its beginning and of its end. Pure.

`penstock.attempts.log_tail` writes it; this is for those who read it through the engine.
"""

from __future__ import annotations

LINE = 120
"""Bytes of the line."""
LOG_IS_FULL = b"[penstock] the log is full: the last "
"""How it begins until the attempt has ended; then another line of the same length takes its place."""
