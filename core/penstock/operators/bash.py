"""BashOperator: a command line in bash."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from penstock.authoring.abstract_operator import Command
from penstock.authoring.checks import exit_codes, mapping_or_reference, optional_callable, shown, truth
from penstock.authoring.exceptions import SkipException, TaskError
from penstock.authoring.operator import Operator
from penstock.authoring.place import refuse
from penstock.authoring.references import references
from penstock.task_process.templates import as_template, has_markers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, NoReturn, Unpack

    from penstock.authoring.arguments import TaskArgs
    from penstock.authoring.checked import Check
    from penstock.authoring.context import Context

CONTEXT_PREFIXES = ("AIRFLOW_CTX_", "PENSTOCK_CTX_", "PENSTOCK_ATTEMPT")


def _encoding(value: Any, name: str) -> str:
    from codecs import lookup

    try:
        return lookup(value).name
    except (LookupError, TypeError):
        refuse(f"{name} must be the name of a text encoding such as 'utf-8', not {shown(value)}")


def _shell(value: Any, name: str) -> str:
    if not isinstance(value, str) or value.rpartition("/")[2] != "bash":
        refuse(f"{name} must be 'bash' or the path of a bash such as '/bin/bash', not {shown(value)}")
    return value


class BashOperator(Operator):
    """Runs *bash_command* with ``bash -c``; its exit code, signals and output are the task's own.

    The last line of output becomes the return value (not with ``do_xcom_push=False``), or what
    *output_processor* makes of it. Exit code 99 (*skip_on_exit_code*) means skipped. *env*
    replaces the environment unless *append_env*. A command ending in .sh or .bash names a
    template file; end it with a space to run such a file instead. *shell* is the bash to use: a name that is
    looked up on PATH, or a path. When it is "bash", a command of plain words is started without it, as bash
    would become it; a path makes sure that the shell is there.
    """

    template_fields: Sequence[str] = ("bash_command", "env", "cwd")
    template_ext: Sequence[str] = (".sh", ".bash")
    last_line_is_value = True
    checks: Mapping[str, Check] = {
        **Operator.checks,
        "env": mapping_or_reference,
        "append_env": truth,
        "output_processor": optional_callable,
        "output_encoding": _encoding,
        "shell": _shell,
    }

    def __init__(
        self,
        *,
        bash_command: Any,
        env: Mapping[str, Any] | None = None,
        append_env: bool = False,
        cwd: Any = None,
        skip_on_exit_code: int | Sequence[int] | None = 99,
        output_processor: Callable[[str], Any] | None = None,
        output_encoding: str = "utf-8",
        shell: str = "bash",
        task_id: str,
        **task: Unpack[TaskArgs],
    ) -> None:
        super().__init__(task_id=task_id, **task)
        self.bash_command = bash_command
        self.env: Any = dict(env) if isinstance(env, Mapping) else env
        self.append_env = append_env
        self.cwd = cwd
        self.skip_on_exit_code = skip_on_exit_code  # type: ignore[assignment]  # made a tuple when it is set
        self.output_processor = output_processor
        self.output_encoding = output_encoding
        self.shell = shell
        if output_processor is not None:
            self.last_line_is_value = False

    @classmethod
    def shared_facts(cls, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return how to read exit codes and the last line of a mapped command."""
        return {
            "skip_on_exit_code": exit_codes(kwargs.get("skip_on_exit_code", 99), "skip_on_exit_code"),
            "last_line_is_value": cls.last_line_is_value and kwargs.get("output_processor") is None,
        }

    def launch(self) -> Literal["python"] | Command:
        """Return the command itself if no part of it depends on the run or on Python."""
        plain = type(self).execute is BashOperator.execute and self.output_processor is None
        parts = (self.bash_command, self.env, self.cwd)
        if not plain or any(has_markers(part) or any(references(part)) for part in parts):
            return "python"
        if not isinstance(self.bash_command, str) or self.bash_command.endswith(tuple(self.template_ext)):
            return "python"
        return Command(
            argv=(self.shell, "-c", as_template(self.bash_command, self.dag)),
            env={str(name): str(value) for name, value in (self.env or {}).items()},
            replace_env=self.env is not None and not self.append_env,
            cwd=None if self.cwd is None else str(self.cwd),
        )

    def execute(self, context: Context) -> Any:
        """Become the command; with an *output_processor*, run it and process its last line.

        Raises `TaskError` if the command is empty or not a string, OSError if *cwd* is not a folder.
        """
        command = self.bash_command
        if not isinstance(command, str) or not command.strip():
            raise TaskError(f"bash_command must be a string that is not empty, not {command!r}")
        env = self.environment()
        if self.cwd is not None:
            os.chdir(self.cwd)
        measured = self.feeds_mapping and context["ti"].map_index < 0
        if self.output_processor is None and not measured:
            from penstock.task_process.run import rendered_map_index

            context["ti"].finish_before_exec(rendered_map_index(context))
            become_bash(command, env, self.shell)
        return self._run_and_process(command, env)

    def environment(self) -> dict[str, str]:
        """Return the environment of the command."""
        if self.env is None:
            return dict(os.environ)
        own = {str(name): str(value) for name, value in self.env.items()}
        if self.append_env:
            return {**os.environ, **own}
        kept = {name: value for name, value in os.environ.items() if name.startswith(CONTEXT_PREFIXES)}
        return kept | own

    def _run_and_process(self, command: str, env: dict[str, str]) -> Any:
        import subprocess
        import sys

        last = ""
        words, handle = bash_words(command, self.shell)
        kept = () if handle is None else (handle,)
        with subprocess.Popen(
            words, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=kept
        ) as process:
            assert process.stdout is not None
            for raw in process.stdout:
                last = raw.decode(self.output_encoding, "backslashreplace").rstrip()
                sys.stdout.write(last + "\n")
        if process.returncode in self.skip_on_exit_code:
            raise SkipException(f"bash exited with {process.returncode}")
        if process.returncode != 0:
            raise CommandFailedError(f"bash exited with {process.returncode}")
        return last if self.output_processor is None else self.output_processor(last)


