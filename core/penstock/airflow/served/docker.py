"""DockerOperator over the ``docker`` command: no library, no daemon of ours."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence

from penstock.authoring.checks import mapping_or_reference
from penstock.authoring.exceptions import SkipException, TaskError
from penstock.authoring.operator import Operator
from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from typing import Any

    from penstock.authoring.checked import Check
    from penstock.authoring.context import Context

_WITHOUT_EFFECT = {
    "api_version", "xcom_all", "docker_conn_id", "tls_hostname", "tls_verify", "tls_ca_cert",
    "tls_client_cert", "tls_client_key", "tls_ssl_version", "tls_assert_hostname", "mount_tmp_dir",
    "host_tmp_dir", "tmp_dir", "tty", "timeout", "log_opts_max_size", "log_opts_max_file", "ulimits",
    "device_requests", "retrieve_output", "retrieve_output_path", "auto_remove", "max_log_opts", "hostname",
    "dns", "dns_search", "port_bindings", "ipc_mode", "labels", "skip_exit_code",
}  # fmt: skip


class DockerOperator(Operator):
    """Runs *command* in a container of *image* and removes it; the last line of output is the value."""

    template_fields: Sequence[str] = ("image", "command", "environment", "env_file", "container_name")
    template_ext: Sequence[str] = (".sh", ".bash", ".env")
    checks: Mapping[str, Check] = {**Operator.checks, "environment": mapping_or_reference}

    def __init__(
        self,
        *,
        image: str,
        command: str | Sequence[str] | None = None,
        environment: Mapping[str, Any] | None = None,
        private_environment: Mapping[str, Any] | None = None,
        env_file: str | None = None,
        container_name: str | None = None,
        docker_url: str | None = None,
        network_mode: str | None = None,
        volumes: Sequence[str] | None = None,
        mounts: Sequence[Any] | None = None,
        user: str | int | None = None,
        working_dir: str | None = None,
        entrypoint: str | Sequence[str] | None = None,
        mem_limit: str | float | None = None,
        cpus: float | None = None,
        shm_size: int | None = None,
        privileged: bool = False,
        cap_add: Sequence[str] | None = None,
        extra_hosts: Mapping[str, str] | None = None,
        force_pull: bool = False,
        skip_on_exit_code: Any = None,
        task_id: str,
        **more: Any,
    ) -> None:
        ignored = {name: more.pop(name) for name in list(more) if name in _WITHOUT_EFFECT}
        super().__init__(task_id=task_id, **more)
        codes = ignored.pop("skip_exit_code", None)
        self.image = image
        self.command = command
        self.environment: Any = (
            dict(environment or {}) if isinstance(environment, Mapping | None) else environment
        )
        self.private_environment = dict(private_environment or {})
        self.env_file = env_file
        self.container_name = container_name
        self.docker_url = docker_url if isinstance(docker_url, str) else None
        self.skip_codes = skip_on_exit_code if skip_on_exit_code is not None else codes
        self.force_pull = force_pull
        self._options = {
            "--network": network_mode, "--user": user, "--workdir": working_dir, "--memory": mem_limit,
            "--cpus": cpus, "--shm-size": shm_size,
        }  # fmt: skip
        self._lists: list[tuple[str, Sequence[Any]]] = [
            ("--volume", volumes or ()),
            ("--mount", [_mount(one) for one in mounts or ()]),
            ("--cap-add", cap_add or ()),
            ("--add-host", [f"{name}:{place}" for name, place in (extra_hosts or {}).items()]),
        ]
        self._entry = shlex.split(entrypoint) if isinstance(entrypoint, str) else list(entrypoint or ())
        self.privileged = privileged
        self._process: subprocess.Popen[bytes] | None = None

    def execute(self, context: Context) -> Any:
        """Run the container.

        Raises `TaskError` when docker is not installed or the command fails, `SkipException` for an exit code
        that means so.
        """
        import shutil
        import subprocess
        import sys

        del context
        if shutil.which("docker") is None:
            raise TaskError("the docker command is not installed, or not on PATH")
        last = ""
        environ = _environment({**self.environment, **self.private_environment})
        with subprocess.Popen(
            self._words(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environ
        ) as process:
            self._process = process
            assert process.stdout is not None
            for raw in process.stdout:
                last = raw.decode("utf-8", "backslashreplace").rstrip()
                sys.stdout.write(last + "\n")
        codes = self.skip_codes if isinstance(self.skip_codes, list | tuple | set) else [self.skip_codes]
        if process.returncode and process.returncode in codes:
            raise SkipException(f"the container exited with {process.returncode}")
        if process.returncode:
            raise TaskError(f"the container exited with {process.returncode}")
        return last or None

    def _words(self) -> list[str]:
        words = ["docker"]
        if self.docker_url:
            words += ["--host", self.docker_url]
        words += ["run", "--rm", "--init"]
        if self.force_pull:
            words += ["--pull", "always"]
        if self.container_name:
            words += ["--name", str(self.container_name)]
        if self.privileged:
            words.append("--privileged")
        for name, value in self._options.items():
            words += [name, str(value)] if value is not None else []
        for name, values in self._lists:
            words += [word for value in values for word in (name, str(value))]
        # Names alone: docker takes the values from its environment, so no list of processes shows them.
        for name in {**self.environment, **self.private_environment}:
            words += ["--env", str(name)]
        if self.env_file:
            words += ["--env-file", str(self.env_file)]
        words += ["--entrypoint", self._entry[0]] if self._entry else []
        words += [str(self.image), *self._entry[1:]]
        command = self.command
        if isinstance(command, str):
            return words + shlex.split(command)
        return words + [str(word) for word in command or ()]

    def on_kill(self) -> None:
        """Let docker stop the container."""
        if self._process is not None:
            self._process.terminate()


class DockerCallableOperator(DockerOperator):
    """Runs a function in a container that has Python (``@task.docker``); its value comes back as JSON."""

    template_fields: Sequence[str] = (*DockerOperator.template_fields, "op_args", "op_kwargs")

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Sequence[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        python_command: str = "python3",
        serializer: str | None = None,
        expect_airflow: bool = False,
        task_id: str,
        **docker: Any,
    ) -> None:
        if "command" in docker:
            refuse("@task.docker runs its function, so it takes no command")
        super().__init__(task_id=task_id, **docker)
        del serializer, expect_airflow
        self.python_callable = python_callable
        self.python_command = python_command
        self.op_args = tuple(op_args or ())
        self.op_kwargs = dict(op_kwargs or {})

    def execute(self, context: Context) -> Any:
        """Run the function, with its arguments as JSON.

        Raises `TaskError` when an argument is not JSON, and as `DockerOperator` does.
        """
        import json

        try:
            given = json.dumps([list(self.op_args), self.op_kwargs])
        except (TypeError, ValueError) as error:
            raise TaskError(f"arguments of a function in a container must be JSON: {error}") from None
        self.command = [self.python_command, "-c", _program(self.python_callable, given)]
        last = super().execute(context)
        try:
            return json.loads(last) if last else None
        except ValueError:
            return last


def _program(function: Callable[..., Any], given: str) -> str:
    import inspect
    import textwrap

    lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(("def ", "async def ")))
    code = "\n".join(lines[start:])
    return (
        f"import json\n{code}\n_args, _kwargs = json.loads({given!r})\n"
        f"_value = {function.__name__}(*_args, **_kwargs)\nprint(json.dumps(_value))\n"
    )


def _environment(own: Mapping[str, Any]) -> dict[str, str]:
    import os

    return {**os.environ, **{str(name): str(value) for name, value in own.items()}}


def _mount(given: Any) -> str:
    """Return a mount, given as text or as docker's own object, in the words of the command."""
    if isinstance(given, str):
        return given
    names = {"Source": "source", "Target": "target", "Type": "type"}
    fields = dict(given) if isinstance(given, Mapping) else vars(given)
    parts = [f"{names[name]}={value}" for name, value in fields.items() if name in names]
    return ",".join([*parts, "readonly"] if fields.get("ReadOnly") else parts)
