"""The environment of tasks in orders: a few of the engine's variables, without secrets.

It is an allow-list, so that tokens and loader variables of the user who started the engine do not reach
every task by accident. `penstock.supervisor.environment` adds what ``pass_env`` names.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from penstock.settings import Settings

_USUAL = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR", "XDG_RUNTIME_DIR",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHONPATH", "VIRTUAL_ENV",
    "AIRFLOW_HOME", "AIRFLOW_CONFIG", "AIRFLOW__*",
)  # fmt: skip


def task_environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that every task starts from, as written in orders."""
    kept = {
        name: value
        for name, value in environ.items()
        if any(fnmatchcase(name, pattern) for pattern in _USUAL)
        and not any(fnmatchcase(name, pattern) for pattern in settings.pass_env)
    }
    kept.setdefault("PATH", "/usr/local/bin:/usr/bin:/bin")
    kept["PENSTOCK_HOME"] = str(settings.home)
    kept["PYTHONUNBUFFERED"] = "1"  # a task's output is followed live
    return kept
