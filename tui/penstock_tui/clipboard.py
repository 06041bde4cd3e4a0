"""What is said of a copy: the text, or of a long one its size, and what may keep it from arriving. Pure."""

from __future__ import annotations

_SAID = 200
"""Characters of what was copied that are repeated on the screen."""
_EXCERPT = 40
"""Characters that are repeated of more than that."""
_MANY = 55_000
"""Bytes above which a terminal may ignore what is copied: several take 74,994 bytes of base64."""


def what_was_copied(text: str, note: str, *, through_tmux: bool) -> str:
    """Return what to tell about *text* on its way to the clipboard; *note* says what it is, if not plain."""
    hint = " (tmux passes it on only with: set -g set-clipboard on)" if through_tmux else ""
    if len(text.encode()) > _MANY:
        hint += " (some terminals take no more than about 55K)"
    if len(text) <= _SAID and not note:
        return f"copied {text}{hint}"
    size = f"{len(text):,} characters" + (f", {note}" if note else "")
    return f"copied {size}{hint}: {text[:_EXCERPT]} ..."
