"""The message after a copy: the text, or the size of a long one, and why it may not arrive. Pure."""

from __future__ import annotations

_SAID = 200
"""Longest copied text, in characters, that is shown in full."""
_EXCERPT = 40
"""Characters that are shown of a longer one."""
_MANY = 55_000
"""Bytes above which a terminal may ignore what is copied: several take 74,994 bytes of base64."""


def what_was_copied(text: str, note: str, *, through_tmux: bool) -> str:
    """Return the message after copying *text*; *note* says what it is, if that is not obvious."""
    hint = " (tmux passes it on only with: set -g set-clipboard on)" if through_tmux else ""
    if len(text.encode()) > _MANY:
        hint += " (some terminals take no more than about 55K)"
    if len(text) <= _SAID and not note:
        return f"copied {text}{hint}"
    size = f"{len(text):,} characters" + (f", {note}" if note else "")
    return f"copied {size}{hint}: {text[:_EXCERPT]} ..."
