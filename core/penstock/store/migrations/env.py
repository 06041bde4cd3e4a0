"""Runs our revisions with Alembic, inside the transaction that the caller has opened.

A revision raises the schema by one and may only add to what older ones did. Foreign keys are not
checked while it runs, so a table can be recreated without deleting its child rows; they are
checked before the commit.
"""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
context.run_migrations()
