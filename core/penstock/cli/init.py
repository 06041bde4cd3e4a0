"""`penstock init`: make a folder an instance."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from penstock.cli.output import say, tell
from penstock.errors import UsageError


@click.command
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def init(folder: Path) -> None:
    """Make a folder an instance.

    DIR gets a commented configuration and a first DAG; what is there already stays as it is.

    Examples:
      penstock init ~/pipelines
      penstock init .
    """
    from penstock.cli.template import CONFIG, FIRST_DAG, GITIGNORE
    from penstock.settings import CONFIG_NAME

    home = folder.absolute()
    dags = home / "dags"
    try:
        # State, logs and sockets come to lie here: nobody else's business.
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(home / CONFIG_NAME, CONFIG)
        dags.mkdir(exist_ok=True)
        if not any(dags.glob("*.py")):
            _write(dags / "first_dag.py", FIRST_DAG)
        file = min(dags.glob("*.py"), key=lambda path: (path.name != "first_dag.py", path.name))
        _write(home / ".gitignore", GITIGNORE)
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from None
    tell(str(home))
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


def _write(path: Path, text: str) -> None:
    """Write *text* unless something is there already."""
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        say(f"kept {path}")
    else:
        say(f"wrote {path}")
