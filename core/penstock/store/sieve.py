"""Reads rows so that an unreadable one does not affect the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, TypeVar

from penstock.model.subject import Subject
from penstock.store.trouble import of_the_machine

T = TypeVar("T")


class Sieve:
    """Keeps what can be read.

    ``out`` are ids of subjects that are left out; unreadable ones are added, with their error in ``faults``.
    ``apart`` are keys of unfinished runs among them, ``bad_dags`` ids of DAGs whose own rows are bad.
    """

    def __init__(self, out: Collection[str] = ()) -> None:
        self.out = set(out)
        self.faults: list[tuple[Subject, Exception]] = []
        self.apart: list[int] = []
        self.bad_dags: list[str] = []

    def rows(self, rows: Iterable[Any], name: Callable[[Any], Subject], make: Callable[[Any], T]) -> list[T]:
        """Return the results of *make* for *rows*, without those that are left out or cannot be read."""
        found: list[T] = []
        for row in rows:
            if self.out and name(row).id in self.out:
                continue
            try:
                found.append(make(row))
            except Exception as error:  # noqa: BLE001
                self.fault(name(row), error)
        return found

    def fault(self, subject: Subject, error: Exception) -> None:
        """Record *subject* as unreadable; an error of the machine is raised."""
        if of_the_machine(error):
            raise error
        if subject.id not in self.out:
            self.out.add(subject.id)
            self.faults.append((subject, error))
