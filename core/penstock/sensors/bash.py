"""BashSensor: a command's exit code decides."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from penstock.authoring.checks import mapping_or_reference
from penstock.authoring.exceptions import FailException
from penstock.authoring.sensor import Sensor
from penstock.operators.bash import bash_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from penstock.authoring.checked import Check
    from penstock.authoring.context import Context
    from penstock.authoring.sensor import SensorArgs


class BashSensor(Sensor):
    """Waits until *bash_command* exits with 0.

    With *retry_exit_code* only that code means "not yet", and any other fails the task. *env*
    replaces the environment.
    """

    template_fields: Sequence[str] = ("bash_command", "env")
    template_ext: Sequence[str] = (".sh", ".bash")
    checks: Mapping[str, Check] = {**Sensor.checks, "env": mapping_or_reference}

    def __init__(
        self,
        *,
        bash_command: Any,
        env: Mapping[str, Any] | None = None,
        retry_exit_code: int | None = None,
        output_encoding: str = "utf-8",
        task_id: str,
        **sensor: Unpack[SensorArgs],
    ) -> None:
        super().__init__(task_id=task_id, **sensor)
        self.bash_command = bash_command
        self.env: Any = dict(env) if isinstance(env, Mapping) else env
        self.retry_exit_code = retry_exit_code
        self.output_encoding = output_encoding

    def poke(self, context: Context) -> bool:  # noqa: ARG002 - the signature of all pokes
        """Run the command once; its output goes to the task's log.

        Raises `FailException` for an exit code other than 0 and *retry_exit_code*.
        """
        import subprocess

        own = {str(name): str(value) for name, value in (self.env or {}).items()}
        environment = dict(os.environ) if self.env is None else own
        words, handle = bash_words(self.bash_command)
        kept = () if handle is None else (handle,)
        code = subprocess.run(words, env=environment, pass_fds=kept, check=False).returncode
        if handle is not None:
            os.close(handle)
        if code == 0:
            return True
        if self.retry_exit_code is None or code == self.retry_exit_code:
            return False
        raise FailException(f"bash exited with {code}, which is neither 0 nor {self.retry_exit_code}")
