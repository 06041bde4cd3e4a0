"""Functions for another Python: an existing one, or a virtual environment made for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from penstock.authoring.checks import exit_codes
from penstock.authoring.exceptions import FailException, SkipException, TaskError
from penstock.authoring.place import refuse
from penstock.operators.python import PythonOperator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.context import Context

_SKIPS = {"SkipException", "AirflowSkipException"}
_FAILS = {"FailException", "AirflowFailException"}
_STAYS = frozenset({"ti", "task", "task_instance", "dag", "dag_run", "macros", "conn", "var"})
"""Keys of the context that have a meaning only in this process."""


class ExternalPythonOperator(PythonOperator):
    """Calls *python_callable* under the interpreter *python*.

    Only the function's source goes there, so it imports what it needs itself. Its arguments and its value
    are passed as XComs are. Of the context it can use dates, ``params``, ``run_id`` and everything else that
    is plain data. *env_vars* are added to the environment, or are all of it without *inherit_env*; exit
    codes in *skip_on_exit_code* skip.
    """

    template_fields: Sequence[str] = ("op_args", "templates_dict", "op_kwargs", "python")

    def __init__(
        self,
        *,
        python: Any,
        python_callable: Callable[..., Any],
        string_args: Sequence[str] | None = None,
        env_vars: Mapping[str, str] | None = None,
        inherit_env: bool = True,
        skip_on_exit_code: int | Sequence[int] | None = None,
        serializer: str | None = None,
        expect_airflow: bool = True,
        expect_pendulum: bool = False,
        task_id: str,
        **function: Any,
    ) -> None:
        super().__init__(task_id=task_id, python_callable=python_callable, **function)
        del expect_airflow, expect_pendulum
        if getattr(python_callable, "__name__", "<lambda>") == "<lambda>":
            refuse("python_callable must be a function with a name: its source goes to the other Python")
        if serializer is not None and self.dag is not None:
            self.dag.warn("argument serializer is ignored: arguments and values are passed as XComs are")
        self.python = python
        self.string_args = [str(text) for text in string_args or ()]
        self.env_vars = dict(env_vars or {})
        self.inherit_env = inherit_env
        self.skip_codes = frozenset(exit_codes(skip_on_exit_code, "skip_on_exit_code"))

    def interpreter(self) -> str:
        """Return the interpreter to use.

        Raises `FailException` if it does not exist.
        """
        python = str(self.python)
        if not os.access(python, os.X_OK):
            raise FailException(f"python {python!r} does not exist, or cannot be executed")
        return python

    def call(self, context: Context) -> Any:
        """Call the function there and return its value.

        Raises `FailException` or `SkipException` as the function did, `TaskError` for all that goes wrong.
        """
        import shutil
        import tempfile

        folder = tempfile.mkdtemp(prefix="penstock-python-")
        try:
            self._prepare(folder, context)
            return self._run(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _prepare(self, folder: str, context: Context) -> None:
        import json

        from penstock.authoring import exceptions, xcom_sequences
        from penstock.operators import foreign_child
        from penstock.task_process import xcom_codec

        context["templates_dict"] = self.templates_dict
        call = {
            "name": self.python_callable.__name__,
            "args": json.loads(xcom_codec.encode(list(self.op_args))),
            "kwargs": json.loads(xcom_codec.encode(self._kwargs(context))),
            "string_args": self.string_args,
        }
        copies = {"run": foreign_child, "exceptions": exceptions}
        copies |= {"xcom_codec": xcom_codec, "xcom_sequences": xcom_sequences}
        files = {
            **{f"{name}.py": _alone(str(module.__file__)) for name, module in copies.items()},
            "function.py": source_of(self.python_callable),
            "call.json": json.dumps(call),
        }
        for name, text in files.items():
            with open(f"{folder}/{name}", "w", encoding="utf-8") as file:  # noqa: PTH123
                file.write(text)

    def _kwargs(self, context: Context) -> dict[str, Any]:
        """Return the keyword arguments, with those keys of the context that are plain data and asked for."""
        from penstock.authoring.signatures import shape_of
        from penstock.task_process.call import arguments
        from penstock.task_process.xcom_codec import XComError, encode

        given = arguments(self.python_callable, self.op_args, self.op_kwargs, context)
        shape = shape_of(self.python_callable)
        named = set(shape.names if shape else ())
        kwargs = {}
        for name, value in given.items():
            plain = dict(value) if name == "params" else value
            try:
                if name in _STAYS and name not in self.op_kwargs:
                    raise XComError("it has a meaning only in this process")
                encode(plain)
            except XComError as error:
                if name in named:
                    raise TaskError(
                        f"argument {name!r} cannot be passed to another Python: {error}"
                    ) from None
                continue  # only **kwargs would have taken it
            kwargs[name] = plain
        return kwargs

    def _run(self, folder: str) -> Any:
        import json
        import subprocess
        import sys

        from penstock.task_process.xcom_codec import decode

        environment = {**(os.environ if self.inherit_env else {}), **self.env_vars}
        environment.pop("PYTHONHOME", None)
        sys.stdout.flush()
        command = [self.interpreter(), f"{folder}/run.py", folder]
        code = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode
        if code in self.skip_codes:
            raise SkipException(f"exit code {code} means skip")
        if code == 0 and os.path.exists(f"{folder}/value.json"):  # noqa: PTH110
            return decode(json.loads(_text(f"{folder}/value.json")))
        try:
            error = json.loads(_text(f"{folder}/error.json"))
        except FileNotFoundError:
            raise TaskError(f"the other Python ended with exit code {code} and without a value") from None
        if error["type"] in _SKIPS:
            raise SkipException(error["message"])
        if error["type"] in _FAILS:
            raise FailException(error["message"])
        raise TaskError(f"{error['type']}: {error['message']}")


class BranchExternalPythonOperator(ExternalPythonOperator):
    """The same for a function that chooses the children to go on with."""

    def execute(self, context: Context) -> Any:
        """Choose."""
        from penstock.operators.branching import follow

        return follow(self, self.call(context), context)


def source_of(function: Callable[..., Any]) -> str:
    """Return the source of *function* without its decorators. Raises `TaskError` if there is none."""
    import ast
    import inspect
    import textwrap

    function = inspect.unwrap(function)
    try:
        text = textwrap.dedent(inspect.getsource(function))
        tree = ast.parse(text)
    except (OSError, TypeError, SyntaxError) as error:
        raise TaskError(f"the source of {function.__qualname__} cannot be read: {error}") from None
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef)
    lines = text.splitlines(keepends=True)[definition.lineno - 1 :]
    return "from __future__ import annotations\n" + "".join(lines)


def _alone(path: str) -> str:
    """Return the text of one of our modules, changed so that it finds the others beside it."""
    return _text(path).replace("from penstock.authoring.", "from ")


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        return file.read()
