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
        import glob

        pattern = self._path()
        for name in glob.iglob(pattern, recursive=self.recursive):  # noqa: PTH207 - patterns may be absolute
            if _holds_a_file(name):
                print(f"found {name}")  # noqa: T201 - to the task's log
                return True
        print(f"nothing yet at {pattern}")  # noqa: T201 - to the task's log
        return False

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


def _holds_a_file(name: str) -> bool:
    if not Path(name).is_dir():
        return True
    return any(files for _, _, files in os.walk(name))
