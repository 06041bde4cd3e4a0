"""`penstock api`: the HTTP API, and the tokens that open it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from penstock import process
from penstock.cli.moments import Until
from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session
from penstock.errors import UsageError

if TYPE_CHECKING:
    from penstock.http.tokens import Tokens


@click.group
def api() -> None:
    """Serve the HTTP API of Airflow 3, and manage its tokens.

    Examples:
      penstock api token create laptop
      penstock api serve
    """


@api.command
@click.option("--listen", help="HOST:PORT or unix:PATH; default 127.0.0.1:8080, or [http] of penstock.toml.")
@click.option("--cert", type=click.Path(path_type=Path), help="The TLS certificate, a PEM file.")
@click.option("--key", type=click.Path(path_type=Path), help="The key of the certificate, a PEM file.")
@click.option("--with-parent", is_flag=True, hidden=True, help="End when stdin ends.")
@pass_session
def serve(
    session: Session, *, listen: str | None, cert: Path | None, key: Path | None, with_parent: bool
) -> int:
    """Serve the HTTP API until ctrl-c.

    It is a process of its own beside the engine. It prints its address once it listens. An address
    that other machines can reach needs --cert, --key and a token.

    Examples:
      penstock api serve
      penstock api serve --listen unix:run/http.sock
      penstock api serve --listen 0.0.0.0:8443 --cert cert.pem --key key.pem
    """
    from penstock.http.listening import DEFAULT, bind, check_certificate, read_address, refuse_unsafe

    settings = session.settings
    if listen is None and "listen" in settings.http:
        address = read_address(settings.http["listen"], settings.home)
    else:
        address = read_address(listen or DEFAULT)
    cert = cert or _file(session, "cert")
    key = key or _file(session, "key")
    tokens = _tokens(session)
    usable = any(token.usable(datetime.now(UTC)) for token in tokens.all())
    refuse_unsafe(address, cert, key, tokens=usable)
    if cert is not None and key is not None:
        check_certificate(cert, key)
    try:
        from penstock.http.serving import serve as run
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is missing; install it with: pip install 'penstock[http]'") from None
    from penstock.api.client import socket_engine
    from penstock.api.connect import stored_engine
    from penstock.http.desk import Desk
    from penstock.http.login import Door

    listening = bind(address)
    if address.path is None:
        address = address._replace(port=listening.getsockname()[1])
    tell(address.url("http" if cert is None else "https"))
    if not usable:
        say("there is no token yet: penstock api token create NAME")
    desk = Desk(settings, lambda: stored_engine(settings), socket_engine(settings.socket))
    door = Door(tokens, loopback=address.loopback)
    process.give_way()  # many requests at once must not slow the engine and its tasks
    try:
        run(desk, door, listening, cert, key, with_parent=with_parent)
    finally:
        if address.path is not None:
            address.path.unlink(missing_ok=True)
    return 0


@api.group
def token() -> None:
    """Make, list and revoke tokens.

    Only hashes of them are kept. The name of a token is the actor of what is done with it.

    Examples:
      penstock api token create grafana --read-only
      penstock api token list
    """


@token.command
@click.argument("name")
@click.option("--read-only", is_flag=True, help="It may look, but not act.")
@click.option("--expires", type=Until(), help="When it ends: 30d, 1d12h, or a date and time in UTC.")
@json_option
@pass_session
def create(session: Session, *, name: str, read_only: bool, expires: datetime | None, as_json: bool) -> None:
    """Make a token and print it, once.

    Examples:
      penstock api token create laptop
      penstock api token create ci --expires 90d
    """
    if expires is not None and expires.tzinfo is None:
        expires = expires.replace(tzinfo=UTC)
    secret = _tokens(session).create(name, read_only=read_only, expires=expires)
    if as_json:
        print_json({"name": name, "token": secret, "read_only": read_only, "expires": expires})
        return
    tell(secret)
    say("this is shown once; as user name and password, give the name and the token")


@token.command("list")
@json_option
@pass_session
def list_tokens(session: Session, *, as_json: bool) -> None:
    """List tokens by name, without their secrets.

    Examples:
      penstock api token list --json
    """
    now = datetime.now(UTC)
    found = _tokens(session).all()
    if as_json:
        rows = [
            {
                "name": each.name,
                "read_only": each.read_only,
                "created": each.created,
                "expires": each.expires,
                "revoked": each.revoked,
                "usable": each.usable(now),
            }
            for each in found
        ]
        print_json({"tokens": rows})
        return
    from penstock.cli.text import moment, table

    tell(
        table(
            ("TOKEN", "MAY", "CREATED", "EXPIRES", ""),
            [
                (
                    each.name,
                    "look" if each.read_only else "act",
                    moment(each.created),
                    moment(each.expires) if each.expires else "never",
                    "" if each.usable(now) else "revoked" if each.revoked else "expired",
                )
                for each in found
            ],
        )
    )


@token.command
@click.argument("name")
@pass_session
def revoke(session: Session, *, name: str) -> None:
    """Revoke a token: it opens nothing from now on.

    Examples:
      penstock api token revoke laptop
    """
    _tokens(session).revoke(name)
    tell(f"token {name} is revoked")


def _tokens(session: Session) -> Tokens:
    from penstock.http.tokens import Tokens

    return Tokens(session.settings.http_tokens)


def _file(session: Session, name: str) -> Path | None:
    text = session.settings.http.get(name)
    return (session.settings.home / Path(text).expanduser()).absolute() if text else None
