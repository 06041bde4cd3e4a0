"""What can be said about failures with one fingerprint: acknowledged, snoozed, taken back."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.model.acts import ReopenFailures
from penstock_tui.dialogs.failures import AcknowledgeDialog, SnoozeDialog
from penstock_tui.shell import Shell
from penstock_tui.target import FailureTarget, Target
from penstock_tui.verbs.at_once import commit_at_once


async def acknowledge(shell: Shell, targets: Sequence[Target]) -> None:
    """Ask why, and acknowledge them."""
    groups = _groups(targets)
    if groups:
        await shell.push_screen_wait(AcknowledgeDialog(groups))


async def snooze(shell: Shell, targets: Sequence[Target]) -> None:
    """Ask until when, and leave them out of the list."""
    groups = _groups(targets)
    if groups:
        await shell.push_screen_wait(SnoozeDialog(groups))


async def reopen(shell: Shell, targets: Sequence[Target]) -> None:
    """Take back what was said, at once."""
    await commit_at_once(shell, [ReopenFailures(fingerprint=each) for each in _groups(targets)])


def _groups(targets: Sequence[Target]) -> list[str]:
    return [target.group.fingerprint for target in targets if isinstance(target, FailureTarget)]
