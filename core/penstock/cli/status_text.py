"""The engine's status as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.model.views.status import EngineStatus


def status_text(facts: EngineStatus) -> str:
    """Return the status for people, without its warnings."""
    from penstock.cli import text

    if facts.pid is None:
        engine = "not running; start it with `penstock up -d`"
        if facts.silent_pid is not None:
            engine = f"does not answer, pid {facts.silent_pid or 'unknown'}"
        if facts.last_seen is not None:
            engine += f" (last written {text.ago(facts.last_seen)})"
    else:
        engine = f"running since {text.moment(facts.since)}, pid {facts.pid}, version {facts.version}"
    slots = f" of {facts.parallelism}" if facts.parallelism else ""
    bad, out = facts.import_errors, facts.quarantined
    return text.facts(
        [
            ("engine", engine),
            ("home", facts.home),
            ("dags", f"{facts.dags}, {text.count(bad, 'file')} with errors" if bad else facts.dags),
            ("quarantine", f"{out} left out: penstock quarantine list" if out else None),
            (
                "asks",
                f"{text.count(facts.questions, 'task')} waiting: penstock questions"
                if facts.questions
                else None,
            ),
            ("runs", f"{facts.runs_active} active"),
            ("tasks", f"{facts.running}{slots} running, {facts.queued} waiting for a slot"),
            ("failed", f"{text.count(facts.failed_24h, 'task')} in the last 24 hours"),
            ("idle", None if facts.idle_seconds is None else text.duration(facts.idle_seconds)),
            ("disk", f"database {text.size(facts.database_bytes)}, logs {text.size(facts.log_bytes)}"),
            ("kept", facts.kept),
        ]
    )
