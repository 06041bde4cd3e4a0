"""The hooks of Airflow's standard provider: a program in a subprocess, and a folder behind a connection."""

from __future__ import annotations

import os
from typing import NamedTuple

from penstock.airflow.served.connections import Hook

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from typing import Any


class SubprocessResult(NamedTuple):
    """How a program ended, and the last line of its output."""

    exit_code: int
    output: str


class SubprocessHook(Hook):
    """Runs a program; its output goes to the log."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.sub_process: subprocess.Popen[bytes] | None = None

    def run_command(
        self,
        command: list[str],
        env: dict[str, str] | None = None,
        output_encoding: str = "utf-8",
        cwd: str | None = None,
    ) -> SubprocessResult:
        """Run *command* to its end, with *env* instead of the task's environment if that is given.

        Raises OSError if it cannot be started.
        """
        import subprocess

        last = ""
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=cwd, env=env
        ) as process:
            self.sub_process = process
            assert process.stdout is not None
            for raw in process.stdout:
                last = raw.decode(output_encoding, "backslashreplace").rstrip()
                self.log.info("%s", last)
        return SubprocessResult(process.returncode, last)

    def send_sigterm(self) -> None:
        """Ask the program to end."""
        if self.sub_process is not None and self.sub_process.poll() is None:
            self.sub_process.terminate()


class FSHook(Hook):
    """A folder: the ``path`` in the extra of a connection, or the root."""

    conn_name_attr = "fs_conn_id"
    default_conn_name = "fs_default"
    conn_type = "fs"
    hook_name = "File (path)"

    def __init__(self, fs_conn_id: str = default_conn_name, **more: Any) -> None:
        super().__init__(**more)
        from penstock.airflow.served.exceptions import AirflowNotFoundException

        self.basepath = ""
        try:
            self.conn = self.get_connection(fs_conn_id)
        except AirflowNotFoundException:
            if fs_conn_id != self.default_conn_name:
                raise
        else:
            self.basepath = str(self.conn.extra_dejson.get("path") or "")

    def get_conn(self) -> None:
        """There is nothing to connect to."""

    def get_path(self) -> str:
        """Return the folder; empty for the root."""
        return self.basepath

    def test_connection(self) -> tuple[bool, str]:
        """Whether the folder is there, and a sentence about it."""
        there = os.path.exists(self.basepath or "/")  # noqa: PTH110 - as a string, as it was given
        return there, f"Path {self.basepath or '/'} {'is existing' if there else 'does not exist'}"
