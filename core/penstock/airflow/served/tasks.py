"""``@task`` with the forms of provider packages, and small words around tasks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from penstock.operators.decorators import TaskDecorator, TaskForm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.operator import Operator

NEVER_EXPIRE = dt.timedelta.max
"""A value in a state store that is kept for ever."""

_PACKAGES = {
    "kubernetes": "cncf.kubernetes", "kubernetes_cmd": "cncf.kubernetes", "pyspark": "apache.spark",
    "snowpark": "snowflake", "analytics": "common.sql", "llm": "common.ai", "agent": "common.ai",
}  # fmt: skip


class _ForeignForm(TaskForm):
    """A form of ``@task`` whose package is not installed."""

    def __init__(self, name: str) -> None:
        super().__init__(f"@task.{name}", "", "")
        self._word = name

    def _find(self) -> type[Operator]:
        from penstock.airflow.missing import stand_in

        provider = _PACKAGES.get(self._word, self._word)
        found: type[Operator] = stand_in(
            f"airflow.providers.{provider}.decorators.{self._word}", "TaskOperator"
        )
        return found


class AnyTaskDecorator(TaskDecorator):
    """``@task`` and all its forms; one of a package that is not installed makes tasks that cannot run."""

    def __init__(self) -> None:
        super().__init__()
        self.docker = TaskForm("@task.docker", "airflow.served.docker", "DockerCallableOperator")

    def __call__(self, python_callable: Callable[..., Any] | None = None, /, **options: Any) -> Any:
        """Make a function a task; the function may be given by name too."""
        function = options.pop("python_callable", python_callable)
        return super().__call__(function, **options) if function else super().__call__(**options)

    def setup(self, function: Any) -> Any:
        """Make the function a setup."""
        from penstock.operators.decorators import setup

        return setup(function)

    def teardown(self, function: Any = None, **options: Any) -> Any:
        """Make the function a teardown."""
        from penstock.operators.decorators import teardown

        return teardown(function, **options) if function is not None else teardown(**options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _ForeignForm(name)


task = AnyTaskDecorator()


def apply_defaults(function: Any) -> Any:
    """Return *function* as it is: default arguments are applied to every operator."""
    return function


def poke_mode_only(cls: Any) -> Any:
    """Return *cls* as it is."""
    return cls


def is_venv_installed() -> bool:
    """Whether virtual environments can be made: always."""
    return True
