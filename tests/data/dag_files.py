"""Text of DAG files."""

from __future__ import annotations

DAG_FILE = """
from penstock import DAG, EmptyOperator

with DAG({name!r}):
    EmptyOperator(task_id="only")
"""
"""A DAG of one empty task, called *name*."""
