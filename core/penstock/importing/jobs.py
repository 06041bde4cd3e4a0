"""What is imported: jobs that become DAGs, and the lines that they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from penstock.importing.written import Written


@dataclass(frozen=True, slots=True)
class Place:
    """The machine that jobs are taken from, and who runs them there and here.

    ``zone`` is the machine's time zone. ``user`` and ``home`` are whose crontab it is, ``runs_as`` who runs
    Penstock. ``homes``: the folder of each user that the machine knows. ``now`` is an aware time.
    """

    zone: str
    user: str
    home: str
    runs_as: str
    now: datetime
    homes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mail:
    """Who got the output of a job by mail."""

    to: str
    sender: str


def mail_note(program: str, to: str) -> str:
    """Return what differs for a job whose output was mailed."""
    return f"{program} mailed all output to {to}; here a failure is mailed, and the output is in the log"


@dataclass(frozen=True, slots=True)
class Job:
    """One DAG with one task. ``crons`` are its schedules, in ``zone``.

    ``command`` is what bash runs, with no template in it. ``env`` is the whole environment, ``timeout`` and
    ``grace`` are seconds. ``off``: it was commented out.
    """

    name: str
    crons: tuple[Written, ...]
    zone: str
    command: str
    cwd: str | None
    env: Mapping[str, str]
    description: str = ""
    timeout: float | None = None
    grace: float | None = None
    overlap: Literal["skip", "queue"] | None = None
    skip_code: int | None = None
    mail: Mail | None = None
    owner: str | None = None
    off: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the source: ``text`` and its number; the job it became, or None; what is worth saying.

    ``there`` and ``here`` are its next times by the old program and by Penstock, in UTC.
    """

    line: int
    text: str
    job: Job | None = None
    warnings: tuple[str, ...] = ()
    there: tuple[datetime, ...] = ()
    here: tuple[datetime, ...] = ()

    def document(self) -> dict[str, object]:
        """Return the line as people and programs get it."""
        return {
            "line": self.line,
            "text": self.text,
            "dag_id": self.job.name if self.job else None,
            "task_id": self.job.name if self.job else None,
            "schedule": " | ".join(map(str, self.job.crons)) if self.job else None,
            "kept": self.job is not None,
            "warnings": list(self.warnings),
            "there": list(self.there),
            "here": list(self.here),
        }


@dataclass(frozen=True, slots=True)
class Imported:
    """Everything that was read from one source. ``title`` says where it is from, for the DAG file."""

    title: str
    program: str
    zone: str
    lines: tuple[Line, ...]
