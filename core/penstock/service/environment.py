"""What a task process inherits of the engine's environment: the usual few, and what the settings name.

An allow-list, so that tokens and loader variables of whoever started the engine do not reach every
task by accident.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from penstock.settings import Settings

_USUAL = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR", "XDG_RUNTIME_DIR",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "PENSTOCK_VAR_*", "PENSTOCK_CONN_*", "AIRFLOW_VAR_*", "AIRFLOW_CONN_*",
)  # fmt: skip


def task_environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that every task starts from."""
    patterns = (*_USUAL, *settings.pass_env)
    kept = {
        name: value
        for name, value in environ.items()
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    }
    kept.setdefault("PATH", "/usr/local/bin:/usr/bin:/bin")
    kept["PENSTOCK_HOME"] = str(settings.home)
    kept["PYTHONUNBUFFERED"] = "1"  # a task's output is followed live
    return kept
