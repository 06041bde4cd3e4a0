"""A ledger that tasks write while they live, and the judgement of a store by it.

A line is ``SECONDS WORD ATTEMPT RUN/TASK [END]``; WORD is begin, beat or end. END is how the task is about to
end: its exit code, or ``signal-9``. So what really happened is known without asking an engine.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

SCRIPT = """
tell() {{ echo $EPOCHREALTIME $1 $PENSTOCK_ATTEMPT {place} $2 >> {ledger}; }}
live() {{ tell begin; echo begins $PENSTOCK_ATTEMPT; while {goes_on}; do sleep 0.2; tell beat; done; }}
leave() {{ echo ends $PENSTOCK_ATTEMPT; tell end $1; }}
"""
"""The bash functions by which a task writes: for ``format``."""
PLACE = "{{ run_id }}/{{ ti.task_id }}"


class Row(NamedTuple):
    """What the store says of an attempt: ``kind`` is None while it has no outcome."""

    attempt: str
    kind: str | None
    code: int | None = None
    signal: int | None = None
    reason: str | None = None


@dataclass
class Life:
    """One attempt as it wrote of itself. Times are seconds; ``last`` is its last sign of life."""

    place: str
    began: float
    last: float
    end: str | None = None


@dataclass
class Verdict:
    """What was found; ``wrong`` are broken promises, in words."""

    wrong: list[str] = field(default_factory=list)
    begun: int = 0
    ended: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    """Attempts that are lost, by their reason."""
    revoked: int = 0


def lives_in(lines: Iterable[str]) -> tuple[dict[str, Life], list[str]]:
    """Return each attempt's life, and what is wrong with them alone."""
    lives: dict[str, Life] = {}
    wrong: list[str] = []
    for line in lines:
        at, word, attempt, place, *more = line.split()
        life = lives.get(attempt)
        if word == "begin":
            if life is not None:
                wrong.append(f"{attempt} of {place} began twice")
            lives[attempt] = Life(place, float(at), float(at))
            continue
        if life is None or life.end is not None:
            wrong.append(f"{attempt} of {place} wrote {word} outside of its life")
            continue
        life.last = float(at)
        if word == "end":
            life.end = more[0]
    return lives, wrong


def overlaps(lives: dict[str, Life]) -> list[str]:
    """Return the attempts that lived while another one of the same task did."""
    found = []
    last: dict[str, tuple[float, str]] = {}
    for attempt, life in sorted(lives.items(), key=lambda item: item[1].began):
        before = last.get(life.place)
        if before is not None and before[0] > life.began:
            found.append(f"{attempt} of {life.place} began while {before[1]} lived")
        if before is None or life.last > before[0]:
            last[life.place] = (life.last, attempt)
    return found


def judge(lines: Iterable[str], rows: Iterable[Row], hurt: Collection[str] = ()) -> Verdict:
    """Compare what attempts wrote with what the store says of them.

    *hurt* are the attempts whose supervisor was killed: nothing else may be lost.
    """
    lives, wrong = lives_in(lines)
    found = Verdict([*wrong, *overlaps(lives)], begun=len(lives))
    rows = list(rows)
    known = {row.attempt for row in rows}
    found.wrong += [f"{each} ran, and the store does not know it" for each in lives if each not in known]
    for row in rows:
        life = lives.get(row.attempt)
        if row.kind is None:
            found.wrong.append(f"{row.attempt} never ended in the store")
        elif row.kind == "lost":
            found.lost[row.reason or ""] += 1
            if not row.reason:
                found.wrong.append(f"{row.attempt} is lost, and nothing says why")
            if row.attempt not in hurt:
                found.wrong.append(f"{row.attempt} is lost and nobody hurt it: {row.reason}")
        elif row.kind == "revoked":
            found.revoked += 1
            if life is not None:
                found.wrong.append(f"{row.attempt} ran, although its start was taken back")
        else:
            found.ended += 1
            recorded = f"signal-{row.signal}" if row.signal is not None else str(row.code)
            truly = None if life is None else life.end
            if recorded != truly:
                words = f"ended with {truly}, recorded is {row.kind} {recorded}: {row.reason}"
                found.wrong.append(f"{row.attempt} {words}")
    return found


def rows_in(store: sqlite3.Connection) -> list[Row]:
    """Return what the database says of all attempts."""
    names = ("kind", "exit_code", "signal", "reason")
    fields = ", ".join(f"json_extract(outcome, '$.{name}')" for name in names)
    return [Row(*row) for row in store.execute(f"SELECT attempt_id, {fields} FROM attempt")]
