"""`penstock digest`: what happened while you were away."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from penstock.cli.moments import Ago
from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.model.views.digest import Digest

_Part: TypeAlias = "tuple[str, Sequence[str], list[tuple[object, ...]]]"
_SHOWN = 20
_ALL = 10_000
_WIDE = 80


@click.command
@click.option("--since", type=Ago(), help="What happened since then: 2h, 1d12h (ago), or a date and time.")
@json_option
@pass_session
def digest(session: Session, *, since: datetime | None, as_json: bool) -> None:
    """Show what happened while you were away.

    What failed, by cause; what failed and is green again; which runs were late, against their deadline or
    their usual end; which tasks took far longer than usual; which points were skipped and why; who did
    what, and whether it was undone; pauses; DAG files; starts of the engine. It tells what is new since
    you last looked: here without --since and --json, or in a console, which looks as long as it is open.
    If you never looked, it tells the last 24 hours.

    Examples:
      penstock digest
      penstock digest --since 12h
      penstock digest --since 2013-01-05T18:00 --json
    """
    from penstock.cli.acting import actor

    if since is not None and since.tzinfo is None:
        since = since.astimezone()
    page = session.reader().digest(person=actor(), since=since, limit=_ALL, tasks=_ALL if as_json else 0)
    if as_json:
        print_json(_document(page))
        return
    _show(page, given=since is not None)
    if since is None:
        _remember(session, page)


def _document(page: Digest) -> dict[str, Any]:
    import msgspec

    from penstock.cli.failures import group_document

    plain: dict[str, Any] = msgspec.to_builtins(page)
    for inner in ("counts", "own", "seen_failures", "upto", "newest_failure"):
        del plain[inner]
    plain["failed"] = [group_document(group) for group in page.failed]
    for start, view in zip(plain["engine"], page.engine, strict=True):
        start["seconds"] = view.seconds
    return plain


def _remember(session: Session, page: Digest) -> None:
    """Remember that this person has seen it; without an engine nothing can be."""
    from penstock.cli.acting import actor
    from penstock.errors import PenstockError
    from penstock.model.acts import Looked

    try:
        session.engine().commit(
            Looked(place="digest", upto=page.upto, failures=page.newest_failure), actor=actor()
        )
    except PenstockError:
        return


def _show(page: Digest, *, given: bool) -> None:
    from penstock.cli import text

    head = f"since {text.moment(page.since)}"
    if not given:
        head += ", when you last looked" if page.looked is not None else ": you have not looked before"
    if not any(page.counts.values()):
        say(f"nothing happened {head}")
        return
    say(head)
    for title, headers, rows in (*_of_runs(page), *_of_people(page)):
        if rows:
            tell(f"\n{title} ({len(rows)})")
            tell(text.table(headers, rows[:_SHOWN]))
            if len(rows) > _SHOWN:
                say(f"and {len(rows) - _SHOWN} more; --json has all")


def _of_runs(page: Digest) -> list[_Part]:
    """Return title, headers and rows of what runs and points did."""
    from penstock.cli import text

    return [
        (
            "FAILED",
            ("LAST", "COUNT", "OPEN", "DAGS", "FINGERPRINT", "LINE"),
            [
                (
                    text.moment(group.last),
                    group.count,
                    group.open or "",
                    ", ".join(group.dags[:3]) + ("..." if len(group.dags) > 3 else ""),
                    group.fingerprint,
                    _cut(group.line),
                )
                for group in page.failed
            ],
        ),
        (
            "RECOVERED",
            ("WHEN", "DAG", "TASK", "FAILED", "GREEN IN", "LINE"),
            [
                (
                    text.moment(each.at),
                    each.dag_id,
                    each.task_id,
                    text.moment(each.failed),
                    "the same run" if each.same_run else each.run_id,
                    _cut(each.line),
                )
                for each in page.recovered
            ],
        ),
        (
            "LATE",
            ("WHEN", "DAG", "RUN", "HOW"),
            [(text.moment(late.at), late.dag_id, late.run_id, late.words()) for late in page.late],
        ),
        (
            "SLOW",
            ("WHEN", "DAG", "RUN", "HOW"),
            [(text.moment(slow.at), slow.dag_id, slow.run_id, slow.words()) for slow in page.slow],
        ),
        (
            "SKIPPED",
            ("DAG", "FIRST", "LAST", "POINTS", "WHY"),
            [
                (each.dag_id, text.moment(each.first), text.moment(each.last), each.count, each.reason)
                for each in page.skipped
            ],
        ),
    ]


def _of_people(page: Digest) -> list[_Part]:
    """Return title, headers and rows of what people, files and the engine did."""
    from penstock.cli import text

    return [
        (
            "ACTS",
            ("WHEN", "WHO", "WHAT", "DAG", "RUN", "UNDONE"),
            [
                (
                    text.moment(act.at),
                    act.actor,
                    act.title,
                    act.dag_id,
                    act.run_id,
                    f"by {act.undone}" if act.undone else "",
                )
                for act in page.acts
            ],
        ),
        (
            "PAUSES",
            ("WHEN", "WHO", "WHAT", "WHY"),
            [(text.moment(pause.at), pause.actor, pause.words(), pause.why) for pause in page.pauses],
        ),
        (
            "DAG FILES",
            ("WHEN", "WHAT", "DAG", "FILE"),
            [(text.moment(file.at), file.what.value, file.dag_id, file.text) for file in page.files],
        ),
        ("ENGINE", ("WHEN", "WHAT"), [(text.moment(start.at), start.words()) for start in page.engine]),
    ]


def _cut(line: str) -> str:
    return line if len(line) <= _WIDE else f"{line[: _WIDE - 3]}..."
