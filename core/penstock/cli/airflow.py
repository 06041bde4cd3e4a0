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
    from penstock.importing.airflow_rows import Opened, Taken
    from penstock.model.acts import AnyAct
    from penstock.model.spec import ParsedFile


@click.group
def airflow() -> None:
    """Move from Airflow: check files, install providers, import its settings.

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
    "sources",
    multiple=True,
    required=True,
    metavar="FILE|URL",
    help="Airflow's database (an SQLite file, sqlite:// or postgresql://), or what `airflow variables "
    "export`, `connections export`, `pools export` or `dags list -o json` wrote; may be repeated.",
)
@click.option(
    "--as",
    "kind",
    type=click.Choice(["variables", "connections", "pools", "dags"]),
    help="What the files have, where that is not clear.",
)
@click.option("--clear-secrets", is_flag=True, help="Allow plain-text passwords in the store.")
@click.option(
    "--fernet-key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The key of encrypted values, or the airflow.cfg with it. Default: $AIRFLOW__CORE__FERNET_KEY.",
)
@click.option("--unpause", is_flag=True, help="Also lift the pause of schedules that are not paused there.")
@click.option("--dry-run", is_flag=True, help="Say what would be set, and set nothing.")
@json_option
@pass_session
def import_exports(
    session: Session,
    *,
    sources: tuple[str, ...],
    kind: str | None,
    clear_secrets: bool,
    fernet_key_file: Path | None,
    unpause: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Take over variables, connections, pools and pauses from Airflow.

    From its database, which is only read, or from files that it exported: JSON, YAML (with PyYAML) and files
    of `ID=URL` lines (`.env`). What has a name that exists is replaced. Schedules that are paused there are
    paused here; with --unpause those that run there run here too, so stop Airflow's scheduler before. What
    cannot be read is listed, and the exit code is 1; everything else is taken over.

    Examples:
      penstock airflow import --from ~/airflow/airflow.db --fernet-key-file ~/airflow/airflow.cfg
      penstock airflow import --from variables.json --from pools.json
      penstock airflow import --from connections.json --clear-secrets
    """
    from penstock.cli.acting import perform_all
    from penstock.cli.airflow_database import fernet_keys, opener
    from penstock.importing.airflow_rows import Taken
    from penstock.terminal_text import clean

    opened = opener(fernet_keys(fernet_key_file))
    taken = Taken()
    for source in sources:
        taken.add(_taken(source, kind, opened, clear_secrets=clear_secrets))
    known = {row.dag_id: row.paused is not None for row in session.reader().dags(strip=0)}
    pauses, notes = _pauses(taken.paused, known, unpause=unpause)
    todo = [*taken.settings, *pauses]
    if dry_run:
        if as_json:
            print_json({"would_set": [repr(each) for each in todo], "unread": taken.unread, "notes": notes})
        for each in todo if not as_json else ():
            tell(clean(repr(each)))
    elif todo:
        perform_all(session, todo, as_json=as_json)
    for note in notes:
        say(clean(note))
    for what in taken.unread:
        say(clean(f"not read: {what}"))
    return 1 if taken.unread else 0


def _taken(source: str, kind: str | None, opened: Opened, *, clear_secrets: bool) -> Taken:
    """Return what one source has: a database, or a file that Airflow exported."""
    from penstock.cli.airflow_database import is_database, read_database
    from penstock.importing.airflow_exports import read_export, read_pauses
    from penstock.importing.airflow_rows import Taken, taken_from

    if is_database(source):
        return taken_from(read_database(source), opened, clear_secrets=clear_secrets)
    try:
        text = Path(source).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}") from None
    except ValueError:
        raise UsageError(
            f"{source} is not text, and not an SQLite database: export from Airflow first "
            "(airflow variables export variables.json)"
        ) from None
    paused = read_pauses(source, text) if kind in (None, "dags") else None
    if paused is not None:
        return Taken(paused=paused)
    if kind == "dags":
        raise UsageError(f"{source} is not a list of DAGs: airflow dags list -o json")
    return Taken(settings=list(read_export(source, text, kind, clear_secrets=clear_secrets)))


def _pauses(
    there: dict[str, bool], here: dict[str, bool], *, unpause: bool
) -> tuple[list[AnyAct], list[str]]:
    """Return the acts that pause here what is paused *there*, or lift that, and what to say about the rest.

    *here*: the DAGs that are known, and whether their schedule is paused.
    """
    from penstock.model.acts import PauseSchedule, UnpauseSchedule

    why = "paused in Airflow"
    acts: list[AnyAct] = [
        PauseSchedule(dag_id=dag_id, why=why)
        for dag_id, paused in there.items()
        if paused and here.get(dag_id) is False
    ]
    lift = [dag_id for dag_id, paused in there.items() if not paused and here.get(dag_id)]
    notes = []
    if unpause:
        acts += [UnpauseSchedule(dag_id=dag_id) for dag_id in lift]
    elif lift:
        notes.append(
            f"not paused in Airflow, and still paused here: {', '.join(lift)}; to start them: "
            f"penstock unpause {' '.join(lift)}, or import with --unpause"
        )
    unknown = [dag_id for dag_id in there if dag_id not in here]
    if unknown:
        shown = ", ".join(unknown[:8]) + (f" and {len(unknown) - 8} more" if len(unknown) > 8 else "")
        notes.append(f"the pauses of DAGs that are not here were left: {shown}")
    return acts, notes


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    from penstock.loading.discover import Walk

    for path in map(Path.absolute, paths):
        if path.is_file():
            yield path
            continue
        for file in Walk(path):
            if _may_make_dags(file):
                yield file


def _may_make_dags(file: Path) -> bool:
    from penstock.loading.discover import has_modules

    if file.suffix == ".zip":
        return has_modules(file)
    try:
        source = file.read_bytes().lower()
    except OSError:
        return False
    return b"airflow" in source and b"dag" in source


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
