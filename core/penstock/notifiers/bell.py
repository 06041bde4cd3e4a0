"""BellNotifier: rings in every open console."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penstock.notifiers.notifier import DEFAULT_TEXT, Notifier, message_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock.authoring.checked import Check
    from penstock.authoring.context import Context

_LONGEST = 500


class BellNotifier(Notifier):
    """Rings the terminal's bell in every open console, and shows *message* there.

    It is an event of the engine, so ``penstock events`` shows it too.
    """

    template_fields: Sequence[str] = ("message",)
    checks: Mapping[str, Check] = {"message": message_text}

    def __init__(self, message: str = DEFAULT_TEXT) -> None:
        self.message = message

    def notify(self, context: Context) -> None:
        """Give the message to the engine, which makes an event of it."""
        context["ti"].ring(" ".join(self.message.split())[:_LONGEST])
