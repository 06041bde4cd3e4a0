"""`penstock airflow providers`: provider packages of Airflow, as they are, without Airflow."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell


@click.group
def providers() -> None:
    """Install provider packages of Airflow, without Airflow, and list them.

    Examples:
      penstock airflow providers install http common-sql postgres
      penstock airflow providers list
    """


@providers.command
@click.argument("names", nargs=-1, required=True)
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take wheels from this folder alone, and ask no registry.",
)
@click.option(
    "--target",
    type=click.Path(file_okay=False, path_type=Path),
    help="Install into this folder, and not into Penstock's Python; put it on PYTHONPATH.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be installed, and install nothing.")
@json_option
def install(
    *, names: tuple[str, ...], source: Path | None, target: Path | None, dry_run: bool, as_json: bool
) -> int:
    """Install provider packages into the Python that runs Penstock, and the libraries that they ask for.

    NAMES are `http`, `common-sql`, `postgres==7.1.1` and the like. Without a version it is the one that
    was tried with Penstock, or else the newest, with a warning. Airflow itself is not installed.

    Examples:
      penstock airflow providers install http ssh sqlite
      penstock airflow providers install amazon --dry-run
    """
    from penstock.airflow.fetching import Pip, fetch, temporary
    from penstock.airflow.fetching import install as put
    from penstock.errors import UsageError

    run = Pip(lambda text: say(f"  {text}") if sys.stderr.isatty() else None)
    with temporary() as folder:
        try:
            found = fetch(names, Path(folder), source, run)
        except ValueError as error:
            raise UsageError(str(error)) from None
        for one in found:
            if one.tried is None:
                say(f"warning: {one.needs.name} was never tried with Penstock")
            elif one.tried != one.needs.version:
                say(f"warning: {one.needs.name} {one.needs.version} was not tried; {one.tried} was")
        if not dry_run:
            put(found, source, target, run)
    rows = [
        {
            "name": one.needs.name,
            "version": one.needs.version,
            "tried": one.tried,
            "libraries": list(one.needs.libraries),
        }
        for one in found
    ]
    if as_json:
        print_json({"providers": rows, "installed": not dry_run})
        return 0
    for one in found:
        tell(f"{one.needs.name} {one.needs.version}: {', '.join(one.needs.libraries)}")
    tell("nothing was installed" if dry_run else "installed; tasks that start from now on use them")
    return 0


@providers.command(name="list")
@json_option
def list_providers(*, as_json: bool) -> int:
    """List the provider packages that are installed, and the versions that were tried.

    Examples:
      penstock airflow providers list
    """
    from importlib.metadata import distributions

    from penstock.airflow.packages import PREFIX, tried
    from penstock.cli.text import table

    here = {
        str(one.metadata["Name"]).lower().removeprefix(PREFIX): one.version
        for one in distributions()
        if str(one.metadata["Name"]).lower().startswith(PREFIX)
    }
    known = {name: one.version for name, one in tried().items()}
    rows = [
        {"name": name, "installed": here.get(name), "tried": known.get(name)}
        for name in sorted({*here, *known})
    ]
    if as_json:
        print_json({"providers": rows})
    else:
        cells = [(row["name"], row["installed"] or "-", row["tried"] or "never") for row in rows]
        tell(table(("PROVIDER", "INSTALLED", "TRIED"), cells))
    return 0
