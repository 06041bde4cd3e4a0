"""The folder of runbooks in an instance's home."""

from __future__ import annotations

from pathlib import Path

from penstock.errors import PenstockError, RefusedError
from penstock.model import runbooks
from penstock.model.views.runbooks import RunbookRow
from penstock.settings import Settings

_MOST_BYTES = 1 << 20


class LocalRunbooks:
    """The part of `penstock.api.local.LocalEngine` that reads and writes runbooks, files for people."""

    def __init__(self, settings: Settings) -> None:
        self._runbooks = settings.home / "runbooks"

    def runbooks(self) -> list[RunbookRow]:
        """Return every runbook by name; one that is wrong says so in ``problem``."""
        return [_row(path) for path in sorted(self._runbooks.glob(f"*{runbooks.SUFFIX}")) if path.is_file()]

    def keep_runbook(self, name: str, text: str, *, replace: bool = False) -> RunbookRow:
        """Write a runbook as a whole; without *replace* raise `RefusedError` if there is one."""
        path = self._runbooks / f"{runbooks.check_name(name)}{runbooks.SUFFIX}"
        if path.exists() and not replace:
            raise RefusedError(f"there is a runbook {name} already: {path}")
        if len(text.encode()) > _MOST_BYTES:
            raise RefusedError(f"a runbook has at most {_MOST_BYTES:,} bytes")
        try:
            self._runbooks.mkdir(mode=0o755, exist_ok=True)
            fresh = path.with_suffix(".new")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(path)
        except OSError as error:
            raise PenstockError(f"{path} cannot be written: {error.strerror or error}") from None
        return _row(path)


def _row(path: Path) -> RunbookRow:
    name = path.name.removesuffix(runbooks.SUFFIX)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return RunbookRow(name=name, path=str(path), text="", problem=f"cannot be read: {error}")
    try:
        book = runbooks.parse(text)
    except PenstockError as error:
        return RunbookRow(name=name, path=str(path), text=text, problem=error.message)
    return RunbookRow(
        name=name,
        path=str(path),
        text=text,
        title=book.title,
        steps=tuple(step.text for step in book.steps),
        params=book.params,
        recording=book.person,
        since=book.since,
    )
