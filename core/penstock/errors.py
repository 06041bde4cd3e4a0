"""Every error Penstock raises on purpose.

::

    PenstockError
      ├── UsageError                wrong usage: exit code 2
    │   ├── BadIdError            an id breaks the naming rule
      │   ├── UnknownError          a DAG, run, task, attempt, backfill or pool does not exist
    │   ├── SettingsError         penstock.toml or an environment variable is wrong
    │   └── DagFileError          a DAG file is wrong: carries file and line
      ├── RefusedError              the act is not possible in the current state
      │   ├── EndedError            what it is about has ended, or begun, by itself
      │   ├── IllegalMoveError      the table has no such transition
      │   └── PlanStaleError        something changed between preview and commit
    ├── EngineError               the engine itself
    │   ├── EngineNotRunningError exit code 3
    │   │   └── HostLostError     the connection to its host was lost: exit code 255
    │   ├── HostError             the host cannot be reached, nothing was done there: exit code 5
    │   ├── EngineAlreadyRunningError
    │   └── ProtocolError         a message on the socket could not be understood
    └── StoreError                the database cannot be opened or written
        ├── StaleRowsError        a row is not as the engine remembers it
          └── LostError             the engine's files were removed while it had them open: exit code 4

``default`` is the message of an error raised without one. How an error is shown is up to the caller.
"""

from __future__ import annotations


class PenstockError(Exception):
    """Something went wrong."""

    default = "Something went wrong."

    exit_code = 1

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.default)

    @property
    def message(self) -> str:
        """The text for a person, one or more lines."""
        return str(self.args[0])


class UsageError(PenstockError):
    """The request is wrong."""

    default = "The request is wrong."

    exit_code = 2


class BadIdError(UsageError):
    """The id breaks the naming rule."""

    default = "The id breaks the naming rule."


class UnknownError(UsageError):
    """It does not exist."""

    default = "It does not exist."


def unknown_dag(dag_id: str, more: str = "") -> UnknownError:
    """Return the error for a DAG that does not exist; *more* is put after it."""
    return UnknownError(f"DAG {dag_id!r} does not exist{more}")


class SettingsError(UsageError):
    """The configuration is wrong."""

    default = "The configuration is wrong."


class DagFileError(UsageError):
    """The DAG file is wrong.

    ``file`` is a path as the author wrote it and ``line`` counts from 1, or is None when unknown.
    ``beside`` are other files, existing or not: a change of one may fix it.
    """

    default = "The DAG file is wrong."

    def __init__(self, message: str, file: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.file = file
        self.line = line
        self.beside: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        return f"{place}: {self.message}" if place else self.message


class RefusedError(PenstockError):
    """This is not possible in the current state."""

    default = "This is not possible in the current state."


class EndedError(RefusedError):
    """What was to be stopped, held or hurried has ended, or begun, by itself."""

    default = "What was to be stopped, held or hurried has ended, or begun, by itself."


class IllegalMoveError(RefusedError):
    """This transition between states does not exist."""

    default = "This transition between states does not exist."


class PlanStaleError(RefusedError):
    """Something changed since the preview; look at the plan again."""

    default = "Something changed since the preview; look at the plan again."


class EngineError(PenstockError):
    """The engine failed."""

    default = "The engine failed."


class EngineNotRunningError(EngineError):
    """No engine is running for this home; start one with `penstock up -d`."""

    default = "No engine is running for this home; start one with `penstock up -d`."

    exit_code = 3


class HostLostError(EngineNotRunningError):
    """The connection to the host is lost."""

    default = "The connection to the host is lost."

    exit_code = 255


class HostError(EngineError):
    """The host cannot be reached."""

    default = "The host cannot be reached."

    exit_code = 5


class EngineAlreadyRunningError(EngineError):
    """An engine already runs for this home."""

    default = "An engine already runs for this home."


class ProtocolError(EngineError):
    """A message could not be understood."""

    default = "A message could not be understood."


class StoreError(PenstockError):
    """The database cannot be used."""

    default = "The database cannot be used."


class StaleRowsError(StoreError):
    """A row is not as the engine remembers it: another program has changed it."""

    default = "A row is not as the engine remembers it: another program has changed it."


class LostError(StoreError):
    """A file that the engine had open was removed, renamed or replaced."""

    default = "A file that the engine had open was removed, renamed or replaced."

    exit_code = 4
