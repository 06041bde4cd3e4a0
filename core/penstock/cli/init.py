"""`penstock init`: make a folder into an instance."""

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
    """Make a folder into an instance.

    DIR (or what --home or $PENSTOCK_HOME names) gets a commented configuration and a first DAG. Existing
    files stay as they are. Whatever the umask, only you can write the new files.

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
        # State, logs and sockets will be in here: private to the user.
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
    say("\nWhat to type next:\n")
    if home != Path.cwd():
        say(f"  cd {shlex.quote(str(folder))}")
    test = f"penstock test {shlex.quote(f'dags/{file.name}')}"
    for command, what in (
        (test, "run a DAG at once, without an engine"),
        ("penstock up -d", "start the engine in the background"),
        ("penstock", "open the console"),
    ):
        say(f"  {command:{len(test)}}    {what}")


def _named(session: Session) -> Path:
    """Return the home given by --home or PENSTOCK_HOME."""
    found = session.home or named_home()
    if found is None:
        raise UsageError("name a folder: `penstock init DIR`, or --home DIR, or PENSTOCK_HOME")
    return found


def _warn(home: Path) -> None:
    """Say what keeps an engine from starting here: existing files keep their owner and modes."""
    from penstock.service.trusted import flaws_of_home
    from penstock.settings import load_settings

    for flaw in flaws_of_home(load_settings(home)):
        say(f"before an engine starts here: {flaw}")


def _write(path: Path, text: str, mode: int) -> None:
    """Write *text* unless the file exists."""
    try:
        with path.open("x", encoding="utf-8") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(text)
    except FileExistsError:
        say(f"kept {path}")
    else:
        say(f"wrote {path}")
