"""`penstock hosts`: how the instances on several hosts are."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell

if TYPE_CHECKING:
    from penstock.model.views.hosts import HostRow
    from penstock.ssh.several import Several

LIMIT = 35.0
"""Seconds after which a host that has not answered is shown as it is."""
_POLL = 0.05


@click.command
@click.argument("names", metavar="[DEST]...", nargs=-1)
@json_option
def hosts(names: tuple[str, ...], *, as_json: bool) -> int:
    """Show how the instances on several hosts are.

    Of the hosts of hosts.toml, or of these: state, failures, what runs, engine silent since. Each is asked
    through ssh, all at once. A host that cannot be reached is listed with the reason.

    Examples:
      penstock hosts
      penstock hosts prod user@staging --json
    """
    from penstock.ssh.hosts import host_of, hosts_files, read_hosts
    from penstock.ssh.opened import open_several

    known = read_hosts()
    wanted = [host_of(name, known) for name in names] or list(known.values())
    if not wanted:
        if as_json:
            print_json({"hosts": []})
        say(f"no hosts are named: a table for each goes into {hosts_files()[0]}")
        return 0
    several = open_several(wanted)
    try:
        rows = _settled(several)
    finally:
        several.close()
    if as_json:
        print_json({"hosts": rows})
    else:
        _show(rows)
    return 0


def _settled(several: Several) -> list[HostRow]:
    until = time.monotonic() + LIMIT
    while not all(member.tried.is_set() for member in several.members) and time.monotonic() < until:
        time.sleep(_POLL)
    return several.hosts()


def _show(rows: list[HostRow]) -> None:
    from penstock.cli.text import ago, table

    header = ("HOST", "STATE", "SINCE", "DAGS", "RUNNING", "QUEUED", "FAILURES", "HOME")
    cells = [
        (
            f"{row.name} (production)" if row.production else row.name,
            row.state.value,
            ago(row.since) if row.since is not None else "",
            str(row.dags),
            str(row.running),
            str(row.queued),
            str(row.failures),
            row.home,
        )
        for row in rows
    ]
    tell(table(header, cells))
    for row in rows:
        if row.reason:
            say(f"{row.name}: {row.reason}")
