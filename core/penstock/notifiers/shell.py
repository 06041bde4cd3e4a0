"""ShellNotifier: runs a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penstock.authoring.checks import mapping
from penstock.notifiers.notifier import DEFAULT_TEXT, Notifier, message_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.checked import Check
    from penstock.authoring.context import Context


class ShellNotifier(Notifier):
    """Runs *command* with ``bash -c``; an exit code other than 0 is a failure.

    The event is described in the command's environment, never in its text: ``PENSTOCK_MESSAGE``,
    ``PENSTOCK_DAG_ID``, ``PENSTOCK_RUN_ID``, ``PENSTOCK_TASK_ID``, ``PENSTOCK_STATE``,
    ``PENSTOCK_REASON``, ``PENSTOCK_LOGICAL_DATE``, and *env*, whose values are templates.
    """

    template_fields: Sequence[str] = ("env", "message")
    checks: Mapping[str, Check] = {"command": message_text, "message": message_text, "env": mapping}

    def __init__(
        self, command: str, *, env: Mapping[str, str] | None = None, message: str = DEFAULT_TEXT
    ) -> None:
        self.command = command
        self.env: dict[str, Any] = dict(mapping(env, "env"))
        self.message = message

    def notify(self, context: Context) -> None:
        """Run it; its output goes to the log, and the time limit of callbacks applies.

        Raises OSError for an exit code other than 0.
        """
        import os
        import subprocess
        import sys

        ti, run = context["ti"], context["dag_run"]
        facts = {
            "PENSTOCK_MESSAGE": self.message,
            "PENSTOCK_DAG_ID": run.dag_id,
            "PENSTOCK_RUN_ID": run.run_id,
            "PENSTOCK_TASK_ID": ti.task_id,
            "PENSTOCK_STATE": ti.state or run.state,
            "PENSTOCK_REASON": context.get("reason") or "",
            "PENSTOCK_LOGICAL_DATE": context.get("ts") or "",
        }
        sys.stdout.flush()
        environment = {**os.environ, **facts, **{name: str(value) for name, value in self.env.items()}}
        done = subprocess.run(["bash", "-c", self.command], env=environment, check=False)
        if done.returncode:
            raise OSError(f"the command ended with exit code {done.returncode}")
