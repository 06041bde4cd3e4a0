"""`penstock init`: make a folder an instance."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click

from penstock.cli.output import say, tell
from penstock.cli.session import Session, pass_session
from penstock.errors import UsageError
from penstock.settings import named_home
from penstock.trust import make_folder


@click.command
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path))
@pass_session
def init(session: Session, folder: Path | None) -> None:
    """Make a folder an instance.

    DIR (or what --home or $PENSTOCK_HOME names) gets a commented configuration and a first DAG; what is
    there already stays as it is. Whatever the umask, nobody but you can write what is made.

    Examples:
      penstock init ~/pipelines
      penstock init .
      PENSTOCK_HOME=/srv/pipelines penstock init
    """
    folder = folder or _named(session)
    from penstock.cli.template import CONFIG, FIRST_DAG, GITIGNORE
    from penstock.settings import CONFIG_NAME

    home = folder.absolute()
    dags = home / "dags"
    try:
        # State, logs and sockets come to lie here: nobody else's business.
        make_folder(home)
        _write(home / CONFIG_NAME, CONFIG, 0o600)
        if not dags.exists():
            make_folder(dags)
        if not any(dags.glob("*.py")):
            _write(dags / "first_dag.py", FIRST_DAG, 0o644)
        file = min(dags.glob("*.py"), key=lambda path: (path.name != "first_dag.py", path.name))
        _write(home / ".gitignore", GITIGNORE, 0o644)
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from None
    tell(str(home))
    _warn(home)
    say("\nThe next three things to type:\n")
    if home != Path.cwd():
        say(f"  cd {shlex.quote(str(folder))}")
    test = f"penstock test {shlex.quote(f'dags/{file.name}')}"
    for command, what in (
        (test, "run a DAG here and now"),
        ("penstock up -d", "start the engine in the background"),
        ("penstock", "open the console"),
    ):
        say(f"  {command:{len(test)}}    {what}")


def _named(session: Session) -> Path:
    """Return the home that was named without an argument."""
    found = session.home or named_home()
    if found is None:
        raise UsageError("say which folder: `penstock init DIR`, or --home DIR, or PENSTOCK_HOME")
    return found


def _warn(home: Path) -> None:
    """Say what keeps an engine from starting here: what was there before keeps its owner and modes."""
    from penstock.service.trusted import flaws_of_home
    from penstock.settings import load_settings

    for flaw in flaws_of_home(load_settings(home)):
        say(f"before an engine starts here: {flaw}")


def _write(path: Path, text: str, mode: int) -> None:
    """Write *text* unless something is there already."""
    try:
        with path.open("x", encoding="utf-8") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(text)
    except FileExistsError:
        say(f"kept {path}")
    else:
        say(f"wrote {path}")
