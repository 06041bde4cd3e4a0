"""What a command line means: the acts that it would ask of the engine, without doing any of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from penstock.cli.acting import Collected
from penstock.cli.session import Session
from penstock.errors import UsageError

if TYPE_CHECKING:
    from penstock.api.engine import Engine
    from penstock.model.acts import AnyAct


def acts_of(engine: Engine, words: Sequence[str]) -> list[AnyAct]:
    """Return the acts of the command *words* (without ``penstock``); the engine is only read.

    Raises `UsageError` for what is no such command, and what the engine says about what it names.
    """
    from penstock.cli.root import VERBS, LazyGroup
    from penstock.model.runbooks import VERBS as ACTING

    if not words or words[0] not in ACTING or words[0] not in VERBS:
        raise UsageError(f"{' '.join(words)!r} is not a command that changes something")
    if "--dry-run" in words:
        raise UsageError("with --dry-run a command changes nothing")
    session = Session(engine=engine)
    session.collected = []
    verb = LazyGroup("penstock").get_command(click.Context(LazyGroup("penstock")), words[0])
    assert verb is not None
    group = click.Group("penstock", {words[0]: verb})
    try:
        group.main(list(words), prog_name="penstock", standalone_mode=False, obj=session)
    except Collected:
        return session.collected
    except click.ClickException as error:
        raise UsageError(error.format_message()) from None
    except (click.Abort, click.exceptions.Exit):
        pass
    raise UsageError(f"{' '.join(words)!r} changes nothing")
