"""What is in quarantine."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store.statements.rows import quarantine

ALL = sa.select(quarantine).order_by(quarantine.c.since_us, quarantine.c.id)
REASONS = sa.select(quarantine.c.id, quarantine.c.reason)
COUNT = sa.select(sa.func.count()).select_from(quarantine)
