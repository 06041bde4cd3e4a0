"""How far numbers, waits and names in a DAG may go.

The authoring words refuse what goes beyond, and so does the wall in front of the store: what is let
through can be added up, turned into moments and kept in a column without a thought.
"""

from __future__ import annotations

LONGEST_SECONDS = 100 * 365 * 86400.0
"""No duration is longer than a hundred years, in seconds: longer ones lead out of the calendar."""
LARGEST_NUMBER = 2**31 - 1
"""No count, limit, weight or number of slots is larger."""
LONGEST_TAG = 100
"""Characters of a tag, as in the reference."""
LONGEST_LABEL = 250
"""Characters of what an author calls a task or a deadline besides its id."""
