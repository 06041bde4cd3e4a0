"""Checks for the arguments that only a DAG has. Each raises `DagFileError` for what it does not take."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from penstock import bounds
from penstock.authoring.checks import shown
from penstock.authoring.place import Place, refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal


def catchup_word(value: Any, name: str) -> Literal["none", "latest", "all"]:
    """Return the name of a catchup policy; True and False are the reference's."""
    if value is True or value == "all":
        return "all"
    if value in (False, None, "latest"):
        return "latest"
    if value != "none":
        refuse(f"{name} must be True, False, 'none', 'latest' or 'all', not {shown(value)}")
    return "none"


def tag_set(value: Any, name: str) -> set[str]:
    """Return tags as a set of strings, each at most 100 characters; None means none."""
    if value is None:
        return set()
    if isinstance(value, str | bytes | Mapping) or not hasattr(value, "__iter__"):
        refuse(f"{name} must be a list of strings, not {shown(value)}; write {name}=[{shown(value)}]")
    found = list(value)
    for tag in found:
        if not isinstance(tag, str) or not tag.strip() or not tag.isprintable():
            refuse(f"a tag must be a printable string, not {shown(tag)}")
        if len(tag) > bounds.LONGEST_TAG:
            refuse(f"a tag may have {bounds.LONGEST_TAG} characters, not {len(tag)}: {tag[:30]!r}...")
    return set(found)


def folders(value: Any, name: str) -> tuple[str, ...]:
    """Return paths of folders, given as one or several, as strings."""
    given: Sequence[Any] = (value,) if isinstance(value, str | os.PathLike) else value or ()
    if not isinstance(given, list | tuple | set | frozenset):
        refuse(f"{name} must be the path of a folder, or a list of them, not {shown(value)}")
    for path in given:
        if not isinstance(path, str | os.PathLike):
            refuse(f"{name} must be paths of folders, not {shown(path)}")
    return tuple(os.fsdecode(path) for path in given)


def refuse_bad_links(value: Any) -> None:
    """Refuse ``owner_links`` that are not links. Nothing shows them, but a mistake should be reported."""
    from urllib.parse import urlsplit

    if value is None:
        return
    if not isinstance(value, Mapping):
        refuse(f"owner_links must be a mapping from owners to links, not {shown(value)}")
    for owner, link in value.items():
        parts = urlsplit(link if isinstance(link, str) else "")
        if not parts.scheme or not (parts.path if parts.scheme == "mailto" else parts.netloc):
            refuse(
                f"owner_links: {shown(link)} of owner {shown(owner)} is not a link: "
                "write https://..., http://... or mailto:..."
            )


def refuse_continuous(schedule_kind: str, max_active_runs: int, place: Place | None = None) -> None:
    """Refuse ``@continuous`` with more than one run at a time."""
    if schedule_kind == "continuous" and max_active_runs != 1:
        refuse("schedule '@continuous' needs max_active_runs=1", place)
