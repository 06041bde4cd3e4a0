"""`penstock bridge`: the engine's wire on stdin and stdout."""

from __future__ import annotations

import sys

import click

from penstock.cli.session import Session, pass_session


@click.command
@pass_session
def bridge(session: Session) -> int:
    """Speak the engine's protocol on stdin and stdout.

    For clients on another host: `penstock --host` starts it there through ssh. One JSON object a line, as
    on the engine's socket; when no engine runs, the database answers. It ends with its input.

    Examples:
      echo '{"id": 1, "method": "status"}' | penstock bridge
      ssh prod penstock bridge
    """
    from penstock.ssh.bridge import Bridge

    sys.stdout.flush()
    return Bridge(session.settings, sys.stdin.fileno(), sys.stdout.fileno()).serve()
