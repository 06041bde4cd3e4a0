"""`penstock airflow`: for those who come from Airflow: which of their files load here, and what differs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.providers import providers
from penstock.cli.session import Session, pass_session
from penstock.errors import UsageError

if TYPE_CHECKING:
    from penstock.model.spec import ParsedFile


@click.group
def airflow() -> None:
    """Move from Airflow: check files, install providers, import exports.

    Examples:
      penstock airflow check ~/airflow/dags
      penstock airflow providers install http postgres
    """


airflow.add_command(providers)


@airflow.command
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@json_option
@pass_session
def check(session: Session, *, paths: tuple[Path, ...], as_json: bool) -> int:
    """Load DAG files of Airflow; say which load, and what differs.

    PATHS are files, and folders of any size: of a folder, the files that name both DAGs and airflow.
    Nothing runs and nothing is changed. The exit code is 1 when a file does not load.

    Examples:
      penstock airflow check ~/airflow/dags
      penstock airflow check dags/ --json | jq '.files[] | select(.loads | not)'
    """
    files = list(dict.fromkeys(_files(paths)))
    found = []
    for number, (file, parsed) in enumerate(_loaded(session, files), 1):
        found.append(_document(file, parsed))
        if sys.stderr.isatty():
            click.echo(f"\r{number} of {len(files)}", nl=False, err=True)
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
    loads = sum(one["loads"] for one in found)
    if as_json:
        print_json({"files": found, "loads": loads, "of": len(found)})
    else:
        _tell(found, loads)
    return 0 if loads == len(found) else 1


@airflow.command(name="import")
@click.option(
    "--from",
    "files",
    multiple=True,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What `airflow variables export`, `connections export` or `pools export` wrote; may be repeated.",
)
@click.option(
    "--as",
    "kind",
    type=click.Choice(["variables", "connections", "pools"]),
    help="What the files have, where that is not clear.",
)
@click.option("--clear-secrets", is_flag=True, help="Allow plain-text passwords in the store.")
@click.option("--dry-run", is_flag=True, help="Say what would be set, and set nothing.")
@json_option
@pass_session
def import_exports(
    session: Session,
    *,
    files: tuple[Path, ...],
    kind: str | None,
    clear_secrets: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Take over variables, connections and pools that Airflow has exported.

    JSON, YAML (with PyYAML) and files of `ID=URL` lines (`.env`). What has a name that exists is replaced.

    Examples:
      penstock airflow import --from variables.json --from pools.json
      penstock airflow import --from connections.json --clear-secrets
    """
    from penstock.cli.acting import perform_all
    from penstock.importing.airflow_exports import read_export
    from penstock.terminal_text import clean

    todo = []
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except ValueError:
            raise UsageError(
                f"{file} is not text: export from Airflow first (airflow variables export variables.json)"
            ) from None
        todo += read_export(str(file), text, kind, clear_secrets=clear_secrets)
    if not dry_run:
        return perform_all(session, todo, as_json=as_json)
    if as_json:
        print_json({"would_set": [repr(each) for each in todo]})
    for each in todo if not as_json else ():
        tell(clean(repr(each)))
    return 0


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    from penstock.loading.discover import Walk

    for path in map(Path.absolute, paths):
        if path.is_file():
            yield path
            continue
        for file in Walk(path):
            try:
                source = file.read_bytes().lower()
            except OSError:
                continue
            if b"airflow" in source and b"dag" in source:
                yield file


def _loaded(session: Session, files: list[Path]) -> Iterator[tuple[Path, ParsedFile]]:
    """Yield each file as it was loaded, in order; some load side by side."""
    import os
    from concurrent.futures import ThreadPoolExecutor

    from penstock.loading.parse import SPAWNING, parse_file_sync
    from penstock.loading.warm import WarmParents

    parents = WarmParents() if len(files) > 1 else None

    def load(file: Path) -> tuple[Path, ParsedFile]:
        return file, parse_file_sync(file, settings=session.settings, starter=parents or SPAWNING)

    try:
        with ThreadPoolExecutor(max(1, min(4, os.cpu_count() or 1))) as pool:
            yield from pool.map(load, files)
    finally:
        if parents is not None:
            parents.close()


def _document(file: Path, parsed: ParsedFile) -> dict[str, Any]:
    tasks = [(dag.dag_id, task) for dag in parsed.dags for task in dag.tasks if task.cannot_run]
    return {
        "file": str(file),
        "loads": not parsed.errors,
        "dialect": parsed.dialect,
        "dialect_because": parsed.dialect_because,
        "dags": [dag.dag_id for dag in parsed.dags],
        "missing": [{"name": name, "package": package or None} for name, package in parsed.missing],
        "cannot_run": [{"dag_id": dag_id, "task_id": task.task_id} for dag_id, task in tasks],
        "differs": [f"{dag.dag_id}: {warning}" for dag in parsed.dags for warning in dag.warnings],
        "errors": [{"line": error.line, "message": error.message} for error in parsed.errors],
    }


def _tell(found: list[dict[str, Any]], loads: int) -> None:
    from penstock.cli import text
    from penstock.terminal_text import clean

    rows = [
        (
            Path(one["file"]).name,
            "yes" if one["loads"] else "no",
            f"{one['dialect']}.x" if one["dialect"] else "-",
            len(one["dags"]),
            ", ".join(dict.fromkeys(each["name"].rpartition(".")[2] for each in one["missing"])) or "-",
        )
        for one in found
    ]
    if rows:
        tell(text.table(("FILE", "LOADS", "AIRFLOW", "DAGS", "MISSING"), rows, right={"DAGS"}))
    for one in found:
        for error in one["errors"]:
            say(clean(f"{one['file']}:{error['line'] or '?'}: {error['message']}"))
        for text_ in one["differs"]:
            say(clean(f"! {text_}"))
    packages = sorted({each["package"] for one in found for each in one["missing"] if each["package"]})
    if packages:
        say(f"tasks and hooks of these packages cannot run: {', '.join(packages)}")
    tell(f"{loads} of {text.count(len(found), 'file')} load{'s' if loads == 1 else ''}")
