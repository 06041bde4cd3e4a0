"""Names that files import and nothing here can stand for: they may be named, and a use of them says why."""

from __future__ import annotations

from penstock.airflow.not_there import NotThere

_REASONS = {
    "database": "{name} is part of Airflow's own database, which does not exist here: ask with `penstock ... "
    "--json`, or read runs and values from a task's context",
    "client": "{name} is part of Airflow's own API, which does not exist here: use TriggerDagRunOperator or "
    "`penstock trigger`",
}


def absent(name: str, reason: str) -> NotThere:
    """Return the stand-in for *name*; *reason* is a word of the table of names."""
    return NotThere(name, _REASONS[reason].format(name=name))
