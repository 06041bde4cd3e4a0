"""`penstock runs list`: runs of one DAG or of all, by state, type, owner, tag, date and text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from itertools import islice
from typing import TYPE_CHECKING

import click

from penstock.cli.lookup import suggesting, zone_of
from penstock.cli.moments import Ago, in_zone
from penstock.cli.options import json_option, optional_dag_argument
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session
from penstock.model.states import RunState, RunType

if TYPE_CHECKING:
    from penstock.api.engine import Engine
    from penstock.model.queries import RunQuery, Term
    from penstock.model.views.runs import RunRow

SHOWN = 50
_PAGE = 1000


@click.command("list")
@optional_dag_argument
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in RunState]),
    help="Only runs in this state; may be repeated.",
)
@click.option(
    "--type",
    "types",
    multiple=True,
    type=click.Choice([each.value for each in RunType]),
    help="Only runs of this type; may be repeated.",
)
@click.option("--owner", "owners", multiple=True, help="Only runs of DAGs of this owner; may be repeated.")
@click.option("--tag", "tags", multiple=True, help="Only runs of DAGs with this tag; may be repeated.")
@click.option("--text", help="Only runs with this in the id of the run or DAG, or in the reason.")
@click.option("--since", type=Ago(), help="Only runs due since then: 2h, 1d12h (ago), or a date and time.")
@click.option("--until", type=Ago(), help="Only runs due up to then.")
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(0),
    help=f"How many, newest first; 0 for all. Default: {SHOWN}, and all with --json.",
)
@json_option
@pass_session
def list_runs(
    session: Session,
    *,
    dag: str | None,
    states: tuple[str, ...],
    types: tuple[str, ...],
    owners: tuple[str, ...],
    tags: tuple[str, ...],
    text: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List runs, newest first: of a DAG, or without DAG of all DAGs.

    The order and the dates of --since and --until are those at which runs were due (run_after). A date
    without an offset is in the time zone of the DAG, or without DAG in that of this machine.

    Examples:
      penstock runs list --state failed --since 1d
      penstock runs list first_dag
      penstock runs list first_dag --state failed --json
      penstock runs list --tag nightly --since 2013-01-05 --until 2013-01-06
    """
    from penstock.model.queries import RunQuery

    engine = session.reader()
    zone = None
    if dag is not None:
        with suggesting(engine, dag):
            engine.runs(dag, limit=0)
        zone = zone_of(engine, dag) if not as_json or since or until else None
    if limit is None:
        limit = 0 if as_json else SHOWN
    query = RunQuery(
        terms=_terms(dag, states, types, owners, tags, text),
        since=_aware(since, zone),
        until=_aware(until, zone),
    )
    rows = list(islice(_pages(engine, query, limit), limit or None))
    if as_json:
        print_json({"runs": rows})
        return
    if not rows:
        say(_nothing(dag, states, query))
        return
    tell(_table(rows, zone, dag))
    if len(rows) == limit:
        say(f"the newest {limit}; --limit 0 shows all")


def _terms(
    dag: str | None,
    states: tuple[str, ...],
    types: tuple[str, ...],
    owners: tuple[str, ...],
    tags: tuple[str, ...],
    text: str | None,
) -> tuple[Term, ...]:
    from penstock.model.queries import Term

    found = [Term(field="dag", values=(dag,), exact=True)] if dag is not None else []
    found += [Term(field="state", values=states, exact=True)] if states else []
    found += [Term(field="type", values=types, exact=True)] if types else []
    found += [Term(field="owner", values=owners, exact=True)] if owners else []
    found += [Term(field="tag", values=tags, exact=True)] if tags else []
    found += [Term(field="text", values=(text,))] if text else []
    return tuple(found)


def _aware(moment: datetime | None, zone: tzinfo | None) -> datetime | None:
    """Return a bound with its offset; a naive one is on the clock of *zone*, or of this machine."""
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.astimezone() if zone is None else in_zone(moment, zone)


def _pages(engine: Engine, query: RunQuery, limit: int) -> Iterator[RunRow]:
    """Yield the runs of *query*, a page at a time; each only once, even if new ones come meanwhile."""
    import msgspec

    seen: set[tuple[str, str]] = set()
    offset = 0
    while True:
        size = min(_PAGE, limit) if limit else _PAGE
        page = engine.find_runs(msgspec.structs.replace(query, limit=size, offset=offset))
        for row in page.runs:
            if (row.dag_id, row.run_id) not in seen:
                seen.add((row.dag_id, row.run_id))
                yield row
        offset += len(page.runs)
        if len(page.runs) < size:
            return


def _nothing(dag: str | None, states: tuple[str, ...], query: RunQuery) -> str:
    if dag is not None and len(query.terms) == 1 + bool(states) and not (query.since or query.until):
        return f"{dag} has no runs" + (f" that are {' or '.join(states)}" if states else " yet")
    return "no run is like that" if query.terms or query.since or query.until else "there are no runs yet"


def _table(rows: list[RunRow], zone: tzinfo | None, dag: str | None) -> str:
    from penstock.cli import text

    named = str(zone) if zone is not None else "local"
    headers = ("RUN", "TYPE", "STATE", f"LOGICAL DATE ({named})", "START", "TOOK", "")
    lines = [
        (
            row.run_id,
            row.run_type.value,
            row.state.value,
            _date(row, zone),
            text.moment(row.start, zone),
            text.run_took(row),
            _note(row),
        )
        for row in rows
    ]
    if dag is not None:
        return text.table(headers, lines, right={"TOOK"})
    return text.table(
        ("DAG", *headers),
        [(row.dag_id, *line) for row, line in zip(rows, lines, strict=True)],
        right={"TOOK"},
    )


def _date(row: RunRow, zone: tzinfo | None) -> str:
    """Return a run's logical date, or in brackets that of the run that it repeats."""
    from penstock.cli import text

    if row.logical_date is None and row.stands_for is not None:
        return f"({text.moment(row.stands_for, zone)})"
    return text.moment(row.logical_date, zone)


def _held(row: RunRow) -> str:
    if row.held is None:
        return ""
    return "held" if row.held.breakpoint is None else f"stopped {row.held.breakpoint}"


def _note(row: RunRow) -> str:
    notes = [
        f"in quarantine: {row.quarantined}" if row.quarantined else "",
        _held(row),
        f"runs {row.rush}" if row.rush else "",
        f"partition {row.partition_key}" if row.partition_key else "",
        f"repeats {row.rerun_of}" if row.rerun_of else "",
        row.reason or ("failed inside" if row.failed_inside else ""),
    ]
    return "; ".join(note for note in notes if note)
