"""`penstock doctor`: checks the instance, and says what to do about each problem."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from penstock.cli.options import json_option
from penstock.cli.output import print_json, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from penstock.cli.checks import Check


@click.command
@json_option
@pass_session
def doctor(session: Session, *, as_json: bool) -> int:
    """Check the instance, and say what to do about each problem.

    Checks the machine, the home, the database and the engine, and changes nothing. The exit code
    is 1 when something is broken; warnings alone leave it 0.

    Examples:
      penstock doctor
      penstock doctor --json | jq '.checks[] | select(.verdict != "ok")'
    """
    found = list(checks(session))
    if as_json:
        print_json({"checks": found})
    else:
        for check in found:
            tell(_line(check))
    return 1 if any(check.verdict == "fail" for check in found) else 0


def checks(session: Session) -> Iterator[Check]:
    """Yield every check, each made when it is asked for."""
    from penstock.cli.checks.engine import check_engine
    from penstock.cli.checks.home import check_home
    from penstock.cli.checks.machine import check_machine

    yield from check_machine(session.settings)
    yield from check_home(session.settings)
    yield from check_engine(session)


def _line(check: Check) -> str:
    from penstock.cli.text import one_line, state

    line = f"{state(check.verdict)}{' ' * (6 - len(check.verdict))}{check.name:<12} {one_line(check.text)}"
    return f"{line}\n{'':<19}-> {check.todo}" if check.todo else line
