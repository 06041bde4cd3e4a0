"""`penstock console`: start the console in this terminal."""

from __future__ import annotations

import os
import sys

import click

from penstock.cli.session import Session, pass_session


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", metavar="[ARGUMENTS]...", nargs=-1, type=click.UNPROCESSED)
@pass_session
def console(session: Session, *, arguments: tuple[str, ...]) -> int:
    """Open the console; `penstock` alone does the same.

    Quitting it stops nothing. ARGUMENTS are passed to the console, such as --read-only.

    Examples:
      penstock
      penstock console --read-only
    """
    return open_console(session, arguments)


def open_console(session: Session, arguments: tuple[str, ...]) -> int:
    """Replace this process with the console; returns only if that is refused."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("the console needs a terminal")
    os.environ["PENSTOCK_HOME"] = str(session.settings.home)
    # The console is a separate program. Nothing of it is imported here, so that every other command
    # starts without it.
    os.execv(sys.executable, [sys.executable, "-m", "penstock_tui", *session.console_options, *arguments])  # noqa: S606
