"""Plugins: a file may define one, and nothing loads it."""

from __future__ import annotations


class AirflowPlugin:
    """The base of an author's plugin. What it would add to Airflow does not exist here."""

    name = ""
