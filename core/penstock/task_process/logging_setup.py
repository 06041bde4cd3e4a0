"""Prints an author's ``logging`` records in a task's log."""

from __future__ import annotations

import sys

from penstock.authoring.on_import import when_imported

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def show_logging() -> None:
    """Send log records of level INFO and above to standard output, once logging is imported."""
    when_imported("logging", _configure)


def _configure() -> None:
    import logging

    logging.basicConfig(level=logging.INFO, format=FORMAT, stream=sys.stdout)
