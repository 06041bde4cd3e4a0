"""Where a file that was written for Airflow looks for its own modules, settings and plugins."""

from __future__ import annotations

import os

_DEEPEST = 12
"""Folders above a file that are looked at."""


def places_of(file: str) -> list[str]:
    """Return the folders that modules of *file* may be in, the nearest first.

    Its own; the nearest folder called ``dags`` and what lies around it (``dags.common``, ``include.sql``,
    ``plugins/``); what holds the packages that it is part of; and the root of its repository.
    """
    own = os.path.dirname(os.path.abspath(file))  # noqa: PTH100, PTH120 - in start-ups
    above = _above(own)
    found = [own]
    dags = next((folder for folder in above if os.path.basename(folder) == "dags"), None)  # noqa: PTH119
    home = os.environ.get("AIRFLOW_HOME")
    around = [os.path.dirname(dags)] if dags else [os.path.dirname(own)]  # noqa: PTH120
    if dags:
        found.append(dags)
    for folder in (*around, *((home,) if home else ())):
        found.append(folder)
        plugins = os.path.join(folder, "plugins")  # noqa: PTH118
        if os.path.isdir(plugins):  # noqa: PTH112
            found.append(plugins)
    packages = [os.path.dirname(one) for one in above if os.path.isfile(os.path.join(one, "__init__.py"))]  # noqa: PTH113, PTH118, PTH120
    package = next((os.path.dirname(one) for one in above if os.path.basename(one) == "airflow"), None)  # noqa: PTH119, PTH120
    root = next((one for one in above if os.path.exists(os.path.join(one, ".git"))), None)  # noqa: PTH110, PTH118
    found += [folder for folder in (*packages, package, root) if folder]
    return list(dict.fromkeys(folder for folder in found if folder not in {"", "/"}))


def configuration_file(near: str | None = None) -> str | None:
    """Return the airflow.cfg: of ``AIRFLOW_CONFIG``, ``AIRFLOW_HOME``, or around the DAGs folder."""
    named = os.environ.get("AIRFLOW_CONFIG")
    home = os.environ.get("AIRFLOW_HOME")
    folders = [home] if home else []
    if near:
        folders += _above(os.path.dirname(os.path.abspath(near)))[:4]  # noqa: PTH100, PTH120
    names = [named, *(os.path.join(folder, "airflow.cfg") for folder in folders)]  # noqa: PTH118
    return next((name for name in names if name and os.path.isfile(name)), None)  # noqa: PTH113


def _above(folder: str) -> list[str]:
    found = [folder]
    while len(found) < _DEEPEST and os.path.dirname(found[-1]) != found[-1]:  # noqa: PTH120
        found.append(os.path.dirname(found[-1]))  # noqa: PTH120
    return found
