"""Dialogs about failures: acknowledge them with a reason, snooze them until a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from textual.app import ComposeResult

from penstock.errors import UsageError
from penstock.model.acts import AcknowledgeFailures, AnyAct, SnoozeFailures
from penstock_tui.clean import label
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.view import moments
from penstock_tui.widgets.field import Field
from penstock_tui.widgets.line_table import Row


class _AboutFailures(PlanDialog):
    """Over *fingerprints*; shows the line of each with what was said about it."""

    def __init__(self, title: str, fingerprints: Sequence[str]) -> None:
        super().__init__(title)
        self._fingerprints = fingerprints

    def rows(self, cells: int) -> list[Row]:  # noqa: ARG002
        """Return the error lines."""
        items = [item for _, plan in self.plans for item in plan.items]
        return [
            Row(
                str(place), ([(label(item.note or ""), "red"), (f"   {label(item.before)}", "bright_black")],)
            )
            for place, item in enumerate(items)
        ]

    def _why(self) -> str | None:
        return self.query_one("#why", Field).text.strip() or None


class AcknowledgeDialog(_AboutFailures):
    """Acknowledges failures."""

    def __init__(self, fingerprints: Sequence[str]) -> None:
        super().__init__("Acknowledge: it comes back if it happens again", fingerprints)

    def form(self) -> ComposeResult:
        """Compose the reason."""
        yield Field("why  ", hint="shown with it", needed=True, id="why")

    def acts(self) -> list[AnyAct]:
        """Return an act for each cause."""
        why = self._why()
        return [AcknowledgeFailures(fingerprint=each, why=why) for each in self._fingerprints]


class SnoozeDialog(_AboutFailures):
    """Leave failures out of the list for a while."""

    def __init__(self, fingerprints: Sequence[str]) -> None:
        super().__init__("Snooze: left out, however often it happens", fingerprints)

    def times(self) -> str:
        """Return the zone of what is typed as the end."""
        return self.own_times()

    def form(self) -> ComposeResult:
        """Compose until when, and the reason."""
        yield Field("until", hint="2h, 1d12h or 2026-08-22T06:00", needed=True, id="until")
        yield Field("why  ", hint="shown with it", id="why")

    def acts(self) -> list[AnyAct]:
        """Return an act for each cause; raise `UsageError` without a time."""
        until = moments.until(self.query_one("#until", Field).text, self.shell.clock.now())
        if until is None:
            raise UsageError("until when? 2h, 1d12h or a date")
        ends = until if until.tzinfo is not None else until.replace(tzinfo=self.shell.zone).astimezone(UTC)
        why = self._why()
        return [SnoozeFailures(fingerprint=each, until=ends, why=why) for each in self._fingerprints]
