"""`penstock workers`: the workers of executors on other hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from penstock.model.views.system import WorkerRow


@click.group
def workers() -> None:
    """List the workers on other hosts, drain them, use them again.

    Examples:
      penstock workers list
      penstock workers drain web3-1
    """


@workers.command("list")
@json_option
@pass_session
def list_workers(session: Session, *, as_json: bool) -> None:
    """List every worker: its slots, its queues, and what it runs.

    Only a running engine knows them. `unreachable` says that there is no contact with it: what runs there
    goes on, until its lease is over.

    Examples:
      penstock workers list
      penstock workers list --json
    """
    rows = session.reader().workers()
    if as_json:
        print_json({"workers": rows})
        return
    if not rows:
        say("no worker; start some on this machine with: penstock cluster start")
        return
    from penstock.cli import text

    tell(
        text.table(
            ("WORKER", "EXECUTOR", "HOST", "SLOTS", "USED", "FREE", "QUEUES", "LOAD", "STATE", "SINCE", ""),
            [
                (
                    row.name,
                    row.executor,
                    row.host,
                    row.slots,
                    row.used,
                    max(0, row.slots - row.used),
                    ", ".join(row.queues),
                    None if row.load is None else f"{row.load:.1f}",
                    row.state,
                    text.moment(row.since),
                    _more(row),
                )
                for row in rows
            ],
            right={"SLOTS", "USED", "FREE", "LOAD"},
        )
    )


def _more(row: WorkerRow) -> str:
    from penstock.ids import instance_key

    runs = [f"{use.dag_id}.{instance_key(use.task_id, use.map_index)}" for use in row.runs]
    shown = ", ".join(runs[:3]) + (f" and {len(runs) - 3} more" if len(runs) > 3 else "")
    return "; ".join(each for each in (row.note, shown) if each)


@workers.command("drain")
@click.argument("name")
@json_option
@pass_session
def drain(session: Session, *, name: str, as_json: bool) -> int:
    """Start nothing more on a worker. What runs there goes on.

    Examples:
      penstock workers drain web3-1
    """
    from penstock.cli.acting import perform
    from penstock.model.acts import DrainWorker

    return perform(session, DrainWorker(name=name), as_json=as_json)


@workers.command("undrain")
@click.argument("name")
@json_option
@pass_session
def undrain(session: Session, *, name: str, as_json: bool) -> int:
    """Use a drained worker again.

    Examples:
      penstock workers undrain web3-1
    """
    from penstock.cli.acting import perform
    from penstock.model.acts import UndrainWorker

    return perform(session, UndrainWorker(name=name), as_json=as_json)
