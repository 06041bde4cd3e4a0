"""`penstock now`: what runs at this moment over all DAGs, what it uses, and what waits and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from penstock.model.views.now import LiveAttempt, NowPage, WaitingItem

SORTS = ("cpu", "rss", "peak_rss", "read_bytes", "write_bytes", "processes", "seconds")
_WAITING = 20


@click.command
@click.option(
    "--sort", type=click.Choice(SORTS), default="cpu", show_default=True, help="The largest of it first."
)
@click.option(
    "--waiting", type=click.IntRange(0), default=_WAITING, show_default=True, help="How much of what waits."
)
@json_option
@pass_session
def now(session: Session, *, sort: str, waiting: int, as_json: bool) -> None:
    """Show what runs now and what it uses, and what waits and why.

    CPU is in per cent of one core. Memory, reads, writes and the number of processes are of all processes of
    an attempt, also of those whose parent has ended. P50 and P95 are the usual durations of the task.

    Examples:
      penstock now
      penstock now --sort rss
      penstock now --json | jq '.attempts[] | select(.seconds > .p95)'
    """
    page = session.reader().live(waiting=waiting)
    attempts = sorted(page.attempts, key=lambda row: getattr(row, sort) or 0, reverse=True)
    if as_json:
        print_json({"attempts": attempts, "waiting": page.waiting, "waiting_total": page.waiting_total})
        return
    if attempts:
        tell(_table(attempts))
    else:
        say("nothing is running")
    _tell_waiting(page)


def _table(attempts: list[LiveAttempt]) -> str:
    from penstock.cli import text
    from penstock.ids import instance_key

    headers = (
        "DAG",
        "RUN",
        "TASK",
        "WORKER" if all(row.worker for row in attempts) else "PID",
        "CPU%",
        "RSS",
        "PEAK",
        "READ",
        "WRITE",
        "PROCS",
        "AGE",
        "P50",
        "P95",
        "",
    )
    rows = [
        (
            row.dag_id,
            row.run_id,
            instance_key(row.task_id, row.map_index),
            row.worker or row.pid,
            None if row.cpu is None else f"{row.cpu:.0f}",
            text.size(row.rss),
            text.size(row.peak_rss),
            text.size(row.read_bytes),
            text.size(row.write_bytes),
            row.processes,
            text.duration(row.seconds),
            text.duration(row.p50),
            text.duration(row.p95),
            "slow" if row.p95 is not None and row.seconds > row.p95 else "",
        )
        for row in attempts
    ]
    return text.table(headers, rows, right=headers[3:13])


def _tell_waiting(page: NowPage) -> None:
    from penstock.cli import text

    if not page.waiting:
        return
    rows = [
        (row.dag_id, row.run_id, _task(row), row.state, text.moment(row.until) if row.until else "", row.text)
        for row in page.waiting
    ]
    tell("\n" + text.table(("DAG", "RUN", "TASK", "WAITS AS", "UNTIL", "FIRST BARRIER"), rows))
    left = page.waiting_total - len(page.waiting)
    if left:
        say(f"and {left} more; --waiting {page.waiting_total} shows all")


def _task(row: WaitingItem) -> str:
    from penstock.ids import instance_key

    return "" if row.task_id is None else instance_key(row.task_id, row.map_index)
