"""How many examples a property is tried with, where each costs a good part of a second."""

from __future__ import annotations

import os


def examples(count: int) -> int:
    """Return *count* for the suite, and twenty times as many for ``make fuzz``."""
    return count * 20 if os.environ.get("PENSTOCK_EXAMPLES") == "new" else count
