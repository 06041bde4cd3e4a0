"""Places in a statement that its reader fills: see `penstock.store.query.Query`."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store import query

WHERE = sa.text(query.WHERE)
"""Where the reader puts conditions."""
ORDER = sa.text(query.ORDER)
"""Where the reader puts the order."""
