"""What a file may ask about its own loading."""

from __future__ import annotations

from typing import NamedTuple

from penstock.authoring import scope


class ParsingContext(NamedTuple):
    """The DAG and task that a process was started for; None while the file is loaded."""

    dag_id: str | None = None
    task_id: str | None = None


def get_parsing_context() -> ParsingContext:
    """Return for which task the file is being executed."""
    context = scope.current().context
    if context is None:
        return ParsingContext()
    return ParsingContext(context["dag"].dag_id, context["task"].task_id)
