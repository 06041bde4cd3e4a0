"""One answer made of those of several hosts, names already with their host before them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import structs

from penstock.errors import UsageError
from penstock.model.places import SLASH
from penstock.model.queries import RunQuery, Term
from penstock.model.states import RunState
from penstock.model.views.digest import Digest
from penstock.model.views.failures import FailuresPage
from penstock.model.views.now import NowPage
from penstock.model.views.runs import RunRow, RunsPage
from penstock.model.views.status import EngineStatus

DEEPEST = 10_000
"""How far a list of the runs of several hosts can be read: each host is asked for all rows before."""
_TOTALS = 200
_URGENCY = {
    RunState.FAILED: 0,
    RunState.RUNNING: 1,
    RunState.QUEUED: 2,
    RunState.CANCELLED: 3,
    RunState.SUCCESS: 5,
}
_SUMMED = (
    "running",
    "queued",
    "failed_24h",
    "database_bytes",
    "log_bytes",
    "dags",
    "runs_active",
    "parallelism",
    "import_errors",
    "attempts_live",
    "quarantined",
    "failures",
)


def newest_first(answers: Sequence[list[Any]], limit: int) -> list[Any]:
    """Return the newest *limit* of rows that have an ``at``."""
    return sorted((row for rows in answers for row in rows), key=lambda row: row.at, reverse=True)[:limit]


def statuses(answers: Sequence[EngineStatus], said: str) -> EngineStatus:
    """Return the sums; the ``home`` is *said*, such as of how many hosts they are."""
    first = answers[0]
    sums = {name: sum(getattr(each, name) for each in answers) for name in _SUMMED}
    running = [each.pid for each in answers if each.pid is not None]
    seen = [each.last_seen for each in answers if each.last_seen is not None]
    asked = [each.questions for each in answers if each.questions is not None]
    return structs.replace(
        first,
        **sums,
        questions=sum(asked) if asked else None,
        pid=running[0] if running else None,
        since=None,
        last_seen=max(seen, default=None),
        home=said,
        idle_seconds=None,
        warnings=tuple(warning for each in answers for warning in each.warnings),
    )


class Totals:
    """Numbers that grow on each host, as one number that grows: their sum, which can be taken apart again."""

    def __init__(self) -> None:
        self._parts: dict[int, dict[str, int]] = {}

    def total(self, numbers: Mapping[str, int]) -> int:
        """Return one number for *numbers*, which are by host."""
        total = sum(numbers.values())
        self._parts[total] = dict(numbers)
        while len(self._parts) > _TOTALS:
            del self._parts[next(iter(self._parts))]
        return total

    def part(self, total: int, place: str) -> int | None:
        """Return the number of one host in *total*; None if it was not part of it."""
        return self._parts.get(total, {}).get(place)


def failures(answers: Sequence[FailuresPage], limit: int, newest: int) -> FailuresPage:
    """Return the groups of all, that of the newest failure first."""
    groups = sorted(
        (group for page in answers for group in page.failures), key=lambda each: each.last, reverse=True
    )
    looked = [page.looked for page in answers if page.looked is not None]
    return FailuresPage(
        failures=tuple(groups[:limit]),
        newest=newest,
        open=sum(page.open for page in answers),
        looked=min(looked, default=None),
    )


def digests(answers: Sequence[Digest], limit: int, *, newest: int, seen: int, upto: int) -> Digest:
    """Return what happened on all of them; the newest first in each part."""
    parts = ("recovered", "late", "skipped", "acts", "pauses", "files", "engine")
    found: dict[str, Any] = {
        part: tuple(newest_first([list(getattr(each, part)) for each in answers], limit)) for part in parts
    }
    found["failed"] = tuple(
        sorted(
            (group for each in answers for group in each.failed), key=lambda group: group.last, reverse=True
        )
    )[:limit]
    found["slow"] = tuple(
        sorted((task for each in answers for task in each.slow), key=lambda task: task.seconds, reverse=True)
    )[:limit]
    counts: dict[str, int] = {}
    for each in answers:
        for name, count in each.counts.items():
            counts[name] = counts.get(name, 0) + count
    looked = [each.looked for each in answers]
    return Digest(
        since=min(each.since for each in answers),
        until=max(each.until for each in answers),
        looked=None if None in looked else min(moment for moment in looked if moment is not None),
        counts=counts,
        own=sum(each.own for each in answers),
        newest_failure=newest,
        seen_failures=seen,
        upto=upto,
        **found,
    )


def live(answers: Sequence[NowPage], waiting: int) -> NowPage:
    """Return what runs on all of them, the oldest first, and the first of what waits."""
    attempts = sorted((each for page in answers for each in page.attempts), key=lambda each: -each.seconds)
    items = [item for page in answers for item in page.waiting]
    return NowPage(
        attempts=tuple(attempts),
        waiting=tuple(items[:waiting]),
        waiting_total=sum(page.waiting_total for page in answers),
    )


# -- runs ------------------------------------------------------------------------------------------


def query_for(place: str, query: RunQuery) -> RunQuery:
    """Return what one host is asked so that a page of all can be cut from the answers.

    A term ``dag`` with a host before it concerns that host alone. Raises `UsageError` too far down.
    """
    if query.offset + query.limit > DEEPEST:
        raise UsageError(f"of several hosts only {DEEPEST:,} runs are listed: filter, or choose one host")
    return structs.replace(
        query,
        offset=0,
        limit=query.offset + query.limit,
        terms=_terms(place, query.terms),
        others=tuple(structs.replace(each, terms=_terms(place, each.terms)) for each in query.others),
    )


def _terms(place: str, terms: Sequence[Term]) -> tuple[Term, ...]:
    return tuple(_term(place, term) if term.field == "dag" else term for term in terms)


def _term(place: str, term: Term) -> Term:
    """Return the term as the host knows its DAGs; one that fits none there asks for what none has."""
    prefix = place.lower() + SLASH
    values: list[str] = []
    for value in term.values:
        if value.endswith(SLASH):  # the beginning of a host's name, and nothing of a DAG's
            if prefix.startswith(value[:-1].lower()):
                values.append("")
        elif value.lower().startswith(prefix):
            values.append(value[len(prefix) :])
        elif SLASH in value:
            continue
        else:
            values.append(value)
    return structs.replace(term, values=tuple(values) or (_NO_DAG,))


_NO_DAG = "/"
"""No id of a DAG begins so."""


def runs(query: RunQuery, answers: Sequence[RunsPage], now: datetime) -> RunsPage:
    """Return the page of *query* from what each host has up to its end."""
    rows = [run for page in answers for run in page.runs]
    rows.sort(key=_newest_key, reverse=not (query.sort == "date" and query.reverse))
    key = _KEYS.get(query.sort)
    if key is not None:
        rows.sort(key=lambda run: key(run, now))
        if query.reverse:
            rows.reverse()
    zones: dict[str, str] = {}
    for page in answers:
        zones |= page.zones
    return RunsPage(
        runs=tuple(rows[query.offset : query.offset + query.limit]),
        total=sum(page.total for page in answers),
        offset=query.offset,
        zones=zones,
    )


def _newest_key(run: RunRow) -> datetime:
    return run.run_after


_LAST = float("inf")
_KEYS: dict[str, Callable[[RunRow, datetime], Any]] = {
    "state": lambda run, _: _URGENCY.get(run.state, 4),
    "started": lambda run, _: _LAST if run.start is None else -run.start.timestamp(),
    "took": lambda run, now: _LAST if (took := run.took(now)) is None else -took,
    "type": lambda run, _: run.run_type.value,
    "dag": lambda run, _: run.dag_id,
}
