"""Functions in a virtual environment that is made for them once, and kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from penstock.authoring.exceptions import FailException, TaskError
from penstock.authoring.place import refuse
from penstock.operators.external_python import BranchExternalPythonOperator, ExternalPythonOperator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class PythonVirtualenvOperator(ExternalPythonOperator):
    """Calls *python_callable* in a virtual environment with *requirements*.

    The environment is made at the first use and kept below *venv_cache_path* (default: ``venvs`` in
    the home), one for each combination of Python, requirements and options. *requirements* is a list, a
    string of lines, or a file ending in ``.txt``.
    """

    template_fields: Sequence[str] = (
        "op_args",
        "op_kwargs",
        "templates_dict",
        "requirements",
        "index_urls",
        "venv_cache_path",
    )
    template_ext: Sequence[str] = (".txt",)

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        requirements: Any = None,
        python_version: str | float | None = None,
        system_site_packages: bool = True,
        pip_install_options: Sequence[str] | None = None,
        index_urls: Any = None,
        venv_cache_path: Any = None,
        task_id: str,
        **function: Any,
    ) -> None:
        super().__init__(task_id=task_id, python="", python_callable=python_callable, **function)
        if not isinstance(requirements, str | list | tuple | None):
            refuse(f"requirements must be a list or a string, not {requirements!r}")
        self.requirements = requirements
        self.python_version = None if python_version is None else str(python_version)
        self.system_site_packages = bool(system_site_packages)
        self.pip_install_options = [str(option) for option in pip_install_options or ()]
        self.index_urls = index_urls
        self.venv_cache_path = venv_cache_path

    def interpreter(self) -> str:
        """Return the environment's Python; make the environment if it does not exist."""
        import fcntl

        folder = f"{self._cache()}/{self._key()}"
        os.makedirs(os.path.dirname(folder), mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120
        python = f"{folder}/bin/python"
        with open(f"{folder}.lock", "w") as lock:  # noqa: PTH123 - two tasks that need it make it only once
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.exists(f"{folder}/complete"):  # noqa: PTH110
                self._make(folder, python)
        return python

    def _make(self, folder: str, python: str) -> None:
        import shutil

        print(f"making a virtual environment in {folder}", flush=True)  # noqa: T201 - to the task's log
        shutil.rmtree(folder, ignore_errors=True)
        needed = self._lines()
        options = [*(["--system-site-packages"] if self.system_site_packages else [])]
        options += [] if needed else ["--without-pip"]
        _run([self._base(), "-m", "venv", *options, folder])
        if needed:
            listed = f"{folder}/requirements.txt"
            with open(listed, "w", encoding="utf-8") as file:  # noqa: PTH123
                file.write("\n".join(needed) + "\n")
            pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
            _run([*pip, *self.pip_install_options, "-r", listed], self._indexes())
        with open(f"{folder}/complete", "w"):  # noqa: PTH123
            pass

    def _base(self) -> str:
        import shutil
        import sys

        if self.python_version is None:
            return sys.executable
        name = f"python{self.python_version}"
        found = shutil.which(name)
        if found is None:
            raise FailException(f"{name} is not on the PATH")
        return found

    def _lines(self) -> list[str]:
        given = self.requirements or ()
        lines = given.splitlines() if isinstance(given, str) else [str(line) for line in given]
        return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]

    def _indexes(self) -> dict[str, str]:
        """Return the sources of packages as pip's environment: addresses may contain passwords."""
        urls = [self.index_urls] if isinstance(self.index_urls, str) else list(self.index_urls or ())
        names = dict(zip(("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"), (urls[:1], urls[1:]), strict=True))
        return {name: " ".join(map(str, some)) for name, some in names.items() if some}

    def _cache(self) -> str:
        if self.venv_cache_path:
            return str(self.venv_cache_path)
        from penstock.settings import find_home

        return f"{find_home()}/venvs"

    def _key(self) -> str:
        import hashlib
        import json
        import sys

        made_of = [
            self.python_version or sys.version,
            self._lines(),
            self.system_site_packages,
            self._indexes(),
            self.pip_install_options,
        ]
        return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:16]


class BranchPythonVirtualenvOperator(PythonVirtualenvOperator, BranchExternalPythonOperator):
    """The same for a function that chooses the children to go on with."""


def _run(command: list[str], more: dict[str, str] | None = None) -> None:
    import subprocess

    environment = {**os.environ, **(more or {})}
    code = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode
    if code:
        raise TaskError(f"`{' '.join(command[:4])} ...` ended with exit code {code}: the log says why")
