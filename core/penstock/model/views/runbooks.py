"""Views of runbooks: the files in the home's ``runbooks`` folder."""

from __future__ import annotations

from penstock.model.views.view import View


class RunbookRow(View, frozen=True, kw_only=True):
    """One runbook."""

    name: str
    path: str
    text: str
    """The whole file."""
    title: str = ""
    """Its first comment."""
    steps: tuple[str, ...] = ()
    """Its commands as they are written."""
    params: tuple[str, ...] = ()
    """What is asked for when it is run, in the order of use."""
    recording: str | None = None
    """Who is recording it now."""
    since: int = 0
    """The event after which the recording began."""
    problem: str | None = None
    """Why it cannot be run: the line and what is wrong."""
