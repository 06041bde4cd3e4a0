"""`penstock worker`: run attempts on this machine for engines elsewhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from penstock.cli.output import say
from penstock.cli.session import Session, pass_session
from penstock.errors import UsageError

if TYPE_CHECKING:
    from penstock.execution.dask.access import Access


class Amount(click.ParamType[tuple[str, float]]):
    """``NAME=NUMBER``: how much a worker has of a resource."""

    name = "NAME=NUMBER"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        """Return name and amount."""
        if isinstance(value, tuple):
            return value
        name, _, number = str(value).partition("=")
        try:
            amount = float(number)
        except ValueError:
            amount = -1.0
        if not name.isidentifier() or not 0 < amount < float("inf"):
            self.fail(f"{value!r} is not NAME=NUMBER with a number above 0, such as MEM=16e9", param, ctx)
        return name, amount


certs_options = (
    click.option(
        "--certs", type=click.Path(file_okay=False, path_type=Path), help="A folder of `certs init`."
    ),
    click.option(
        "--ca", type=click.Path(dir_okay=False, path_type=Path), help="The authority's certificate."
    ),
    click.option("--cert", type=click.Path(dir_okay=False, path_type=Path), help="This end's certificate."),
    click.option("--key", type=click.Path(dir_okay=False, path_type=Path), help="The key of that."),
    click.option("--insecure", is_flag=True, help="Without TLS where other machines can reach it."),
)


def named_files(certs: Path | None, **single: Path | None) -> dict[str, str]:
    """Return the paths of ca, cert and key that options name; raise `UsageError` if both ways are used."""
    given = {name: str(path.absolute()) for name, path in single.items() if path is not None}
    if certs is None:
        return given
    if given:
        raise UsageError("name a folder with --certs, or single files, not both")
    from penstock.execution.dask.certs import files_in

    return files_in(certs)


@click.command
@click.option("--scheduler", metavar="ADDR", help="Its address, or a JSON file that says it.")
@click.option("--slots", type=click.IntRange(1, 4096), help="Attempts at once; default: one for each core.")
@click.option(
    "--queue", "queues", multiple=True, help="A queue that it serves, in place of `default`; repeat."
)
@click.option("--resource", "resources", multiple=True, type=Amount(), help="MEM=16e9, GPU=2; repeat.")
@click.option("--root", type=click.Path(file_okay=False, path_type=Path), help="Its folder, on a local disk.")
@click.option("--name", help="Its name, unique in the cluster; default: that of the machine.")
@certs_options[0]
@certs_options[1]
@certs_options[2]
@certs_options[3]
@certs_options[4]
@pass_session
def worker(
    session: Session,
    *,
    scheduler: str | None,
    slots: int | None,
    queues: tuple[str, ...],
    resources: tuple[tuple[str, float], ...],
    root: Path | None,
    name: str | None,
    certs: Path | None,
    ca: Path | None,
    cert: Path | None,
    key: Path | None,
    insecure: bool,
) -> int:
    """Run attempts on this machine for engines elsewhere.

    It is a worker of a Dask cluster. Without --scheduler it joins the one that `penstock cluster start`
    began in this instance. When its scheduler is lost, what runs goes on, and it joins again as soon as it
    can. SIGTERM ends it, and stops no attempt: the next worker with the same root finds them all.

    Examples:
      penstock worker --scheduler tls://10.0.0.1:8786 --certs ~/certs --slots 8
      penstock worker --queue gpu --resource GPU=2 --resource MEM=64e9
    """
    names = {"ca": ca, "cert": cert, "key": key}
    files = named_files(certs, **names)
    home = session.settings.home
    name = name or os.uname().nodename
    _check_name(name)
    try:
        from penstock.execution.dask.station import Offers
        from penstock.execution.dask.worker import run
    except ModuleNotFoundError as error:
        raise missing(error) from None
    from penstock.execution.dask.access import access_to, read_access, read_file
    from penstock.service.environment import task_environment
    from penstock.settings import load_settings

    def find() -> Access:
        if scheduler is None and not files:
            return read_access({}, home)
        if scheduler is None:
            raise UsageError("certificates need the address that they are for: --scheduler ADDR")
        if scheduler.endswith(".json"):
            return read_file(Path(scheduler).expanduser().absolute())
        return access_to(scheduler, files, insecure=insecure)

    find()  # what is wrong from the start is said at once
    place = (root or _usual_root(name)).absolute()
    settings = load_settings(place)
    offers = Offers(
        name=name,
        slots=slots or os.cpu_count() or 1,
        queues=queues or ("default",),
        resources=dict(resources),
    )
    if os.geteuid() == 0:
        say("note: the worker runs as root, and so does every task")
    return run(settings, offers, find, task_environment(settings, os.environ), say)


def missing(error: ModuleNotFoundError) -> UsageError:
    """Return what to say when a module of the extra is not installed."""
    return UsageError(f"{error.name} is missing; install it with: pip install 'penstock[dask]'")


def _check_name(name: str) -> None:
    from penstock.ids import check_id

    check_id(name, "the name of a worker")


def _usual_root(name: str) -> Path:
    import platformdirs

    return Path(platformdirs.user_data_dir("penstock-worker", appauthor=False)) / name
