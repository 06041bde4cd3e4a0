"""What a client may ask for in rows over all DAGs: terms, order, and one page of them.

The store answers them page by page, so a list of ten thousand rows costs what is on the screen.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

RunField = Literal["dag", "state", "type", "owner", "tag", "text"]
RUN_FIELDS: tuple[RunField, ...] = ("dag", "state", "type", "owner", "tag", "text")
"""What a term may be about. ``text`` is looked for anywhere in the ids and the reason of a run."""
RunOrder = Literal["date", "state", "started", "took", "type", "dag"]


class Term(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One condition: a field that begins with one of ``values`` (``text``: holds one), or with none.

    Upper and lower case are one. ``exact`` asks for the whole value.
    """

    field: RunField
    values: tuple[str, ...]
    inverted: bool = False
    exact: bool = False


class RunQuery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Runs of all DAGs that hold to every term, in one order, from ``offset`` on.

    ``since`` and ``until`` are bounds of ``run_after``, both included. ``date`` is the newest
    ``run_after`` first; ``state`` what needs attention first, ``took`` the longest, ``started`` the newest
    start. The newest run comes first among equals. ``limit`` is at most 10,000.
    """

    terms: tuple[Term, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    sort: RunOrder = "date"
    reverse: bool = False
    limit: int = 50
    offset: int = 0
