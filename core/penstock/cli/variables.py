"""`penstock variables`: named values of the instance."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session
from penstock.errors import UnknownError, UsageError

if TYPE_CHECKING:
    from penstock.model.views.values import VariableRow


@click.group
def variables() -> None:
    """List variables, set and delete those of the store.

    A task looks for a variable in the engine's environment (PENSTOCK_VAR_NAME), then in penstock.toml, then
    in the store. Values whose names look like secrets are shown as ***.

    Examples:
      penstock variables list
      penstock variables set region eu
      penstock variables set api_token --secret env:API_TOKEN
    """


@variables.command("list")
@json_option
@pass_session
def list_variables(session: Session, *, as_json: bool) -> None:
    """List every variable, and where it comes from.

    Examples:
      penstock variables list
      penstock variables list --json | jq -r '.variables[].name'
    """
    rows = session.reader().variables()
    if as_json:
        print_json({"variables": rows})
        return
    from penstock.cli import text
    from penstock.terminal_text import clean

    if not rows:
        say("no variables")
        return
    tell(
        text.table(
            ("VARIABLE", "VALUE", "SOURCE", "SET BY", "WHEN", ""),
            [
                (
                    row.name,
                    clean(shown(row)),
                    row.source,
                    row.by,
                    text.moment(row.updated),
                    (row.description or "") if row.used else "hidden by a stronger source",
                )
                for row in rows
            ],
        )
    )


@variables.command("get")
@click.argument("name")
@json_option
@pass_session
def get_variable(session: Session, *, name: str, as_json: bool) -> int:
    """Print a variable's value; for a secret, where it is stored.

    Examples:
      penstock variables get region
      penstock variables get region --json
    """
    rows = session.reader().variables()
    row = next((row for row in rows if row.name == name and row.used), None)
    if row is None:
        raise UnknownError(f"variable {name!r} does not exist")
    if as_json:
        print_json(row)
    else:
        from penstock.terminal_text import clean

        tell(clean(shown(row)))
    return 0


@variables.command("set")
@click.argument("name")
@click.argument("value", required=False)
@click.option("--secret", metavar="REFERENCE", help="Where the value is: env:NAME, file:PATH, cmd:COMMAND.")
@click.option("--description", help="What the variable is for.")
@json_option
@pass_session
def set_variable(
    session: Session,
    *,
    name: str,
    value: str | None,
    secret: str | None,
    description: str | None,
    as_json: bool,
) -> int:
    """Write a variable into the store. VALUE - reads standard input.

    Examples:
      penstock variables set region eu --description "where we are"
      penstock variables set api_token --secret file:/run/secrets/api_token
    """
    from penstock.cli.acting import perform
    from penstock.model.acts import SetVariable

    if (value is None) == (secret is None):
        raise UsageError("give a value, or --secret with the place of the value")
    if value == "-":
        value = sys.stdin.read().removesuffix("\n")
    act = SetVariable(name=name, value=value, secret=secret, description=description)
    return perform(session, act, as_json=as_json)


@variables.command("delete")
@click.argument("name")
@json_option
@pass_session
def delete_variable(session: Session, *, name: str, as_json: bool) -> int:
    """Remove a variable from the store.

    Examples:
      penstock variables delete region
    """
    from penstock.cli.acting import perform
    from penstock.model.acts import DeleteVariable

    return perform(session, DeleteVariable(name=name), as_json=as_json)


def shown(row: VariableRow) -> str:
    """Return a variable's value for people."""
    return f"secret, {row.secret}" if row.secret else row.value or ""
