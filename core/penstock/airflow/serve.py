"""Lets one process execute one file that imports airflow."""

from __future__ import annotations

import sys

from penstock.airflow import hook
from penstock.airflow.places import places_of
from penstock.airflow.speech import Speech
from penstock.authoring import scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def serve(file: str, source: bytes, said: Mapping[str, Any]) -> None:
    """Serve airflow to *file*, whose bytes are *source*.

    *said* are the settings, and ``known`` the dialect, where loading has found it out.
    If the file itself does not name airflow, the module that first imports it decides the dialect.
    """
    hook.install()
    here = scope.current()
    if here.dialect is not None:
        return
    for folder in places_of(file):
        if folder not in sys.path:
            sys.path.append(folder)
    known = said.get("known")
    if known is not None:
        here.dialect = Speech(str(known), "", source)
        return
    from penstock.airflow.dialect import dialect_of

    found = dialect_of(source if b"airflow" in source else _importer() or source, said=said.get("dialect"))
    here.dialect = Speech(found.word, found.because, source, clear=found.clear)


def serve_several(file: str, sources: list[bytes], said: Mapping[str, Any]) -> None:
    """Serve airflow to the modules of a zip file *file*: a clear mark in one of *sources* decides for all."""
    from penstock.airflow.dialect import dialect_of

    found = [(dialect_of(source, said=said.get("dialect")), source) for source in sources]
    found.sort(key=lambda each: (not each[0].clear, each[0].word))
    serve(file, found[0][1], said)


def _importer() -> bytes | None:
    """Return the bytes of the file whose import led here."""
    from penstock.authoring.place import author_place

    file = author_place().file
    try:
        with open(file or "", "rb") as source:  # noqa: PTH123 - as everywhere in start-ups
            return source.read()
    except OSError:
        return None
