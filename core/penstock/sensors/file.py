"""FileSensor: waits until a file exists."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from penstock.authoring.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from penstock.authoring.context import Context
    from penstock.authoring.sensor import SensorArgs
    from penstock.task_process.triggers import FileTrigger


class FileSensor(Sensor):
    """Waits until *filepath* (a path or a glob pattern) exists; a folder must contain a file.

    *recursive* lets ``**`` in the pattern match folders too. A relative path starts at the path of the
    connection *fs_conn_id*, if there is one, otherwise in the working folder of the task.
    """

    template_fields: Sequence[str] = ("filepath", "fs_conn_id")

    def __init__(
        self,
        *,
        filepath: Any,
        fs_conn_id: str = "fs_default",
        recursive: bool = False,
        task_id: str,
        **sensor: Unpack[SensorArgs],
    ) -> None:
        super().__init__(task_id=task_id, **sensor)
        self.filepath = filepath
        self.fs_conn_id = fs_conn_id
        self.recursive = recursive

    def poke(self, context: Context) -> bool:  # noqa: ARG002 - the signature of all pokes
        """Look once, and print what was found."""
        from penstock.task_process.globbing import found

        pattern = self._path()
        name = found(pattern, recursive=self.recursive)
        print(f"found {name}" if name else f"nothing yet at {pattern}")  # noqa: T201 - to the task's log
        return name is not None

    def trigger_for(self, context: Context) -> FileTrigger:  # noqa: ARG002 - the signature of all of them
        """Return a trigger that looks for the file."""
        from penstock.task_process.triggers import FileTrigger

        path = os.path.abspath(self._path())  # noqa: PTH100 - a pattern is not a path
        return FileTrigger(filepath=path, recursive=self.recursive, poke_interval=self.poke_interval)

    def _path(self) -> str:
        from penstock.task_process.connections import Connection, UnknownConnectionError

        path = str(self.filepath)
        try:
            base = Connection.get(self.fs_conn_id).path
        except UnknownConnectionError:
            if self.fs_conn_id != "fs_default":
                raise
            return path
        return str(Path(base) / path)