class BashCallableOperator(BashOperator):
    """Runs the command that a function returns (``@task.bash``); it may contain templates."""

    template_fields: Sequence[str] = ("op_args", "op_kwargs", "env", "cwd")

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Sequence[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        task_id: str,
        **bash: Any,
    ) -> None:
        if "bash_command" in bash:
            refuse("@task.bash takes its command from the function's return value, not from bash_command")
        super().__init__(task_id=task_id, bash_command="", **bash)
        self.python_callable = python_callable
        self.op_args = tuple(op_args or ())
        self.op_kwargs = dict(op_kwargs or {})

    def execute(self, context: Context) -> Any:
        """Ask the function for the command, render it, and become it.

        Raises `TaskError` if the function returns anything but a command, and what it raises.
        """
        from penstock.task_process.call import call
        from penstock.task_process.templates import Renderer

        command = call(self.python_callable, self.op_args, self.op_kwargs, context)
        if not isinstance(command, str) or not command.strip():
            raise TaskError(f"a function under @task.bash must return a command as a string, not {command!r}")
        self.bash_command = Renderer(self, context).render(command)
        fields = {name: getattr(self, name) for name in (*self.template_fields, "bash_command")}
        context["ti"].write_rendered(fields, whole=context.keep_rendered)  # only now is the command known
        return super().execute(context)


class CommandFailedError(TaskError):
    """A command ended with an exit code that means failure."""


def bash_words(command: str, shell: str = "bash") -> tuple[list[str], int | None]:
    """Return the arguments with which bash runs *command*, and a descriptor that it must inherit, if any.

    Every user of the machine can read a command line, so a command with a secret is not put there.
    """
    from penstock.task_process.hiding import hidden

    if not hidden.found_in(command) or not hasattr(os, "memfd_create"):
        return [shell, "-c", command], None
    handle = os.memfd_create("command", 0)
    with open(handle, "wb", closefd=False) as file:
        file.write(os.fsencode(command))
    # bash reads it before it closes it, and what bash starts does not have it.
    return [shell, "-c", f'eval "$(</proc/self/fd/{handle})" {handle}<&-'], handle


def become_bash(command: str, env: dict[str, str], shell: str = "bash") -> NoReturn:
    """Replace this process by bash, so that exit code, signals and output are the command's own.

    Raises `TaskError` if *shell* is not installed.
    """
    import shutil
    import sys

    bash = shutil.which(shell)
    if bash is None:
        raise TaskError(f"{shell} is not installed, or not on PATH")
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(bash, bash_words(command, shell)[0], env)  # noqa: S606 - the command is what the author asked for
