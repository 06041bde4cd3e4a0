"""How much of one run a tick does, of what may be left to the next: other runs have to go on too.

The numbers are read when they are needed, so that tests can make them small.
"""

from __future__ import annotations

TASKS = 4000
"""Task instances of one run."""
MANY = 500
"""From so many moves of one run on, what follows from them may be worked out once for all."""
