"""Runs of all DAGs: the columns, and the query for the engine from the filter and the order. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import cast

from penstock.errors import UsageError
from penstock.model.places import bare, on, place_of
from penstock.model.queries import RUN_FIELDS, RunField, RunOrder, RunQuery, RunTerms, Term
from penstock.model.views.runs import RunRow
from penstock_tui.clean import label
from penstock_tui.view import filters, moments, run_rows
from penstock_tui.view.columns import Column
from penstock_tui.view.filters import Filter
from penstock_tui.view.spans import Spans
from penstock_tui.view.state_style import Looks

COLUMNS = (Column("dag", "DAG", 14, most=40), *run_rows.COLUMNS)
FIELDS = (*(name for name in RUN_FIELDS if name != "text"), "since", "until")
SORTS: tuple[RunOrder, ...] = ("date", "state", "started", "took", "type", "dag")


def key_of(run: RunRow) -> str:
    """Return the key of a run among those of all DAGs."""
    return f"{run.dag_id}/{run.run_id}"


def cells(run: RunRow, now: datetime, zone: tzinfo, dag_zone: tzinfo, looks: Looks) -> tuple[Spans, ...]:
    """Return the cells of one run, in the order of COLUMNS. Its date is in the DAG's time zone."""
    return ([(label(bare(run.dag_id)), "")], *run_rows.cells(run, now, zone, dag_zone, looks))


@dataclass(frozen=True, slots=True)
class Asked:
    """The query of a filter, without its page, and the parts that are not valid (yet)."""

    query: RunQuery
    unclear: str = ""


def asked(wanted: Filter, sort: str, *, reverse: bool, now: datetime) -> Asked:
    """Return the query for *wanted* and the order. An unfinished date is ignored."""
    found = [_terms(terms, now) for terms in wanted.alternatives]
    valid = [terms for terms, _ in found if terms != RunTerms()]  # one that says nothing yet would show all
    first, *others = valid or [RunTerms()]
    query = RunQuery(
        terms=first.terms,
        since=first.since,
        until=first.until,
        sort=cast("RunOrder", sort),
        reverse=reverse,
        others=tuple(others),
    )
    return Asked(query, next((unclear for _, unclear in found if unclear), ""))


def _terms(wanted: Sequence[filters.Term], now: datetime) -> tuple[RunTerms, str]:
    """Return one alternative of a filter, and what of it is not valid (yet)."""
    terms: list[Term] = []
    since: datetime | None = None
    until: datetime | None = None
    unclear = ""
    for term in wanted:
        if term.field == "host":  # a DAG's name begins with it
            hosts = tuple(on(value, "") for value in term.alternatives)
            terms.append(Term(field="dag", values=hosts, inverted=term.inverted))
            continue
        if term.field not in {"since", "until"}:
            field = cast("RunField", term.field)
            terms.append(Term(field=field, values=term.alternatives, inverted=term.inverted))
            continue
        early = (term.field == "since") is not term.inverted
        try:
            moment = _moment(term.alternatives[0], now, end_of_day=not early)
        except UsageError as error:
            unclear = error.message
            continue
        if early:
            since = moment
        else:
            until = moment
    return RunTerms(terms=tuple(terms), since=since, until=until), unclear


def _moment(typed: str, now: datetime, *, end_of_day: bool) -> datetime:
    """Return a time: a span before *now* (``2h``), or a date in the zone of *now*."""
    span = moments.span(typed)
    if span is not None:
        return now - span
    found = moments.moment(typed, end_of_day=end_of_day)
    if found.tzinfo is not None:
        return found
    return found.replace(tzinfo=now.tzinfo) + (timedelta(microseconds=999_999) if end_of_day else timedelta())


def hidden(marked: Sequence[RunRow], wanted: Filter) -> int:
    """Return how many of the *marked* runs the filter hides, as far as the run itself shows.

    Only the engine can judge owner, tags and dates: runs hidden only by these are not counted.
    """
    known = {"dag", "state", "type", "text", "host"}
    first, *others = [tuple(term for term in terms if term.field in known) for terms in wanted.alternatives]
    judged = Filter(wanted.source, first, tuple(others))
    return sum(not judged.passes(seen(run)) for run in marked)


def seen(run: RunRow) -> dict[str, list[str]]:
    """Return the fields of a run that the filter may look at here."""
    fields = run_rows.seen(run)
    dag = [run.dag_id, bare(run.dag_id)]
    return {**fields, "dag": dag, "host": [place_of(run.dag_id)], "text": [run.dag_id, *fields["text"]]}
