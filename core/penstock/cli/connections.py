"""`penstock connections`: how tasks reach other systems."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.moments import Conf
from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session
from penstock.errors import UnknownError, UsageError

if TYPE_CHECKING:
    from penstock.model.views.values import ConnectionRow


@click.group
def connections() -> None:
    """List connections, set and delete those of the store.

    A task finds a connection in the engine's environment (PENSTOCK_CONN_ID), else in penstock.toml, else
    in the store. Passwords are shown as ***.

    Examples:
      penstock connections list
      penstock connections set warehouse postgresql://etl@db.example:5432/dw --secret password=env:DW_PASSWORD
    """


@connections.command("list")
@json_option
@pass_session
def list_connections(session: Session, *, as_json: bool) -> None:
    """List every connection, and where it comes from.

    Examples:
      penstock connections list
      penstock connections list --json | jq -r '.connections[].conn_id'
    """
    rows = session.reader().connections()
    if as_json:
        print_json({"connections": rows})
        return
    from penstock.cli import text
    from penstock.terminal_text import clean

    if not rows:
        say("no connections")
        return
    tell(
        text.table(
            ("CONNECTION", "LEADS TO", "SECRETS", "SOURCE", "SET BY", ""),
            [
                (
                    row.conn_id,
                    clean(leads_to(row)),
                    clean(", ".join(f"{field} from {place}" for field, place in row.secrets.items())),
                    row.source,
                    row.by,
                    (row.description or "") if row.used else "hidden by a stronger source",
                )
                for row in rows
            ],
        )
    )


@connections.command("get")
@click.argument("conn_id")
@json_option
@pass_session
def get_connection(session: Session, *, conn_id: str, as_json: bool) -> int:
    """Print a connection's fields; for secrets, where they are stored.

    Examples:
      penstock connections get warehouse
      penstock connections get warehouse --json | jq .fields.host
    """
    rows = session.reader().connections()
    row = next((row for row in rows if row.conn_id == conn_id and row.used), None)
    if row is None:
        raise UnknownError(f"connection {conn_id!r} does not exist")
    if as_json:
        print_json(row)
        return 0
    from penstock.cli import text

    facts: list[tuple[str, Any]] = [("connection", row.conn_id), ("about", row.description)]
    facts += [
        (name, value if isinstance(value, str) else json.dumps(value)) for name, value in row.fields.items()
    ]
    facts += [(field, f"secret, {place}") for field, place in row.secrets.items()]
    tell(text.facts([*facts, ("source", row.source)]))
    return 0


@connections.command("set")
@click.argument("conn_id")
@click.argument("uri", required=False)
@click.option("--conn-type", help="The kind of system, such as postgres.")
@click.option("--host", help="Name or address.")
@click.option("--login", help="The user to log in as.")
@click.option("--schema", help="The database, or the path.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port it listens on.")
@click.option("--extra", type=Conf(), default="{}", help="More fields, as a JSON object.")
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="FIELD=REFERENCE",
    help="A field that is stored elsewhere, such as password=env:NAME or extra.token=file:PATH.",
)
@click.option("--clear-secrets", is_flag=True, help="Allow a plain-text password in the store.")
@click.option("--description", help="What the connection is for.")
@json_option
@pass_session
def set_connection(
    session: Session,
    /,
    *,
    conn_id: str,
    uri: str | None,
    extra: dict[str, Any],
    secrets: tuple[str, ...],
    clear_secrets: bool,
    description: str | None,
    as_json: bool,
    **fields: Any,
) -> int:
    """Write a connection into the store: a URI, or its fields, or both.

    Examples:
      penstock connections set files file:///srv/data
      penstock connections set api --conn-type http --host api.example --secret extra.token=env:API_TOKEN
    """
    from penstock.cli.acting import perform
    from penstock.model.acts import SetConnection

    entry: dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
    if uri is not None:
        entry["uri"] = uri
    if extra:
        entry["extra"] = extra
    if secrets:
        entry["secrets"] = dict(map(_field, secrets))
    if not entry:
        raise UsageError("say where the connection leads: a URI, or --host and other fields")
    act = SetConnection(conn_id=conn_id, entry=entry, description=description, clear_secrets=clear_secrets)
    return perform(session, act, as_json=as_json)


@connections.command("delete")
@click.argument("conn_id")
@json_option
@pass_session
def delete_connection(session: Session, *, conn_id: str, as_json: bool) -> int:
    """Remove a connection from the store.

    Examples:
      penstock connections delete warehouse
    """
    from penstock.cli.acting import perform
    from penstock.model.acts import DeleteConnection

    return perform(session, DeleteConnection(conn_id=conn_id), as_json=as_json)


def leads_to(row: ConnectionRow) -> str:
    """Return where a connection leads, on one line."""
    fields = row.fields
    if "uri" in fields:
        return str(fields["uri"])
    login = f"{fields['login']}@" if fields.get("login") else ""
    port = f":{fields['port']}" if fields.get("port") else ""
    return f"{fields.get('conn_type', '')}://{login}{fields.get('host', '')}{port}/{fields.get('schema', '')}"


def _field(text: str) -> tuple[str, str]:
    field, equals, reference = text.partition("=")
    if not equals:
        raise UsageError(f"--secret {text!r}: write FIELD=REFERENCE, such as password=env:NAME")
    return field.strip(), reference
