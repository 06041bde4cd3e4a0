"""Limits for numbers, durations and names in a DAG.

The authoring classes refuse what is beyond them, and so does the check in front of the store. Whatever
passes can be added up, turned into times and stored in a column safely.
"""

from __future__ import annotations

LONGEST_SECONDS = 100 * 365 * 86400.0
"""No duration is longer than a hundred years, in seconds: longer ones exceed the calendar."""
LARGEST_NUMBER = 2**31 - 1
"""No count, limit, weight or number of slots is larger."""
LONGEST_TAG = 100
"""Characters of a tag, as in the reference."""
