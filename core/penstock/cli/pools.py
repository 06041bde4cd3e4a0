"""`penstock pools`: named slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli.options import json_option
from penstock.cli.output import print_json, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from penstock.model.views.pools import PoolRow


@click.group
def pools() -> None:
    """List pools, make them, change their size.

    Examples:
      penstock pools list
      penstock pools set warehouse 1
    """


@pools.command("list")
@json_option
@pass_session
def list_pools(session: Session, *, as_json: bool) -> None:
    """List every pool, and who holds its slots.

    Examples:
      penstock pools list
      penstock pools list --json
    """
    rows = session.reader().pools()
    if as_json:
        print_json({"pools": rows})
        return
    from penstock.cli import text

    tell(
        text.table(
            ("POOL", "SLOTS", "USED", "WAITING", "HELD BY", ""),
            [
                (
                    row.name,
                    row.slots,
                    row.used,
                    row.waiting,
                    ", ".join(row.holders[:5]),
                    _notes(row),
                )
                for row in rows
            ],
            right={"SLOTS", "USED", "WAITING"},
        )
    )


def _notes(row: PoolRow) -> str:
    words = [row.description] if row.description else []
    return ", ".join([*words, "deferred too"] if row.include_deferred else words)


@pools.command("set")
@click.argument("name")
@click.argument("slots", type=click.IntRange(0))
@click.option("--description", help="What the pool is for.")
@click.option(
    "--include-deferred/--no-include-deferred", default=None, help="Whether deferred tasks keep their slots."
)
@json_option
@pass_session
def set_pool(
    session: Session,
    *,
    name: str,
    slots: int,
    description: str | None,
    include_deferred: bool | None,
    as_json: bool,
) -> int:
    """Make a pool or change its size. With 0 slots nothing starts.

    Options that are not given stay as they are. A smaller pool stops nothing that runs.

    Examples:
      penstock pools set warehouse 1 --description "one writer"
    """
    from penstock.cli.acting import perform
    from penstock.model.acts import SetPool

    act = SetPool(name=name, slots=slots, description=description, include_deferred=include_deferred)
    return perform(session, act, as_json=as_json)


@pools.command("delete")
@click.argument("name")
@json_option
@pass_session
def delete_pool(session: Session, *, name: str, as_json: bool) -> int:
    """Remove a pool that no task uses.

    Examples:
      penstock pools delete warehouse
    """
    from penstock.cli.acting import perform
    from penstock.model.acts import DeletePool

    return perform(session, DeletePool(name=name), as_json=as_json)
