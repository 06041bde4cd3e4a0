"""What a task asks a person: it waits for the answer as for a trigger, but the engine does the waiting."""

from __future__ import annotations

from penstock.authoring.exceptions import TaskError
from penstock.authoring.triggers import Trigger

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any

    from penstock.authoring.triggers import TriggerEvent

HOME = f"{__name__}.Question"
"""The name of the class, as it stands where a task has deferred."""


class Question(Trigger):
    """A question: its *subject* and *body*, the *options*, and *params* to fill in (a JSON Schema each).

    *defaults* are the options that count if nobody answers in time. With *assigned* (tables with an ``id``
    and a ``name``) only these people may answer.
    """

    def __init__(
        self,
        *,
        subject: str,
        options: list[str],
        body: str | None = None,
        defaults: list[str] | None = None,
        multiple: bool = False,
        params: dict[str, Any] | None = None,
        assigned: list[dict[str, str]] | None = None,
    ) -> None:
        super().__init__()
        self.subject = subject
        self.options = options
        self.body = body
        self.defaults = defaults
        self.multiple = multiple
        self.params = params or {}
        self.assigned = assigned or []

    def asked(self) -> dict[str, Any]:
        """Return the question as it is kept: `penstock.model.questions.Question`."""
        names = ("subject", "options", "body", "defaults", "multiple", "params", "assigned")
        return {name: getattr(self, name) for name in names}

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class and its arguments."""
        return HOME, self.asked()

    def run(self) -> AsyncIterator[TriggerEvent]:
        """Raise TaskError: only the engine waits for people."""
        raise TaskError("a question is answered by a person, not by a trigger")
